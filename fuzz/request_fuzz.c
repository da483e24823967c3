/* SPDX-License-Identifier: MIT */
/*
 * A frame as a request: it is parsed or refused with a fault, every value in it can be cast and
 * looked at as a list, and written back it is JSON again.
 */
#include "fuzz.h"
#include "serve/request/request.h"
#include "wire/text/cast.h"

static void cast_all(struct osm_arena *arena, yyjson_val *value)
{
    struct osm_list list;
    yyjson_val *item;
    uint64_t bits;
    bool negative;
    size_t count = 0, length;
    const char *text = osm_cast_text(value, arena, &length);

    osm_assert(text && text[length] == '\0');
    (void)osm_cast_bool(value);
    (void)osm_cast_int(value);
    (void)osm_cast_float(value);
    if (osm_cast_number_integer(value, &bits, &negative))
        osm_assert(osm_cast_is_number(value));
    if (!osm_cast_list(value, &list))
        return;
    while ((item = osm_cast_list_next(&list))) {
        count++;
        cast_all(arena, item);
    }
    osm_assert(count == list.size);
}

static void check_request(struct osm_request *request)
{
    struct osm_buf out = {0};
    struct osm_json json;
    yyjson_doc *doc;

    osm_assert(yyjson_is_obj(request->root) || yyjson_is_arr(request->root));
    (void)osm_request_get(request, OSM_REQUEST_command);
    cast_all(&request->arena, request->root);
    osm_json_init(&json, &out);
    osm_json_value(&json, request->root);
    doc = yyjson_read(out.data, out.length, YYJSON_READ_BIGNUM_AS_RAW);
    osm_assert(doc);
    yyjson_doc_free(doc);
    osm_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_request request;
    struct osm_fault fault = {0};

    osm_request_init(&request, NULL, NULL);
    if (osm_request_parse(&request, (const char *)data, size, &fault))
        check_request(&request);
    else
        osm_assert(fault.type == OSM_FAULT_INVALID_JSON);
    osm_request_deinit(&request);
    return 0;
}
