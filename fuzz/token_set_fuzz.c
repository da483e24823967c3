/* SPDX-License-Identifier: MIT */
/* Token files: a set or faults, never both, never neither. */
#include "fuzz.h"
#include "serve/ipc/token_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_buf err = {0};
    struct osm_token_set *set = osm_token_set_parse((const char *)data, size, "tokens", &err);

    osm_assert((set == NULL) == (err.length > 0));
    osm_assert(!set || osm_token_set_size(set) > 0);
    osm_token_set_free(set);
    osm_buf_deinit(&err);
    return 0;
}
