/* SPDX-License-Identifier: MIT */
/* Command lines a shell has half of: there is always a word, none is longer than the line, and what
 * is kept of the last one is a part of it. The first byte is the cursor's place. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tool/complete_line.h"
#include "util/alloc.h"
#include "util/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = size ? osm_strndup((const char *)data + 1, size - 1) : osm_strdup("");
    size_t point = size ? data[0] : 0, total = 0;
    struct complete_line line;

    complete_line_split(&line, text, point);
    osm_assert(line.count > 0);
    for (size_t i = 0; i < line.count; i++)
        total += strlen(line.words[i]);
    osm_assert(total <= strnlen(text, point));
    osm_assert(line.kept <= strlen(line.words[line.count - 1]));
    osm_assert(line.quote == 0 || line.quote == '"' || line.quote == '\'');
    complete_line_deinit(&line);
    free(text);
    return 0;
}
