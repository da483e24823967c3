/* SPDX-License-Identifier: MIT */
/* File transfer: looking methods up, calling them, their outputs (methods.md §4.3, M19). */
#include "testing/testing_command.h"
#include "testing/testing_events.h"

#define FAULT(request, type, message) test_fault_is(request, type, message)

static UA_ByteString bytes(const char *text, size_t length)
{
    return (UA_ByteString){.length = length, .data = (UA_Byte *)(uintptr_t)text};
}

/* The methods have the node ids 1001, 1002, … in the order of the paths. */
static void answer_lookup(struct test_world *world, struct osm_ua_call *call, bool first, bool last)
{
    const UA_TranslateBrowsePathsToNodeIdsRequest *request = call->request;
    UA_TranslateBrowsePathsToNodeIdsResponse *response =
        UA_TranslateBrowsePathsToNodeIdsResponse_new();
    size_t size = request->browsePathsSize;

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_BROWSEPATHRESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++) {
        UA_BrowsePathResult *result = &response->results[i];

        if (i == 0 ? !first : !last) {
            result->statusCode = UA_STATUSCODE_BADNOMATCH;
            continue;
        }
        result->targets = UA_BrowsePathTarget_new();
        result->targetsSize = 1;
        result->targets[0].targetId.nodeId = UA_NODEID_NUMERIC(1, 1001 + (UA_UInt32)i);
    }
    test_answer(call, response);
    test_turn(world);
}

/* One result with those outputs, copied. */
static void answer_call(struct test_world *world, struct osm_ua_call *call, UA_StatusCode status,
                        const UA_Variant *outputs, size_t size)
{
    UA_CallResponse *response = UA_CallResponse_new();
    UA_CallMethodResult *result = UA_CallMethodResult_new();

    result->statusCode = status;
    assert_int_equal(UA_Array_copy(outputs, size, (void **)&result->outputArguments,
                                   &UA_TYPES[UA_TYPES_VARIANT]),
                     UA_STATUSCODE_GOOD);
    result->outputArgumentsSize = size;
    response->results = result;
    response->resultsSize = 1;
    test_answer(call, response);
    test_turn(world);
}

static UA_Variant output(const void *value, int type)
{
    UA_Variant variant;

    UA_Variant_init(&variant);
    UA_Variant_setScalar(&variant, (void *)(uintptr_t)value, &UA_TYPES[type]);
    return variant;
}

/* A call whose method is looked up and called; the call is left to the test. */
static struct test_request *asked(struct test_world *world, struct osm_session *session,
                                  const char *method, const char *args, const char *more)
{
    struct test_request *request = test_invoke_with(world, session, method, args, more);

    assert_null(request->reply);
    answer_lookup(world, test_call(world, test_calls(world) - 1), true, true);
    return request;
}

static struct osm_ua_call *last(struct test_world *world)
{
    return test_call(world, test_calls(world) - 1);
}

static const UA_CallMethodRequest *called(struct osm_ua_call *call)
{
    const UA_CallRequest *request = call->request;

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_CALLREQUEST]);
    return &request->methodsToCall[0];
}

/* The ServiceException's text; this one may have single quotes in it. */
static void says(const struct test_request *request, const char *message)
{
    char *text = osm_printf("{\"type\":\"ServiceException\",\"message\":\"%s\"}", message);

    assert_non_null(request->reply);
    assert_non_null(strstr(request->reply, text));
    free(text);
}

static void test_lookup_is_kept(void **state)
{
    static const UA_UInt32 handle = 7;
    const UA_Variant outputs[] = {output(&handle, UA_TYPES_UINT32)};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request = asked(world, session, "openFile", "['ns=1;s=f',1]", "");

    assert_int_equal(called(last(world))->methodId.identifier.numeric, 1001);
    assert_int_equal(*(UA_Byte *)called(last(world))->inputArguments[0].data, 1);
    answer_call(world, last(world), 0, outputs, 1);
    test_data_is(request, "{'data':7}");
    assert_int_equal(test_calls(world), 2);

    request = test_invoke(world, session, "openFile",
                          "{'fileNodeId':{'__t':'NodeId','v':'ns=1;s=f'},"
                          "'mode':{'__t':'OpenFileMode','v':2}}");
    assert_int_equal(test_calls(world), 3); /* no look-up */
    assert_int_equal(*(UA_Byte *)called(last(world))->inputArguments[0].data, 2);
    answer_call(world, last(world), 0, outputs, 1);
    test_data_is(request, "{'data':7}");

    (void)test_query(world, session, "reconnect", "[]");
    request = asked(world, session, "openFile", "['ns=1;s=f',1]", ""); /* looked up again */
    answer_call(world, last(world), 0, outputs, 1);
}

/* A server that has replaced the object: the next attempt looks again. */
static void test_forgets_invalid_methods(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request = asked(world, session, "closeFile", "['i=1',1]", "");

    answer_call(world, last(world), UA_STATUSCODE_BADMETHODINVALID, NULL, 0);
    FAULT(request, "ServiceException", "File Transfer Close failed: BadMethodInvalid");
    request = asked(world, session, "closeFile", "['i=1',1]", "");
    answer_call(world, last(world), 0, NULL, 0);
    test_data_is(request, "{'data':null}");
}

static void test_unknown_method(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request = test_invoke(world, session, "closeFile", "['ns=1;s=f',1]");

    answer_lookup(world, last(world), false, false);
    says(request, "Cannot resolve File Transfer method 'Close' on node ns=1;s=f: 0x806F0000");
    request = test_invoke(world, session, "closeFile", "['i=2',1]");
    test_answer(last(world), UA_TranslateBrowsePathsToNodeIdsResponse_new());
    test_turn(world);
    says(request, "Cannot resolve File Transfer method 'Close' on node i=2: BadUnexpectedError");
}

static void test_delete_has_two_names(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request =
        test_invoke(world, session, "deleteFileSystemObject", "['i=1','i=2']");

    answer_lookup(world, last(world), false, true);
    assert_int_equal(called(last(world))->methodId.identifier.numeric, 1002);
    answer_call(world, last(world), UA_STATUSCODE_BADUSERACCESSDENIED, NULL, 0);
    FAULT(request, "ServiceException",
          "File Transfer DeleteFileSystemObject failed: BadUserAccessDenied");
    request = test_invoke(world, session, "deleteFileSystemObject", "['i=3','i=2']");
    answer_lookup(world, last(world), true, true);
    assert_int_equal(called(last(world))->methodId.identifier.numeric, 1001);
    answer_call(world, last(world), 0, NULL, 0);
    test_data_is(request, "{'data':null}");
}

static void test_read_bytes(void **state)
{
    const UA_ByteString text = bytes("gr\xc3\xbcn", 5), noise = bytes("\xff\x00", 2);
    const UA_Variant as_text = output(&text, UA_TYPES_BYTESTRING);
    const UA_Variant as_noise = output(&noise, UA_TYPES_BYTESTRING);
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request = asked(world, session, "readFile", "['i=1',1,100]", "");

    answer_call(world, last(world), 0, &as_text, 1);
    test_data_is(request, "{'data':'gr\xc3\xbcn'}");
    request = test_invoke(world, session, "readFile", "['i=1',1,100]");
    answer_call(world, last(world), 0, &as_noise, 1);
    FAULT(request, "SerializationException",
          "readFile: these 2 bytes are not UTF-8 text; the position in the file has moved behind "
          "them (ask with \\'binary\\':\\'base64\\' to get any bytes)");
    request = test_invoke_with(world, session, "readFile", "['i=1',1,100]", ",'binary':'base64'");
    answer_call(world, last(world), 0, &as_noise, 1);
    test_data_is(request, "{'data':'/wA='}");
}

static void test_outputs(void **state)
{
    static const UA_Boolean yes = true;
    static const UA_UInt64 position = UINT64_MAX;
    static const UA_UInt32 handle = 9;
    const UA_NodeId id = UA_NODEID_STRING(1, (char *)(uintptr_t) "new");
    const UA_Variant wrong = output(&yes, UA_TYPES_BOOLEAN);
    const UA_Variant at = output(&position, UA_TYPES_UINT64);
    const UA_Variant created[] = {output(&id, UA_TYPES_NODEID), output(&handle, UA_TYPES_UINT32)};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const struct {
        const char *method, *args;
        const UA_Variant *outputs;
        size_t size;
        const char *reply;
    } cases[] = {
        {"openFile", "['i=1',1]", NULL, 0, "Open returned no output arguments"},
        {"openFile", "['i=2',1]", &wrong, 1, "Open output[0] is not an integer"},
        {"readFile", "['i=1',1,1]", &wrong, 1, "Read output[0] is not a ByteString"},
        {"createDirectory", "['i=1','x']", NULL, 0, "CreateDirectory returned no output arguments"},
        {"createDirectory", "['i=2','x']", &wrong, 1, "CreateDirectory output[0] is not a NodeId"},
        {"createFileInDirectory", "['i=1','x']", created, 1,
         "CreateFile returned fewer output arguments than expected"},
        {"moveOrCopyFileSystemObject", "['i=1','i=2','i=3',true]", &wrong, 1,
         "MoveOrCopy output[0] is not a NodeId"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *request = asked(world, session, cases[i].method, cases[i].args, "");

        answer_call(world, last(world), 0, cases[i].outputs, cases[i].size);
        says(request, cases[i].reply);
    }
    struct test_request *request = asked(world, session, "getFilePosition", "['i=1',1]", "");
    answer_call(world, last(world), 0, &at, 1);
    test_data_is(request, "{'data':-1}"); /* T7 */
    request = test_invoke(world, session, "createFileInDirectory", "['i=1','x',true]");
    assert_true(*(UA_Boolean *)called(last(world))->inputArguments[1].data);
    answer_call(world, last(world), 0, created, 2);
    test_data_is(request,
                 "{'data':{'__t':'CreateFileResult','fileNodeId':'ns=1;s=new','fileHandle':9}}");
}

static void test_inputs(void **state)
{
#define REFUSED(method, args, type, message)                                                       \
    FAULT(test_invoke(world, session, method, args), type, method ": " message)
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_ByteString *data;
    struct test_request *request;

    REFUSED("openFile", "['i=1']", "TypeError",
            "args[1] must be a tagged OpenFileMode or an integer");
    REFUSED("closeFile", "['i=1','1']", "TypeError", "args[1] must be an integer");
    REFUSED("writeFile", "['i=1',1,5]", "TypeError", "args[2] must be a string");
    REFUSED("createDirectory", "['i=1']", "TypeError", "args[1] must be a string");
    assert_int_equal(test_calls(world), 0);

    request = asked(world, session, "writeFile", "['i=1',1,'\xc3\xbc']", "");
    data = called(last(world))->inputArguments[1].data;
    assert_int_equal(data->length, 2);
    answer_call(world, last(world), 0, NULL, 0);
    test_data_is(request, "{'data':null}");
    request = test_invoke(world, session, "writeFile", "['i=1',1,{'base64':'/wD+'}]");
    data = called(last(world))->inputArguments[1].data;
    assert_int_equal(data->length, 3);
    assert_memory_equal(data->data, "\xff\x00\xfe", 3);
    answer_call(world, last(world), 0, NULL, 0);
    request = asked(world, session, "moveOrCopyFileSystemObject",
                    "{'directoryNodeId':'i=1','sourceNodeId':'i=2','targetDirectoryNodeId':'i=3',"
                    "'createCopy':false}",
                    "");
    assert_int_equal(called(last(world))->inputArgumentsSize, 4);
    assert_true(UA_Variant_hasScalarType(&called(last(world))->inputArguments[3],
                                         &UA_TYPES[UA_TYPES_STRING]));
    answer_call(world, last(world), UA_STATUSCODE_BADINVALIDSTATE, NULL, 0);
    FAULT(request, "ServiceException", "File Transfer MoveOrCopy failed: BadInvalidState");
#undef REFUSED
}

/* --- events -------------------------------------------------------------------------------- */

static void tells(struct test_world *world, struct osm_session *session, const char *method,
                  const char *args, UA_Variant output_, const char *event)
{
    static struct test_ear ear;

    (void)asked(world, session, method, args, "");
    test_ear_begin(&ear, world);
    answer_call(world, last(world), 0, &output_, output_.type ? 1 : 0);
    if (!strstr(test_ear_hears(&ear), event))
        fail_msg("%s is not in %s", event, osm_buf_text(&ear.text));
    test_ear_end(&ear);
}

#define I1 "{\"ns\":0,\"id\":1,\"type\":\"numeric\"}"

/* Handles are numbers of any kind a server likes; of what is no handle nothing is told. */
static void test_events(void **state)
{
    static const UA_UInt32 handle = 7;
    static const UA_Int32 signed_handle = 8;
    static const UA_Byte small = 9;
    static const UA_Boolean yes = true;
    UA_ByteString parts[] = {bytes("abc", 3), bytes("de", 2)};
    UA_Variant list, none;
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    UA_Variant_init(&none);
    UA_Variant_setArray(&list, parts, 2, &UA_TYPES[UA_TYPES_BYTESTRING]);
    tells(world, session, "openFile", "['i=1',2]", output(&handle, UA_TYPES_UINT32),
          "FileOpened {\"fileNodeId\":" I1 ",\"fileHandle\":7,\"mode\":2}");
    tells(world, session, "openFile", "['i=2',1]", output(&signed_handle, UA_TYPES_INT32),
          "\"fileHandle\":8,\"mode\":1}");
    tells(world, session, "openFile", "['i=3',1]", output(&small, UA_TYPES_BYTE),
          "\"fileHandle\":9,\"mode\":1}");
    tells(world, session, "openFile", "['i=4',1]", output(&yes, UA_TYPES_BOOLEAN), "");
    tells(world, session, "closeFile", "['i=1',7]", none,
          "FileClosed {\"fileNodeId\":" I1 ",\"fileHandle\":7}");
    tells(world, session, "readFile", "['i=1',7,100]", output(&parts[0], UA_TYPES_BYTESTRING),
          "\"fileHandle\":7,\"bytesRead\":3,\"requestedLength\":100}");
    tells(world, session, "readFile", "['i=2',7,100]", list, "\"bytesRead\":0,");
    tells(world, session, "readFile", "['i=3',7,100]", output(&yes, UA_TYPES_BOOLEAN),
          "\"bytesRead\":0,");
    tells(world, session, "writeFile", "['i=1',7,'abcd']", none,
          "\"fileHandle\":7,\"bytesWritten\":4}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_lookup_is_kept), test_in_world(test_forgets_invalid_methods),
        test_in_world(test_unknown_method), test_in_world(test_delete_has_two_names),
        test_in_world(test_read_bytes),     test_in_world(test_outputs),
        test_in_world(test_inputs),         test_in_world(test_events),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
