/* SPDX-License-Identifier: MIT */
/* addNodes and its kin: what reaches the server (methods.md §4.1, M22). */
#include "testing/testing_command.h"

#define NODE_CLASS(n) "{'__t':'NodeClass','v':" #n "}"
#define NAMED(name) "{'__t':'QualifiedName','ns':1,'n':'" name "'}"
#define IDS "'parentNodeId':'i=85','referenceTypeId':'i=35','requestedNewNodeId':'ns=1;s=x',"
#define NODE(node_class, more)                                                                     \
    "[[{" IDS                                                                                      \
    "'browseName':" NAMED("X") ",'typeDefinition':'i=0','nodeClass':" NODE_CLASS(node_class) more  \
        "}]]"

#define NAME UA_NODEATTRIBUTESMASK_DISPLAYNAME
#define MASKS (UA_NODEATTRIBUTESMASK_WRITEMASK | UA_NODEATTRIBUTESMASK_USERWRITEMASK)
#define TYPE                                                                                       \
    (UA_NODEATTRIBUTESMASK_DATATYPE | UA_NODEATTRIBUTESMASK_VALUERANK |                            \
     UA_NODEATTRIBUTESMASK_ARRAYDIMENSIONS)
#define ACCESS                                                                                     \
    (UA_NODEATTRIBUTESMASK_ACCESSLEVEL | UA_NODEATTRIBUTESMASK_USERACCESSLEVEL |                   \
     UA_NODEATTRIBUTESMASK_MINIMUMSAMPLINGINTERVAL | UA_NODEATTRIBUTESMASK_HISTORIZING)

static void answer(struct test_world *world, struct osm_ua_call *call)
{
    test_answer_each(call);
    test_turn(world);
}

/* The one item of the n-th request. */
static const UA_AddNodesItem *added(struct test_world *world, size_t n)
{
    const UA_AddNodesRequest *request = test_call(world, n)->request;

    assert_int_equal(request->nodesToAddSize, 1);
    return &request->nodesToAdd[0];
}

static void text_is(const UA_String *text, const char *expected)
{
    assert_int_equal(text->length, strlen(expected));
    assert_memory_equal(text->data, expected, text->length);
}

static void test_defaults(void **state)
{
    static const struct {
        const char *args;
        int type;
        uint32_t bits;
    } cases[] = {
        {NODE(1, ""), UA_TYPES_OBJECTATTRIBUTES, UA_NODEATTRIBUTESMASK_EVENTNOTIFIER},
        {NODE(2, ""), UA_TYPES_VARIABLEATTRIBUTES, TYPE | ACCESS},
        {NODE(4, ""), UA_TYPES_METHODATTRIBUTES,
         UA_NODEATTRIBUTESMASK_EXECUTABLE | UA_NODEATTRIBUTESMASK_USEREXECUTABLE},
        {NODE(8, ""), UA_TYPES_OBJECTTYPEATTRIBUTES, UA_NODEATTRIBUTESMASK_ISABSTRACT},
        {NODE(16, ""), UA_TYPES_VARIABLETYPEATTRIBUTES, TYPE | UA_NODEATTRIBUTESMASK_ISABSTRACT},
        {NODE(32, ""), UA_TYPES_REFERENCETYPEATTRIBUTES,
         UA_NODEATTRIBUTESMASK_ISABSTRACT | UA_NODEATTRIBUTESMASK_SYMMETRIC},
        {NODE(64, ""), UA_TYPES_DATATYPEATTRIBUTES, UA_NODEATTRIBUTESMASK_ISABSTRACT},
        {NODE(128, ""), UA_TYPES_VIEWATTRIBUTES,
         UA_NODEATTRIBUTESMASK_CONTAINSNOLOOPS | UA_NODEATTRIBUTESMASK_EVENTNOTIFIER},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        (void)test_invoke(world, session, "addNodes", cases[i].args);
        const UA_ExtensionObject *object = &added(world, i)->nodeAttributes;
        const UA_NodeAttributes *attributes = object->content.decoded.data;

        assert_ptr_equal(object->content.decoded.type, &UA_TYPES[cases[i].type]);
        assert_int_equal(attributes->specifiedAttributes, cases[i].bits | NAME | MASKS);
        text_is(&attributes->displayName.text, "X");
        answer(world, test_call(world, i));
    }
}

static void test_variable(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_VariableAttributes *attributes;

    (void)test_invoke(
        world, session, "addNodes",
        NODE(2, ",'displayName':'Shown','description':'Told','writeMask':7,'userWriteMask':5,"
                "'value':{'__t':'Variant','type':{'__t':'BuiltinType','v':6},'value':[1,2],"
                "'dims':null,'bytesB64':null},'dataType':{'__t':'NodeId','v':'i=6'},"
                "'valueRank':1,'arrayDimensions':[2],'accessLevel':3,'userAccessLevel':2,"
                "'minimumSamplingInterval':2.5,'historizing':true"));
    attributes = added(world, 0)->nodeAttributes.content.decoded.data;
    assert_int_equal(attributes->specifiedAttributes, NAME | MASKS | TYPE | ACCESS |
                                                          UA_NODEATTRIBUTESMASK_DESCRIPTION |
                                                          UA_NODEATTRIBUTESMASK_VALUE);
    text_is(&attributes->displayName.text, "Shown");
    assert_null(attributes->displayName.locale.data);
    text_is(&attributes->description.text, "Told");
    assert_int_equal(attributes->writeMask, 7);
    assert_int_equal(attributes->userWriteMask, 5);
    assert_true(UA_Variant_hasArrayType(&attributes->value, &UA_TYPES[UA_TYPES_INT32]));
    assert_int_equal(attributes->dataType.identifier.numeric, UA_NS0ID_INT32);
    assert_int_equal(attributes->valueRank, 1);
    assert_int_equal(attributes->arrayDimensionsSize, 1);
    assert_int_equal(attributes->arrayDimensions[0], 2);
    assert_int_equal(attributes->accessLevel, 3);
    assert_int_equal(attributes->userAccessLevel, 2);
    assert_true(attributes->minimumSamplingInterval == 2.5);
    assert_true(attributes->historizing);
    answer(world, test_call(world, 0));
}

static void test_variable_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_VariableAttributes *attributes;

    (void)test_invoke(world, session, "addNodes", NODE(2, ",'description':null,'value':null"));
    attributes = added(world, 0)->nodeAttributes.content.decoded.data;
    assert_int_equal(attributes->dataType.identifier.numeric, UA_NS0ID_BASEDATATYPE);
    assert_int_equal(attributes->valueRank, -1);
    assert_int_equal(attributes->accessLevel, 1);
    assert_int_equal(attributes->userAccessLevel, 1);
    assert_false(attributes->historizing);
    assert_true(UA_Variant_isEmpty(&attributes->value));
    answer(world, test_call(world, 0));
}

static void test_the_largest_numbers(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_VariableAttributes *attributes;

    (void)test_invoke(world, session, "addNodes",
                      NODE(2, ",'writeMask':4294967295,'userWriteMask':0,'accessLevel':255,"
                              "'valueRank':-2147483648"));
    attributes = added(world, 0)->nodeAttributes.content.decoded.data;
    assert_int_equal(attributes->writeMask, UINT32_MAX);
    assert_int_equal(attributes->userWriteMask, 0);
    assert_int_equal(attributes->accessLevel, 255);
    assert_int_equal(attributes->valueRank, INT32_MIN);
    answer(world, test_call(world, 0));
}

/* Nothing is known of its attributes: the server may judge. */
static void test_no_class(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    (void)test_invoke(world, session, "addNodes", NODE(0, ",'displayName':5"));
    assert_int_equal(added(world, 0)->nodeAttributes.encoding, UA_EXTENSIONOBJECT_ENCODED_NOBODY);
    answer(world, test_call(world, 0));
}

/* What is wrong never gets to the server. */
static void test_refusals(void **state)
{
#define REFUSED(args, message)                                                                     \
    test_fault_is(test_invoke(world, session, "addNodes", args), "TypeError",                      \
                  "addNodes: args[0]" message)
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    REFUSED("[]", " must be a list");
    REFUSED("[[5]]", "[0] must be an object");
    REFUSED("[[{}]]", "[0].parentNodeId must be a tagged NodeId or its text");
    REFUSED("[[{" IDS "'nodeClass':" NODE_CLASS(1) "}]]",
            "[0].browseName must be a tagged QualifiedName");
    REFUSED("[[{" IDS "'browseName':" NAMED("X") ",'nodeClass':1,'typeDefinition':'i=61'}]]",
            "[0].nodeClass must be a tagged NodeClass");
    REFUSED("[[{" IDS "'browseName':" NAMED("X") ",'nodeClass':" NODE_CLASS(1) "}]]",
            "[0].typeDefinition must be a tagged NodeId or its text");
    REFUSED(NODE(1, ",'displayName':5"), "[0].displayName must be a string");
    REFUSED(NODE(1, ",'eventNotifier':256"), "[0].eventNotifier must be an integer from 0 to 255");
    REFUSED(NODE(1, ",'eventNotifier':-1"), "[0].eventNotifier must be an integer from 0 to 255");
    REFUSED(NODE(1, ",'eventNotifier':1.5"), "[0].eventNotifier must be an integer from 0 to 255");
    REFUSED(NODE(1, ",'writeMask':18446744073709551615"),
            "[0].writeMask must be an integer from 0 to 4294967295");
    REFUSED(NODE(2, ",'valueRank':2147483648"),
            "[0].valueRank must be an integer from -2147483648 to 2147483647");
    REFUSED(NODE(2, ",'value':5"), "[0].value must be a tagged Variant");
    REFUSED(NODE(2, ",'historizing':1"), "[0].historizing must be a bool");
    REFUSED(NODE(2, ",'arrayDimensions':[-1]"),
            "[0].arrayDimensions must be an integer from 0 to 4294967295");
    REFUSED(NODE(2, ",'minimumSamplingInterval':'1'"),
            "[0].minimumSamplingInterval must be a number");
    assert_int_equal(test_calls(world), 0);
#undef REFUSED
}

static void test_other_services(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_DeleteNodesRequest *nodes;
    const UA_AddReferencesRequest *references;
    const UA_DeleteReferencesRequest *removals;

    (void)test_invoke(world, session, "deleteNodes",
                      "[[{'nodeId':'i=1'},{'nodeId':'i=2','deleteTargetReferences':false}]]");
    nodes = test_call(world, 0)->request;
    assert_true(nodes->nodesToDelete[0].deleteTargetReferences);
    assert_false(nodes->nodesToDelete[1].deleteTargetReferences);
    answer(world, test_call(world, 0));

    (void)test_invoke(
        world, session, "addReferences",
        "[[{'sourceNodeId':'i=1','referenceTypeId':'i=35','isForward':false,"
        "'targetNodeId':'i=2','targetNodeClass':" NODE_CLASS(2) ",'targetServerUri':'urn:x'}]]");
    references = test_call(world, 1)->request;
    assert_false(references->referencesToAdd[0].isForward);
    assert_int_equal(references->referencesToAdd[0].targetNodeClass, UA_NODECLASS_VARIABLE);
    text_is(&references->referencesToAdd[0].targetServerUri, "urn:x");
    answer(world, test_call(world, 1));

    (void)test_invoke(world, session, "deleteReferences",
                      "[[{'sourceNodeId':'i=1','referenceTypeId':'i=35','isForward':true,"
                      "'targetNodeId':'i=2'}]]");
    removals = test_call(world, 2)->request;
    assert_true(removals->referencesToDelete[0].isForward);
    assert_true(removals->referencesToDelete[0].deleteBidirectional);
    answer(world, test_call(world, 2));
    test_fault_is(test_invoke(world, session, "deleteReferences",
                              "[[{'sourceNodeId':'i=1','referenceTypeId':'i=35'}]]"),
                  "TypeError", "deleteReferences: args[0][0].isForward must be a bool");
}

/* R10: not again once it has left completely. */
static void test_unrepeatable(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request;

    world->server.sent = true;
    request = test_invoke(world, session, "deleteNodes", "[[{'nodeId':'i=1'}]]");
    test_lose_now(world, session);
    test_fault_is(request, "ConnectionException", "Connection closed by remote");
    assert_int_equal(test_calls(world), 1);

    world->server.sent = false;
    request = test_invoke(world, session, "deleteNodes", "[[{'nodeId':'i=1'}]]");
    test_lose_now(world, session);
    assert_int_equal(test_calls(world), 3);
    answer(world, test_call(world, 2));
    test_data_is(request, "{'data':[0]}");
}

static void answer_deleted(struct test_world *world, size_t n, size_t size, UA_UInt32 first)
{
    struct osm_ua_call *call = test_call(world, n);
    UA_DeleteNodesResponse *response = UA_DeleteNodesResponse_new();
    const UA_DeleteNodesRequest *request = call->request;

    assert_int_equal(request->nodesToDeleteSize, size);
    assert_int_equal(request->nodesToDelete[0].nodeId.identifier.numeric, first);
    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        response->results[i] = first + (UA_UInt32)i;
    test_answer(call, response);
    test_turn(world);
}

#define FIVE_NODES                                                                                 \
    "[[{'nodeId':'i=1'},{'nodeId':'i=2'},{'nodeId':'i=3'},{'nodeId':'i=4'},{'nodeId':'i=5'}]]"

/* M17: as many as the server names, or is found to take. */
static void test_many_at_a_time(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session;
    struct test_request *request;
    UA_UInt32 limit = 4;

    UA_Variant_setScalar(&world->server.max_others, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_open(world, "{}");
    request = test_invoke(world, session, "deleteNodes", FIVE_NODES);
    test_answer_fault(test_call(world, 0), UA_STATUSCODE_BADREQUESTTOOLARGE);
    test_turn(world);
    answer_deleted(world, 1, 2, 1);
    answer_deleted(world, 2, 2, 3);
    answer_deleted(world, 3, 1, 5);
    test_data_is(request, "{'data':[1,2,3,4,5]}");
    request = test_invoke(world, session, "deleteNodes", FIVE_NODES);
    answer_deleted(world, 4, 2, 1);
    answer_deleted(world, 5, 2, 3);
    answer_deleted(world, 6, 1, 5);
    test_data_is(request, "{'data':[1,2,3,4,5]}");
}

/* What has been answered stays done when the connection is lost before the rest has left. */
static void test_a_loss_between(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request;

    osm_operation_limits_set_learnt(&osm_session_link(session)->limits, OSM_LIMIT_NODE_MANAGEMENT,
                                    2);
    request = test_invoke(world, session, "deleteNodes", FIVE_NODES);
    world->server.sent = false;
    answer_deleted(world, 0, 2, 1);
    test_lose_now(world, session);
    answer_deleted(world, 2, 2, 3);
    answer_deleted(world, 3, 1, 5);
    test_data_is(request, "{'data':[1,2,3,4,5]}");
    world->server.sent = true;
    request = test_invoke(world, session, "deleteNodes", FIVE_NODES);
    answer_deleted(world, 4, 2, 1);
    test_lose_now(world, session);
    test_fault_is(request, "ConnectionException", "Connection closed by remote");
    assert_int_equal(test_calls(world), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_many_at_a_time),
        test_in_world(test_a_loss_between),
        test_in_world(test_defaults),
        test_in_world(test_variable),
        test_in_world(test_variable_defaults),
        test_in_world(test_refusals),
        test_in_world(test_the_largest_numbers),
        test_in_world(test_no_class),
        test_in_world(test_other_services),
        test_in_world(test_unrepeatable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
