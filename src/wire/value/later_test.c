/* SPDX-License-Identifier: MIT */
/* Writing in two steps gives byte for byte what writing in one gives. */
#include "testing/testing_random.h"
#include "testing/testing_wire.h"

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "util/arena.h"
#include "wire/value/context.h"
#include "wire/value/later.h"
#include "wire/value/record.h"
#include "wire/value/type_registry.h"

#define ROUNDS 60
#define VALUES ((size_t)6)

static const struct osm_style *const styles[] = {&osm_plain_style, &osm_tagged_style,
                                                 &osm_opcua_style};

/* What a step of a method might write: ways to write values, with texts around. */
struct step {
    const UA_DataValue *values;
    const UA_ReferenceDescription *references;
    const UA_CallMethodResult *call;
};

static void write_values(struct osm_encoder *encoder, const struct step *step)
{
    osm_json_array_begin(encoder->json);
    for (size_t i = 0; i < VALUES; i++)
        osm_encode_value(encoder, &step->values[i], &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_encode_values(encoder, step->values, VALUES, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_encode_values(encoder, NULL, 0, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_encode_value(encoder, &step->values[VALUES - 1], &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_json_array_end(encoder->json);
}

static void write_all(struct osm_encoder *encoder, const struct step *step)
{
    struct osm_json *json = encoder->json;

    osm_json_object_begin(json);
    osm_json_key(json, "values");
    write_values(encoder, step);
    osm_json_key(json, "list");
    osm_encode_list(encoder, step->values, VALUES, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_json_key(json, "none");
    osm_encode_list(encoder, NULL, 0, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_json_key(json, "records");
    osm_record_encode_all(encoder, &osm_record_reference_description, step->references, VALUES);
    osm_json_key(json, "two");
    osm_json_array_begin(json);
    osm_json_uint(json, 7);
    osm_record_encode(encoder, &osm_record_reference_description, step->references);
    osm_record_encode(encoder, &osm_record_reference_description, step->references + 1);
    osm_record_encode(encoder, &osm_record_call_result, step->call);
    osm_json_null(json);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

static void *filled(struct osm_arena *arena, size_t type, size_t count)
{
    char *values = osm_arena_array(arena, count, UA_TYPES[type].memSize);

    for (size_t i = 0; i < count; i++)
        test_fill(arena, &UA_TYPES[type], values + i * UA_TYPES[type].memSize, 0);
    return values;
}

/* The text of the second step, behind `before`. */
static void write_later(const struct step *step, const struct osm_wire_context *context,
                        const struct osm_style *style, struct test_out *out)
{
    struct test_out text = {0};
    struct osm_later later = {0};
    struct osm_wire_context kept = osm_wire_context_keep(context);
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&text), context, style);

    encoder.later = &later;
    write_all(&encoder, step);
    assert_int_equal(text.json.depth, 0);
    osm_wire_context_prepare(&kept);
    encoder = osm_encoder_make(test_out_begin(out), &kept, style);
    assert_true(osm_later_write(&later, &text.buf, &encoder, SIZE_MAX));
    osm_wire_context_release(&kept);
    osm_later_deinit(&later);
    osm_buf_deinit(&text.buf);
}

static void check(const struct step *step, const struct osm_wire_context *context,
                  const struct osm_style *style)
{
    struct test_out at_once = {0}, in_two = {0};
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&at_once), context, style);

    write_all(&encoder, step);
    write_later(step, context, style, &in_two);
    assert_int_equal(at_once.buf.length, in_two.buf.length);
    assert_memory_equal(at_once.buf.data, in_two.buf.data, at_once.buf.length);
    osm_buf_deinit(&at_once.buf);
    osm_buf_deinit(&in_two.buf);
}

static void test_both_ways_are_alike(void **state)
{
    UA_String uris[] = {test_string("http://opcfoundation.org/UA/"), test_string("urn:a"),
                        test_string("urn:b")};
    struct osm_wire_context context = {.namespaces = uris, .namespaces_size = 3};
    struct osm_arena arena;

    osm_arena_init(&arena);
    for (size_t round = 0; round < ROUNDS; round++) {
        const struct step step = {filled(&arena, UA_TYPES_DATAVALUE, VALUES),
                                  filled(&arena, UA_TYPES_REFERENCEDESCRIPTION, VALUES),
                                  filled(&arena, UA_TYPES_CALLMETHODRESULT, 1)};

        context.binary_base64 = round & 1;
        context.strict = round & 2;
        check(&step, &context, styles[round % OSM_ARRAY_SIZE(styles)]);
        osm_arena_reset(&arena);
    }
    osm_arena_deinit(&arena);
}

/* Nothing is noted more often than it must be: a million references are one part. */
static void test_neighbours_are_one_part(void **state)
{
    UA_DataValue values[3] = {0};
    struct osm_later later = {0};
    struct test_out out = {0};
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);

    encoder.later = &later;
    osm_json_array_begin(encoder.json);
    for (size_t i = 0; i < 3; i++)
        osm_encode_value(&encoder, &values[i], &UA_TYPES[UA_TYPES_DATAVALUE]);
    assert_int_equal(later.size, 1);
    assert_int_equal(later.parts[0].count, 3);
    osm_encode_value(&encoder, &values[0], &UA_TYPES[UA_TYPES_DATAVALUE]); /* another place */
    assert_int_equal(later.size, 2);
    osm_json_null(encoder.json);
    osm_encode_value(&encoder, &values[1], &UA_TYPES[UA_TYPES_DATAVALUE]); /* text between */
    assert_int_equal(later.size, 3);
    osm_later_deinit(&later);
    osm_buf_deinit(&out.buf);
}

/* How deep it nests counts from where it stands. */
static void test_depth(void **state)
{
    UA_DataValue value = {0};
    struct osm_later later = {0};
    struct test_out text = {0}, out = {0};
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&text), NULL, &osm_plain_style);

    encoder.later = &later;
    for (size_t i = 0; i < OSM_JSON_MAX_DEPTH; i++)
        osm_json_array_begin(encoder.json);
    osm_encode_value(&encoder, &value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    assert_false(text.json.too_deep);
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    assert_true(osm_later_write(&later, &text.buf, &encoder, SIZE_MAX));
    assert_true(out.json.too_deep);
    osm_later_deinit(&later);
    osm_buf_deinit(&text.buf);
    osm_buf_deinit(&out.buf);
}

/* It stops soon after it has become too long. */
static void test_a_bound(void **state)
{
    enum { MANY = 10000 };
    UA_DataValue *values = osm_alloc(MANY * sizeof(*values));
    struct osm_later later = {0};
    struct test_out text = {0}, out = {0};
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&text), NULL, &osm_plain_style);
    size_t whole;

    encoder.later = &later;
    osm_json_array_begin(encoder.json);
    osm_encode_values(&encoder, values, MANY, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_json_array_end(encoder.json);
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    assert_true(osm_later_write(&later, &text.buf, &encoder, SIZE_MAX));
    whole = out.buf.length;
    osm_buf_truncate(&out.buf, 0);
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    assert_true(osm_later_write(&later, &text.buf, &encoder, whole));
    assert_int_equal(out.buf.length, whole);
    osm_buf_truncate(&out.buf, 0);
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    assert_false(osm_later_write(&later, &text.buf, &encoder, whole - 1));
    osm_buf_truncate(&out.buf, 0);
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    assert_false(osm_later_write(&later, &text.buf, &encoder, whole / 10));
    assert_in_range(out.buf.length, whole / 10, whole / 8);
    osm_later_deinit(&later);
    osm_buf_deinit(&text.buf);
    osm_buf_deinit(&out.buf);
    free(values);
}

/* What was kept outlives the link's own. */
static void test_context_that_is_kept(void **state)
{
    UA_String *uris = UA_Array_new(2, &UA_TYPES[UA_TYPES_STRING]);
    const UA_NodeId id = UA_NODEID_NUMERIC(1, 5);
    struct osm_type_registry *registry = osm_type_registry_new();
    struct osm_wire_context context = {.namespaces = uris,
                                       .namespaces_size = 2,
                                       .structure = osm_type_registry_find,
                                       .data_type = osm_type_registry_find_data_type,
                                       .structures = registry},
                            kept;
    UA_StructureField field = {
        .name = test_string("A"), .dataType = UA_TYPES[UA_TYPES_INT32].typeId, .valueRank = -1};
    UA_StructureDefinition definition = {.fieldsSize = 1, .fields = &field};
    UA_ExpandedNodeId expanded = {.nodeId = UA_NODEID_NUMERIC(0, 1)};
    struct test_out out = {0};
    struct osm_encoder encoder;

    uris[1] = UA_STRING_ALLOC("urn:a");
    expanded.namespaceUri = test_string("urn:a");
    osm_type_registry_define(registry, &UA_TYPES[UA_TYPES_INT32].typeId, &id, &definition);
    osm_type_registry_define(registry, &id, &id, &definition);
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    kept = osm_wire_context_keep(&context);
    osm_type_registry_free(registry);
    UA_Array_delete(uris, 2, &UA_TYPES[UA_TYPES_STRING]);
    osm_wire_context_prepare(&kept);
    assert_non_null(kept.structure(kept.structures, &id));
    encoder = osm_encoder_make(test_out_begin(&out), &kept, &osm_plain_style);
    assert_int_equal(osm_encode_namespace(&encoder, &expanded), 1);
    osm_wire_context_release(&kept);
    osm_buf_deinit(&out.buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways_are_alike),
        cmocka_unit_test(test_neighbours_are_one_part),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_a_bound),
        cmocka_unit_test(test_context_that_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
