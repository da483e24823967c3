/* SPDX-License-Identifier: MIT */
/*
 * discoverDataTypes against a server with types (methods.md §2.27, M16): what it is asked for, and
 * what becomes of what it does not tell. Structures are ns=2;i=1 and so on, simple types
 * ns=2;i=1000 and above.
 */
#include "port/service.h"
#include "testing/testing_method.h"

#define SIMPLE 1000
#define FIELDS 40

struct structure {
    uint32_t id, parent;     /* 0 = Structure itself */
    uint32_t fields[FIELDS]; /* their data types; below SIMPLE in namespace 0 */
    UA_StatusCode status;    /* instead of its definition; or, Good … */
    bool untold;             /* … nothing at all */
    size_t name;             /* so many letters more in the name of its fields */
};

static struct plant {
    const struct structure *structures;
    size_t size;
    uint32_t (*parent)(uint32_t simple); /* as fields are; 0 = it has none */
    const char *encoding;                /* the id of an encoding; NULL = 100 behind its type's */
    const char *ancestor;                /* the same of a parent */
    size_t most;                         /* nodes of one Browse … */
    UA_StatusCode refusal;               /* … with more than that */
    struct osm_buf asked;                /* a letter for each request, and how many nodes */
} plant;

static UA_NodeId node_of(uint32_t id)
{
    return UA_NODEID_NUMERIC(id < SIMPLE ? 0 : 2, id);
}

static void refer(UA_BrowseResult *result, UA_NodeId id, const char *name)
{
    UA_ReferenceDescription reference = {.nodeId = {.nodeId = id},
                                         .browseName = UA_QUALIFIEDNAME_ALLOC(0, name)};

    assert_int_equal(UA_Array_append((void **)&result->references, &result->referencesSize,
                                     &reference, &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]),
                     UA_STATUSCODE_GOOD);
}

static char browse(const UA_BrowseDescription *of, UA_BrowseResult *result)
{
    uint32_t id = of->nodeId.identifier.numeric;

    if (of->referenceTypeId.identifier.numeric == UA_NS0ID_HASENCODING) {
        refer(result, UA_NODEID_NUMERIC(2, id + 200), "Default XML");
        refer(result,
              plant.encoding ? UA_NODEID_STRING_ALLOC(2, plant.encoding)
                             : UA_NODEID_NUMERIC(2, id + 100),
              "Default Binary");
        return 'E';
    }
    if (of->browseDirection == UA_BROWSEDIRECTION_INVERSE) {
        if (plant.ancestor)
            refer(result, UA_NODEID_STRING_ALLOC(2, plant.ancestor), "");
        else if (plant.parent(id))
            refer(result, node_of(plant.parent(id)), "");
        return 'U';
    }
    for (size_t i = 0; i < plant.size; i++)
        if (of->nodeId.namespaceIndex ? plant.structures[i].parent == id
                                      : !plant.structures[i].parent)
            refer(result, UA_NODEID_NUMERIC(2, plant.structures[i].id), "");
    return 'B';
}

static void serve_browse(struct osm_ua_call *call)
{
    const UA_BrowseRequest *request = call->request;
    UA_BrowseResponse *response = UA_BrowseResponse_new();
    char kind = '?';

    response->resultsSize = request->nodesToBrowseSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_BROWSERESULT]);
    for (size_t i = 0; i < response->resultsSize; i++)
        kind = browse(&request->nodesToBrowse[i], &response->results[i]);
    osm_buf_printf(&plant.asked, "%c%zu ", kind, response->resultsSize);
    if (plant.most && response->resultsSize > plant.most) {
        UA_BrowseResponse_delete(response);
        test_answer_fault(call, plant.refusal);
        return;
    }
    test_answer(call, response);
}

static void define(const struct structure *structure, UA_DataValue *value)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION];
    static UA_Byte names[2000];
    UA_StructureField fields[FIELDS] = {0};
    UA_StructureDefinition definition = {.fields = fields};
    UA_ExtensionObject *object = UA_ExtensionObject_new();

    for (size_t i = 0; i < FIELDS && structure->fields[i]; i++) {
        fields[i].name = UA_STRING((char *)(uintptr_t) "f");
        if (structure->name) {
            fields[i].name.data = memset(names, 'n', sizeof(names));
            fields[i].name.length = structure->name;
        }
        fields[i].dataType = node_of(structure->fields[i]);
        fields[i].valueRank = -1;
        definition.fieldsSize++;
    }
    object->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
    object->content.encoded.typeId = type->binaryEncodingId;
    assert_int_equal(UA_encodeBinary(&definition, type, &object->content.encoded.body), 0);
    UA_Variant_setScalar(&value->value, object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    value->hasValue = true;
}

/* The variable ns=2;i=10+n is of the structure n. */
static void tell_type(const UA_ReadValueId *node, UA_DataValue *value)
{
    const UA_NodeId type = UA_NODEID_NUMERIC(2, node->nodeId.identifier.numeric - 10);

    (void)UA_Variant_setScalarCopy(&value->value, &type, &UA_TYPES[UA_TYPES_NODEID]);
}

static void serve_read(struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response = UA_ReadResponse_new();

    response->resultsSize = request->nodesToReadSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_buf_printf(&plant.asked, "R%zu ", response->resultsSize);
    for (size_t n = 0; n < response->resultsSize; n++)
        for (size_t i = 0; i < plant.size; i++) {
            const struct structure *structure = &plant.structures[i];
            UA_DataValue *value = &response->results[n];

            if (request->nodesToRead[n].attributeId == UA_ATTRIBUTEID_DATATYPE && !i)
                tell_type(&request->nodesToRead[n], value);
            if (structure->id != request->nodesToRead[n].nodeId.identifier.numeric)
                continue;
            value->hasStatus = structure->status || structure->untold;
            value->status = structure->status;
            if (!value->hasStatus)
                define(structure, value);
        }
    test_answer(call, response);
}

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    if (call->service == &osm_service_browse)
        serve_browse(call);
    else if (call->service == &osm_service_read)
        serve_read(call);
    else if (call->service == &osm_service_write)
        test_answer_each(call);
    else
        fail_msg("asked for %s", call->service->name);
}

static int setup(void **state)
{
    struct test_world *world = test_world_new();

    world->server.serve = serve;
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    osm_buf_deinit(&plant.asked);
    plant = (struct plant){0};
    return test_teardown(state);
}

#define PLANT(list) plant.structures = (list), plant.size = OSM_ARRAY_SIZE(list)
#define DISCOVER(world, session, params) test_query(world, session, "discoverDataTypes", params)

static void asked_is(const char *expected)
{
    assert_string_equal(osm_buf_text(&plant.asked), expected);
    osm_buf_truncate(&plant.asked, 0);
}

/* Known, so that nothing is left to ask for once more. */
static void nothing_is_new(struct test_world *world, struct osm_session *session,
                           const char *expected)
{
    osm_buf_truncate(&plant.asked, 0);
    (void)DISCOVER(world, session, "[null,false]");
    test_turn(world);
    asked_is(expected);
}

/* --- levels -------------------------------------------------------------------------------- */

static void test_structures_are_found_level_by_level(void **state)
{
    static const struct structure chain[] = {{.id = 1, .fields = {7}},
                                             {.id = 2, .parent = 1, .fields = {7}},
                                             {.id = 3, .parent = 2, .fields = {7}}};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    PLANT(chain);
    test = DISCOVER(world, session, "[null,false]");
    test_turn(world);
    test_data_is(test, "3");
    asked_is("B1 B1 B1 B1 E3 R3 ");
    nothing_is_new(world, session, "B1 B1 B1 B1 ");
}

/* A server whose types derive from each other for ever is left behind the tenth level. */
static void test_ten_levels(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct structure chain[12] = {0};
    struct test_request *test;

    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(chain); i++)
        chain[i] = (struct structure){.id = i + 1, .parent = i, .fields = {7}};
    PLANT(chain);
    test = DISCOVER(world, session, "[null,false]");
    test_turn(world);
    test_data_is(test, "10");
    asked_is("B1 B1 B1 B1 B1 B1 B1 B1 B1 B1 E10 R10 ");
}

static void test_a_server_without_structures(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = DISCOVER(world, test_session_open(world, "{}"), "[null,false]");

    test_turn(world);
    test_data_is(test, "0");
    asked_is("B1 ");
}

/* --- what servers do not tell -------------------------------------------------------------- */

static void test_what_is_left_out_is_told(void **state)
{
    static const struct structure some[] = {
        {.id = 1, .fields = {7}},
        {.id = 2, .fields = {7}, .status = UA_STATUSCODE_BADUSERACCESSDENIED},
        {.id = 3, .fields = {7}, .untold = true},
        {.id = 4, .fields = {7}, .status = UA_STATUSCODE_UNCERTAIN},
    };
    struct test_world *world = *state;
    struct test_request *test;

    PLANT(some);
    test = DISCOVER(world, test_session_open(world, "{}"), "[null,false,true]");
    test_turn(world);
    test_reply_is(
        test,
        "{'success':true,'data':{'count':1,'skipped':["
        "{'dataType':'ns=2;i=2',"
        "'reason':'the server does not tell its definition (BadUserAccessDenied)'},"
        "{'dataType':'ns=2;i=3','reason':'the server tells no definition of a structure'},"
        "{'dataType':'ns=2;i=4','reason':'the server tells no definition of a structure'}]}}");
}

static uint32_t is_integer(uint32_t simple)
{
    return 7;
}

/* Names and ids nobody would give: a server may send megabytes. */
static void test_long_names_are_left_out(void **state)
{
    static const struct structure some[] = {{.id = 1, .fields = {7}, .name = 1024},
                                            {.id = 2, .fields = {7}, .name = 1025}};
    static const struct structure one[] = {{.id = 3, .fields = {SIMPLE}}};
    static char id[1026];
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    PLANT(some);
    test = DISCOVER(world, session, "[null,false,true]");
    test_turn(world);
    test_reply_is(test, "{'success':true,'data':{'count':1,'skipped':[{'dataType':'ns=2;i=2',"
                        "'reason':'a name or a type in it is longer than 1024 bytes'}]}}");
    memset(id, 'x', sizeof(id) - 1);
    plant.ancestor = id;
    PLANT(one);
    asked_is("B1 B2 E2 R2 ");
    test = DISCOVER(world, session, "[null,false,true]");
    test_turn(world);
    asked_is("B1 B1 E1 R1 U1 ");
    assert_non_null(strstr(test->reply, "the type of its field f is not known"));
    plant.encoding = id;
    PLANT(some);
    session = test_session_open(world, "{'opcuaTimeout':7}");
    test = DISCOVER(world, session, "[null,false,true]");
    test_turn(world);
    assert_non_null(strstr(test->reply, "it has no binary encoding"));
    id[1024] = '\0';
    PLANT(one);
    session = test_session_open(world, "{'opcuaTimeout':8}");
    plant.ancestor = NULL;
    plant.parent = is_integer;
    test = DISCOVER(world, session, "[null,false,true]");
    test_turn(world);
    test_reply_is(test, "{'success':true,'data':{'count':1,'skipped':[]}}");
    plant.encoding = NULL;
}

/* Whoever asks for many at a time takes in much at a time. */
static void test_many_types_are_asked_for_in_parts(void **state)
{
    enum { MANY = 2500 };
    struct structure *many = osm_alloc(MANY * sizeof(*many));
    struct test_world *world = *state;
    struct test_request *test;

    for (uint32_t i = 0; i < MANY; i++)
        many[i] = (struct structure){.id = 10000 + i, .fields = {7}};
    plant.structures = many;
    plant.size = MANY;
    test = DISCOVER(world, test_session_open(world, "{}"), "[null,false]");
    for (size_t i = 0; i < 10; i++)
        test_advance(world, 5);
    test_data_is(test, "2500");
    asked_is("B1 B1000 B1000 B500 E1000 E1000 E500 R1000 R1000 R500 ");
    free(many);
}

/* --- batches ------------------------------------------------------------------------------- */

static const struct structure three[] = {{.id = 1, .fields = {7, SIMPLE + 1}},
                                         {.id = 2, .fields = {7, SIMPLE + 2}},
                                         {.id = 3, .fields = {7, SIMPLE + 3}}};

static void discovers_three(struct test_world *world, struct osm_session *session,
                            const char *asked)
{
    struct test_request *test;

    PLANT(three);
    plant.parent = is_integer;
    test = DISCOVER(world, session, "[null,false]");
    test_turn(world);
    test_data_is(test, "3");
    asked_is(asked);
}

static void test_rounds_are_cut_as_the_server_asks(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    discovers_three(world, session, "B1 B3 E3 R3 U3 ");
    session = test_session_open(world, "{}");
    osm_operation_limits_set_learnt(&osm_session_link(session)->limits, OSM_LIMIT_BROWSE, 2);
    osm_operation_limits_set_learnt(&osm_session_link(session)->limits, OSM_LIMIT_READ, 2);
    discovers_three(world, session, "B1 B2 B1 E2 E1 R2 R1 U2 U1 ");
}

/* A Browse that is too large for the server is made smaller, and that is remembered; one it has no
 * continuation points for is sent node by node; any other refusal is the caller's. */
static void test_refused_rounds(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;

    plant.most = 1;
    plant.refusal = UA_STATUSCODE_BADTOOMANYOPERATIONS;
    discovers_three(world, test_session_open(world, "{}"), "B1 B3 B1 B1 B1 E1 E1 E1 R3 U1 U1 U1 ");
    plant.refusal = UA_STATUSCODE_BADNOCONTINUATIONPOINTS;
    discovers_three(world, test_session_open(world, "{}"),
                    "B1 B3 B1 B1 B1 E3 E1 E1 E1 R3 U3 U1 U1 U1 ");
    plant.refusal = UA_STATUSCODE_BADVIEWIDUNKNOWN;
    test = DISCOVER(world, test_session_open(world, "{}"), "[null,false]");
    test_turn(world);
    test_fault_is(test, "ServiceException", "Server returned ServiceFault: 0x806B0000 0x806B0000");
    asked_is("B1 B3 ");
}

/* --- the types of fields ------------------------------------------------------------------- */

static uint32_t two_steps_up(uint32_t simple)
{
    return simple == SIMPLE + 1 ? SIMPLE + 2 : simple == SIMPLE + 2 ? 11 : 0;
}

/* Enumeration and Number are known without asking. */
static void test_fields_are_followed_to_what_is_known(void **state)
{
    static const struct structure some[] = {{.id = 1, .fields = {29, 26, SIMPLE + 1}},
                                            {.id = 2, .fields = {SIMPLE + 3}}};
    struct test_world *world = *state;
    struct test_request *test;

    PLANT(some);
    plant.parent = two_steps_up;
    test = DISCOVER(world, test_session_open(world, "{}"), "[null,false,true]");
    test_turn(world);
    assert_non_null(test->reply);
    assert_non_null(strstr(test->reply, "\"count\":1,\"skipped\":[{\"dataType\":\"ns=2;i=2\","));
    asked_is("B1 B2 E2 R2 U2 U1 ");
}

static uint32_t in_a_circle(uint32_t simple)
{
    return simple == SIMPLE + 1 ? SIMPLE + 2 : SIMPLE + 1;
}

static void test_a_circle_is_left(void **state)
{
    static const struct structure some[] = {{.id = 1, .fields = {7}},
                                            {.id = 2, .fields = {SIMPLE + 1}}};
    struct test_world *world = *state;
    struct test_request *test;
    char expected[] = "B1 B2 E2 R2 "
                      "U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 "
                      "U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 U1 ";

    PLANT(some);
    plant.parent = in_a_circle;
    test = DISCOVER(world, test_session_open(world, "{}"), "[null,false]");
    test_turn(world);
    test_data_is(test, "1");
    asked_is(expected);
}

static void test_any_number_of_field_types(void **state)
{
    struct test_world *world = *state;

    plant.parent = is_integer;
    for (uint32_t count = 31; count <= 33; count++) {
        struct structure one = {.id = 1};
        struct test_request *test;
        char expected[64];

        for (uint32_t i = 0; i < count; i++)
            one.fields[i] = SIMPLE + i;
        plant.structures = &one;
        plant.size = 1;
        test = DISCOVER(world, test_session_open(world, "{}"), "[null,false]");
        test_turn(world);
        test_data_is(test, "1");
        (void)snprintf(expected, sizeof(expected), "B1 B1 E1 R1 U%u ", count);
        asked_is(expected);
    }
}

/* --- written ------------------------------------------------------------------------------- */

static void wrote(const UA_WriteRequest *request, size_t i, uint32_t encoding, uint32_t field)
{
    const UA_Variant *value = &request->nodesToWrite[i].value.value;
    const UA_ExtensionObject *object = value->data;

    assert_ptr_equal(value->type, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    assert_int_equal(object->encoding, UA_EXTENSIONOBJECT_DECODED);
    assert_int_equal(object->content.decoded.type->binaryEncodingId.identifier.numeric, encoding);
    assert_int_equal(*(const UA_UInt32 *)object->content.decoded.data, field);
}

/* A map of fields is what its node says; of others nothing is asked (types.md §4). */
static void test_maps_of_fields_are_written(void **state)
{
    static const struct structure plain[] = {
        {.id = 1, .fields = {7}}, {.id = 2, .fields = {7}}, {.id = 3, .fields = {7}}};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    UA_WriteRequest *request;
    struct test_request *test;

    PLANT(plain);
    (void)DISCOVER(world, session, "[null,false]");
    test_turn(world);
    asked_is("B1 B3 E3 R3 ");
    osm_operation_limits_set_learnt(&osm_session_link(session)->limits, OSM_LIMIT_READ, 2);
    test = test_query(
        world, session, "writeMulti",
        "[[{'nodeId':'ns=2;i=12','type':22,'value':{'f':12}},"
        "{'nodeId':'ns=2;i=5','type':6,'value':5},"
        "{'nodeId':'ns=2;i=6','type':22,'value':{'typeId':'i=0','encoding':0,'body':null}},"
        "{'nodeId':'ns=2;i=11','type':22,'value':{'f':11}},"
        "{'nodeId':'ns=2;i=13','type':22,'value':{'f':13}}]]");
    test_turn(world);
    test_data_is(test, "[0,0,0,0,0]");
    asked_is("R2 R1 ");
    request = test_call_of(world, test_calls(world) - 1, &osm_service_write)->request;
    wrote(request, 0, 102, 12);
    wrote(request, 3, 101, 11);
    wrote(request, 4, 103, 13);
    for (size_t i = 0; i < 5; i++) /* the server outlives the session, whose types these are */
        UA_Variant_clear(&request->nodesToWrite[i].value.value);
}

/* --- losses -------------------------------------------------------------------------------- */

static void test_a_loss_at_every_step(void **state)
{
    for (size_t step = 0; step < 5; step++) {
        struct test_world *world = test_world_new();
        struct osm_session *session = test_session_open(world, "{}");
        struct test_request *test = DISCOVER(world, session, "[null,false]");

        PLANT(three);
        plant.parent = is_integer;
        for (size_t i = 0; i < step; i++) {
            serve(&world->server, test_call(world, i));
            test_turn(world);
        }
        assert_null(test->reply);
        osm_buf_truncate(&plant.asked, 0);
        world->server.serve = serve;
        test_lose_now(world, session);
        test_data_is(test, "3");
        asked_is("B1 B3 E3 R3 U3 ");
        test_world_free(world);
    }
    osm_buf_deinit(&plant.asked);
    plant = (struct plant){0};
}

#define with_plant(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_plant(test_structures_are_found_level_by_level),
        with_plant(test_ten_levels),
        with_plant(test_a_server_without_structures),
        with_plant(test_what_is_left_out_is_told),
        with_plant(test_long_names_are_left_out),
        with_plant(test_many_types_are_asked_for_in_parts),
        with_plant(test_rounds_are_cut_as_the_server_asks),
        with_plant(test_refused_rounds),
        with_plant(test_fields_are_followed_to_what_is_known),
        with_plant(test_a_circle_is_left),
        with_plant(test_any_number_of_field_types),
        with_plant(test_maps_of_fields_are_written),
        cmocka_unit_test(test_a_loss_at_every_step),
    };

    return cmocka_run_group_tests_name("discoverDataTypes with a server", tests, NULL, NULL);
}
