/* SPDX-License-Identifier: MIT */
/*
 * The recorded invoke exchanges (tests/transcripts): every value in a recorded reply is read and
 * written again, and must be what was recorded; every recorded argument passes the check, or
 * fails it with the recorded error.
 */
#include "testing/testing_wire.h"

#include "wire/tagged/tagged_decode.h"
#include "wire/value/styles.h"

static struct osm_arena arena;
static struct test_out out;
static size_t values, arguments, refusals;

/* 1 and 1.0 are equal (T8). */
static bool same(yyjson_val *a, yyjson_val *b)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(a);
    yyjson_obj_iter members = yyjson_obj_iter_with(a);
    yyjson_val *item;

    if (yyjson_is_arr(a) && yyjson_is_arr(b) && yyjson_arr_size(a) == yyjson_arr_size(b)) {
        for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)); i++) {
            if (!same(item, yyjson_arr_get(b, i)))
                return false;
        }
        return true;
    }
    if (yyjson_is_obj(a) && yyjson_is_obj(b) && yyjson_obj_size(a) == yyjson_obj_size(b)) {
        while ((item = yyjson_obj_iter_next(&members))) {
            if (!same(yyjson_obj_iter_get_val(item), yyjson_obj_get(b, yyjson_get_str(item))))
                return false;
        }
        return true;
    }
    if (yyjson_is_real(a) || yyjson_is_real(b))
        return yyjson_is_num(a) && yyjson_is_num(b) && yyjson_get_num(a) == yyjson_get_num(b);
    return yyjson_equals(a, b);
}

static bool write_again(const struct osm_decode *decode, yyjson_val *value)
{
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_tagged_style);
    const char *tag = osm_tagged_type(value);
    UA_DataValue data;
    UA_Variant variant;

    if (!strcmp(tag, "DataValue")) {
        if (!osm_tagged_read_data_value(decode, value, &data))
            return false;
        osm_encode_value(&encoder, &data, &UA_TYPES[UA_TYPES_DATAVALUE]);
    } else {
        if (!osm_tagged_read_variant(decode, value, &variant))
            return false;
        osm_encode_value(&encoder, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    }
    return true;
}

static void check_value(const char *label, yyjson_val *value)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(&arena, &fault, "recorded", 0, NULL);
    yyjson_doc *again;

    if (!write_again(&decode, value))
        fail_msg("%s: %s", label, fault.message);
    again = yyjson_read(out.buf.data, out.buf.length, YYJSON_READ_NOFLAG);
    if (!same(value, yyjson_doc_get_root(again)))
        fail_msg("%s became %s", label, osm_buf_text(&out.buf));
    yyjson_doc_free(again);
    osm_arena_reset(&arena);
    values++;
}

/* Every DataValue and Variant anywhere in value, outermost ones as a whole. */
static void check_values(const char *label, yyjson_val *value)
{
    const char *tag = osm_tagged_type(value);
    yyjson_arr_iter iter = yyjson_arr_iter_with(value);
    yyjson_obj_iter members = yyjson_obj_iter_with(value);
    yyjson_val *item;

    if (tag && (!strcmp(tag, "DataValue") || !strcmp(tag, "Variant"))) {
        check_value(label, value);
        return;
    }
    while ((item = yyjson_arr_iter_next(&iter)))
        check_values(label, item);
    while ((item = yyjson_obj_iter_next(&members)))
        check_values(label, yyjson_obj_iter_get_val(item));
}

/* Errors that are about the tagged text itself, so that the check must give them. PHP's TypeErrors
 * have texts of our own (E1). */
static bool is_payload_error(const char *type, const char *message)
{
    return strstr(message, "wire payload") || strstr(message, "wire type") ||
           strstr(message, "valid backing value") ||
           (!strcmp(type, "TypeError") && strstr(message, "__construct"));
}

static void check_arguments(const char *label, yyjson_val *args, yyjson_val *error)
{
    const char *type = yyjson_get_str(osm_json_get(error, "type")),
               *message = yyjson_get_str(osm_json_get(error, "message"));
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(&arena, &fault, "recorded", 0, NULL);

    arguments++;
    if (osm_tagged_check(&decode, args)) {
        if (error && is_payload_error(type, message))
            fail_msg("%s is not refused: %s", label, message);
    } else if (!strncmp(label, "nodeid:wire", 11)) {
        assert_non_null(strstr(osm_fault_name(fault.type), "Exception")); /* T19, E1 */
        refusals++;
    } else {
        if (!error || strcmp(osm_fault_name(fault.type), type) != 0 ||
            (strcmp(type, "TypeError") != 0 && strcmp(fault.message, message) != 0))
            fail_msg("%s is refused: %s", label, fault.message);
        refusals++;
    }
    osm_arena_reset(&arena);
}

static void check_line(yyjson_val *line)
{
    const char *label = yyjson_get_str(osm_json_get(line, "label"));
    yyjson_val *request = osm_json_get(line, "request"), *response = osm_json_get(line, "response");

    if (!yyjson_equals_str(osm_json_get(request, "command"), "invoke") || !response)
        return;
    check_values(label, osm_json_get(response, "data"));
    check_arguments(label, osm_json_get(request, "args"), osm_json_get(response, "error"));
}

/* The folder of this file is src/wire. */
static void check_file(const char *name)
{
    _cleanup_(osm_buf_deinit) struct osm_buf path = {0};
    FILE *file;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    osm_buf_printf(&path, "%.*s../../../tests/transcripts/%s",
                   (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__, name);
    file = fopen(osm_buf_text(&path), "r");
    if (!file)
        fail_msg("%s cannot be opened", path.data);
    while ((length = getline(&line, &room, file)) > 0) {
        yyjson_doc *doc = yyjson_read(line, (size_t)length, YYJSON_READ_NOFLAG);

        /* some recorded requests are no JSON on purpose */
        check_line(yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }
    free(line);
    (void)fclose(file);
}

static void test_recorded(void **state)
{
    check_file("methods.ndjson");
    check_file("errors.ndjson");
    check_file("open62541.ndjson");
    print_message("%zu values, %zu arguments, %zu refused\n", values, arguments, refusals);
    assert_in_range(values, 100, SIZE_MAX);
    assert_in_range(refusals, 20, SIZE_MAX);
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recorded)};

    return cmocka_run_group_tests(tests, NULL, release);
}
