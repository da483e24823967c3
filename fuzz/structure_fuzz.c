/* SPDX-License-Identifier: MIT */
/* Structures of namespace 0 as a server sends them, which the library takes apart: what it made
 * shows as JSON and equals itself, what it could not stays as it was. The first two bytes are the
 * number of the encoding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opcua-session.h>

#include "fuzz.h"
#include "util/alloc.h"
#include "util/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct opcua_structure *structure = osm_alloc(sizeof(*structure));
    struct opcua_value value = {0};
    bool is_decoded;
    char *json;

    if (size < 2) {
        free(structure);
        return 0;
    }
    structure->type_id = osm_printf("i=%u", (unsigned)data[0] | (unsigned)data[1] << 8);
    opcua_text_set(&structure->body, (const char *)data + 2, size - 2);
    opcua_value_init_array(&value, OPCUA_TYPE_STRUCTURE, 1);
    value.is_array = false;
    value.items[0].structure = structure;
    is_decoded = opcua_value_decode(&value);
    osm_assert(is_decoded == value.items[0].structure->is_decoded);
    json = opcua_value_to_json(&value);
    osm_assert(json && opcua_value_equal(&value, &value));
    free(json);
    opcua_value_clear(&value);
    return 0;
}
