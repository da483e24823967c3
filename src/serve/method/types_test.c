/* SPDX-License-Identifier: MIT */
/* discoverDataTypes (methods.md §2.27): what servers may describe, and what is left out. */
#include "port/service.h"
#include "testing/testing_method.h"

#define TYPES 2

/* One result for each type; count references, from id on. */
static void answer_browse(struct test_world *world, size_t n, size_t results, size_t count,
                          unsigned id)
{
    struct osm_ua_call *call = test_call_of(world, n, &osm_service_browse);
    UA_BrowseResponse *response = UA_BrowseResponse_new();

    response->results = UA_Array_new(results, &UA_TYPES[UA_TYPES_BROWSERESULT]);
    response->resultsSize = results;
    for (size_t i = 0; i < results; i++) {
        UA_BrowseResult *result = &response->results[i];

        result->references = UA_Array_new(count, &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
        result->referencesSize = count;
        for (size_t j = 0; j < count; j++) {
            result->references[j].nodeId = UA_EXPANDEDNODEID_NUMERIC(2, id++);
            result->references[j].browseName = UA_QUALIFIEDNAME_ALLOC(0, "Default Binary");
        }
    }
    test_answer(call, response);
    test_turn(world);
}

/* As it comes: a structure in a value stays its bytes. */
static void set_definition(UA_DataValue *value, const UA_StructureDefinition *definition)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION];
    UA_ExtensionObject *object = UA_ExtensionObject_new();

    object->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
    object->content.encoded.typeId = type->binaryEncodingId;
    assert_int_equal(UA_encodeBinary(definition, type, &object->content.encoded.body), 0);
    UA_Variant_clear(&value->value);
    UA_Variant_setScalar(&value->value, object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    value->hasValue = true;
}

static void define(UA_DataValue *value, size_t fields)
{
    UA_StructureDefinition *definition = UA_StructureDefinition_new();

    definition->fields = UA_Array_new(fields, &UA_TYPES[UA_TYPES_STRUCTUREFIELD]);
    definition->fieldsSize = fields;
    for (size_t i = 0; i < fields; i++) {
        definition->fields[i].name = UA_STRING_ALLOC("f");
        definition->fields[i].dataType = UA_NODEID_NUMERIC(0, UA_NS0ID_BYTE);
        definition->fields[i].valueRank = -1;
    }
    set_definition(value, definition);
    UA_StructureDefinition_delete(definition);
}

/* The first structure is as large as can be described, the second one is larger. */
static void test_too_many_fields(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "discoverDataTypes", "[null,false,true]");
    UA_ReadResponse *response = UA_ReadResponse_new();

    answer_browse(world, 0, 1, TYPES, 1);   /* the types */
    answer_browse(world, 1, TYPES, 0, 0);   /* none below them */
    answer_browse(world, 2, TYPES, 1, 101); /* their encodings */
    response->results = UA_Array_new(TYPES, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = TYPES;
    define(&response->results[0], 255);
    define(&response->results[1], 256);
    test_answer(test_call_of(world, 3, &osm_service_read), response);
    test_turn(world);
    assert_int_equal(test_calls(world), 4);
    test_reply_is(test, "{'success':true,'data':{'count':1,'skipped':[{'dataType':'ns=2;i=2',"
                        "'reason':'it has 256 fields, more than 255'}]}}");
}

/* Thousands of fields of the same strange type are asked for once. */
static void test_each_field_type_is_followed_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(world, session, "discoverDataTypes", "[null,false]");
    UA_ReadResponse *response = UA_ReadResponse_new();
    const UA_BrowseRequest *climb;

    answer_browse(world, 0, 1, TYPES, 1);
    answer_browse(world, 1, TYPES, 0, 0);
    answer_browse(world, 2, TYPES, 1, 101);
    response->results = UA_Array_new(TYPES, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = TYPES;
    for (size_t i = 0; i < TYPES; i++) {
        UA_StructureField fields[200] = {0};
        const UA_StructureDefinition definition = {.fields = fields, .fieldsSize = 200};

        for (size_t j = 0; j < 200; j++) { /* the first ones are structures that were found */
            fields[j].dataType = UA_NODEID_NUMERIC(2, j < 100 ? 1 : 7);
            fields[j].valueRank = -1;
        }
        set_definition(&response->results[i], &definition);
    }
    test_answer(test_call_of(world, 3, &osm_service_read), response);
    test_turn(world);
    climb = test_call_of(world, 4, &osm_service_browse)->request;
    assert_int_equal(climb->nodesToBrowseSize, 1);
    test_node_is(&climb->nodesToBrowse[0].nodeId, "ns=2;i=7");
    answer_browse(world, 4, 1, 0, 0); /* leads nowhere */
    assert_int_equal(test_calls(world), 5);
    assert_non_null(test->reply);
}

#define MANY 40 /* types with 255 fields each: more than a turn takes */

/* Their definitions have come. */
static struct test_request *discover_many(struct test_world *world, struct osm_session *session)
{
    struct test_request *test = test_query(world, session, "discoverDataTypes", "[null,false]");
    UA_ReadResponse *response = UA_ReadResponse_new();

    answer_browse(world, 0, 1, MANY, 1);
    answer_browse(world, 1, MANY, 0, 0);
    answer_browse(world, 2, MANY, 1, 101);
    response->results = UA_Array_new(MANY, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = MANY;
    for (size_t i = 0; i < MANY; i++)
        define(&response->results[i], 255);
    test_answer(test_call_of(world, 3, &osm_service_read), response);
    return test;
}

static void test_many_take_turns(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = discover_many(world, test_session_open(world, "{}"));
    unsigned turns = 0;

    test_turn(world);
    for (; !test->reply && turns < 100; turns++)
        test_advance(world, 1);
    assert_in_range(turns, 4, 99);
    test_reply_is(test, "{'success':true,'data':40}");
}

/* At each of these turns it can be over. */
static void test_closing_in_any_turn(void **state)
{
    for (unsigned turns = 0; turns < 5; turns++) {
        struct test_world *world = test_world_new();
        struct osm_session *session = test_session_open(world, "{}");
        struct test_request *test = discover_many(world, session);

        test_turn(world);
        for (unsigned i = 0; i < turns; i++)
            test_advance(world, 1);
        assert_null(test->reply);
        osm_session_close(session, 1000, NULL, NULL);
        test_turn(world);
        test_fault_is(test, "ConnectionException", "Not connected");
        test_world_free(world);
    }
}

static void test_closing_while_definitions_are_read(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    test = discover_many(world, session);
    world->server.large = true;
    assert_true(test_server_step(&world->server));
    assert_int_equal(world->server.works, 1);
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
    test_fault_is(test, "ConnectionException", "Not connected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_too_many_fields),
        test_in_world(test_each_field_type_is_followed_once),
        test_in_world(test_many_take_turns),
        cmocka_unit_test(test_closing_in_any_turn),
        test_in_world(test_closing_while_definitions_are_read),
    };

    int failed = cmocka_run_group_tests_name("discoverDataTypes", tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests_name("discoverDataTypes", tests, NULL, NULL);
}
