/* SPDX-License-Identifier: MIT */
/* The walk over a whole argument: what is refused and how (types.md §5). */
#include "testing/testing_tagged.h"

/* --- the walk over arguments --------------------------------------------------------------- */

static const struct {
    const char *json, *expected;
} checks[] = {
    {"null", "fine"},
    {"5", "fine"},
    {"'text'", "fine"},
    {"[]", "fine"},
    {"{}", "fine"},
    {"[1,{'a':[{'b':null}]}]", "fine"},
    /* __t itself */
    {"{'__t':'Nope','v':1}", "EncodingException: Unknown wire type id 'Nope'."},
    {"{'__t':''}", "EncodingException: Unknown wire type id ''."},
    {"{'__t':'nodeid','v':'i=1'}", "EncodingException: Unknown wire type id 'nodeid'."},
    {"{'__t':5}", "EncodingException: Invalid wire payload: '__t' must be a string, got int."},
    {"{'__t':-5}", "EncodingException: Invalid wire payload: '__t' must be a string, got int."},
    {"{'__t':5.5}", "EncodingException: Invalid wire payload: '__t' must be a string, got float."},
    {"{'__t':99999999999999999999}",
     "EncodingException: Invalid wire payload: '__t' must be a string, got float."},
    {"{'__t':true}", "EncodingException: Invalid wire payload: '__t' must be a string, got bool."},
    {"{'__t':null}", "EncodingException: Invalid wire payload: '__t' must be a string, got null."},
    {"{'__t':[]}", "EncodingException: Invalid wire payload: '__t' must be a string, got array."},
    {"{'__t':{}}", "EncodingException: Invalid wire payload: '__t' must be a string, got array."},
    {"[1,[{'a':{'__t':'Nope'}}]]", "EncodingException: Unknown wire type id 'Nope'."},
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':6},'value':{'__t':'Nope'}}",
     "EncodingException: Unknown wire type id 'Nope'."},
    /* NodeId */
    {"{'__t':'NodeId','v':'ns=2;s=Foo'}", "fine"},
    {"{'__t':'NodeId','v':85}", "InvalidNodeIdException: NodeId wire payload: missing or "
                                "non-string 'v' field."},
    {"{'__t':'NodeId'}", "InvalidNodeIdException: NodeId wire payload: missing or non-string 'v' "
                         "field."},
    {"{'__t':'NodeId','v':'85'}", "InvalidNodeIdException: Invalid NodeId format: 85"},
    {"{'__t':'NodeId','v':''}", "InvalidNodeIdException: Invalid NodeId format: "},
    {"{'__t':'NodeId','v':'x=5'}", "InvalidNodeIdException: Unknown NodeId type identifier: x"},
    {"{'__t':'NodeId','v':'ns=1;g=xyz'}", "EncodingException: Invalid GUID format: xyz"},
    {"{'__t':'NodeId','v':'/Objects/Server'}",
     "InvalidNodeIdException: Invalid NodeId format: /Objects/Server"},
    /* QualifiedName */
    {"{'__t':'QualifiedName','ns':1,'n':''}", "fine"},
    {"{'__t':'QualifiedName','ns':65535,'n':'q'}", "fine"},
    {"{'__t':'QualifiedName','ns':1,'name':'q'}", BAD_NAME},
    {"{'__t':'QualifiedName','n':'q'}", BAD_NAME},
    {"{'__t':'QualifiedName','ns':'1','n':'q'}", BAD_NAME},
    {"{'__t':'QualifiedName','ns':-1,'n':'q'}", BAD_NAME},
    {"{'__t':'QualifiedName','ns':65536,'n':'q'}", BAD_NAME},
    {"{'__t':'QualifiedName','ns':1,'n':null}", BAD_NAME},
    /* LocalizedText */
    {"{'__t':'LocalizedText'}", "fine"},
    {"{'__t':'LocalizedText','locale':null,'text':'x'}", "fine"},
    {"{'__t':'LocalizedText','locale':5}", "TypeError: read: args[0].locale must be a string or "
                                           "null"},
    /* DateTime */
    {"{'__t':'DateTime','v':'2024-02-29T12:34:56.789012+00:00'}", "fine"},
    {"{'__t':'DateTime','v':'2024-02-29T12:34:56.000000-05:30'}", "fine"},
    {"{'__t':'DateTime'}",
     "EncodingException: Invalid DateTime wire payload: missing string 'v' field."},
    {"{'__t':'DateTime','v':5}",
     "EncodingException: Invalid DateTime wire payload: missing string 'v' field."},
    {"{'__t':'DateTime','v':'2024-01-01'}",
     "EncodingException: Invalid DateTime wire payload: could not parse '2024-01-01'."},
    {"{'__t':'DateTime','v':'2024-02-29T12:34:56+00:00'}",
     "EncodingException: Invalid DateTime wire payload: could not parse "
     "'2024-02-29T12:34:56+00:00'."},
    {"{'__t':'DateTime','v':'2024-02-29T12:34:56.789012Z'}",
     "EncodingException: Invalid DateTime wire payload: could not parse "
     "'2024-02-29T12:34:56.789012Z'."},
    /* enumerations */
    {"{'__t':'BuiltinType','v':25}", "fine"},
    {"{'__t':'BuiltinType','v':6.0}", "fine"},
    {"{'__t':'BuiltinType','v':0}", "ValueError: 0 is not a valid backing value for enum "
                                    "PhpOpcua\\Client\\Types\\BuiltinType"},
    {"{'__t':'BuiltinType','v':99}", "ValueError: 99 is not a valid backing value for enum "
                                     "PhpOpcua\\Client\\Types\\BuiltinType"},
    {"{'__t':'BuiltinType','v':-1}", "ValueError: -1 is not a valid backing value for enum "
                                     "PhpOpcua\\Client\\Types\\BuiltinType"},
    {"{'__t':'BuiltinType'}",
     "EncodingException: Invalid enum wire payload for 'BuiltinType': missing 'v' field."},
    {"{'__t':'BuiltinType','v':'6'}", "TypeError: read: args[0].v must be an integer"},
    {"{'__t':'NodeClass','v':128}", "fine"},
    {"{'__t':'NodeClass','v':3}", "ValueError: 3 is not a valid backing value for enum "
                                  "PhpOpcua\\Client\\Types\\NodeClass"},
    {"{'__t':'BrowseDirection','v':3}", "ValueError: 3 is not a valid backing value for enum "
                                        "PhpOpcua\\Client\\Types\\BrowseDirection"},
    {"{'__t':'PerformUpdateType','v':1}", "fine"},
    {"{'__t':'PerformUpdateType','v':0}", "ValueError: 0 is not a valid backing value for enum "
                                          "PhpOpcua\\Client\\Module\\History\\PerformUpdateType"},
    {"{'__t':'OpenFileMode','v':8}", "fine"},
    {"{'__t':'OpenFileMode','v':3}", "ValueError: 3 is not a valid backing value for enum "
                                     "PhpOpcua\\Client\\Module\\FileTransfer\\OpenFileMode"},
    {"{'__t':'AggregateFunction','v':'average'}", "fine"},
    {"{'__t':'AggregateFunction','v':'median'}",
     "ValueError: 'median' is not a valid backing value for enum "
     "PhpOpcua\\Client\\Module\\Aggregate\\AggregateFunction"},
    {"{'__t':'AggregateFunction','v':1}", "TypeError: read: args[0].v must be a string"},
    {"{'__t':'AggregateFunction'}",
     "EncodingException: Invalid enum wire payload for 'AggregateFunction': missing 'v' field."},
    {"{'__t':'ConnectionState','v':'Broken'}", "fine"},
    {"{'__t':'ConnectionState','v':1}",
     "EncodingException: Invalid pure enum wire payload for 'ConnectionState': 'v' must be a case "
     "name string."},
    {"{'__t':'ConnectionState','v':'broken'}",
     "EncodingException: Invalid pure enum wire payload for 'ConnectionState': no case named "
     "'broken'."},
    {"{'__t':'ConnectionState'}",
     "EncodingException: Invalid enum wire payload for 'ConnectionState': missing 'v' field."},
    /* Variant */
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':6}}", "fine"},
#define BAD_TYPE                                                                                   \
    "EncodingException: Variant wire payload: 'type' must be a decoded BuiltinType instance."
    {"{'__t':'Variant','value':1}", BAD_TYPE},
    {"{'__t':'Variant','type':6,'value':1}", BAD_TYPE},
    {"{'__t':'Variant','type':{'__t':'NodeClass','v':1}}", BAD_TYPE},
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':26}}",
     "ValueError: 26 is not a valid backing value for enum PhpOpcua\\Client\\Types\\BuiltinType"},
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':15},'bytesB64':'***'}",
     "EncodingException: Variant wire payload: 'bytesB64' is not valid base64."},
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':15},'bytesB64':5}",
     "TypeError: read: args[0].bytesB64 must be a string or null"},
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':6},'dims':5}",
     "TypeError: read: args[0].dims must be a list of integers or null"},
    {"{'__t':'Variant','type':{'__t':'BuiltinType','v':6},'dims':['2']}",
     "TypeError: read: args[0].dims must be a list of integers or null"},
    /* DataValue */
    {"{'__t':'DataValue'}", "fine"},
    {"{'__t':'DataValue','variant':5}", "TypeError: read: args[0].variant must be a tagged Variant "
                                        "or null"},
    {"{'__t':'DataValue','status':'0'}", "TypeError: read: args[0].status must be an integer"},
    {"{'__t':'DataValue','sourceTs':'2024-02-29T12:34:56.789012+00:00'}",
     "TypeError: read: args[0].sourceTs must be a tagged DateTime or null"},
    {"{'__t':'DataValue','serverTs':{'__t':'NodeId','v':'i=1'}}",
     "TypeError: read: args[0].serverTs must be a tagged DateTime or null"},
    /* ExtensionObject */
    {"{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=1'}}", "fine"},
    {"{'__t':'ExtensionObject'}", "EncodingException: ExtensionObject wire payload: 'typeId' must "
                                  "be a decoded NodeId instance."},
    {"{'__t':'ExtensionObject','typeId':'i=1'}",
     "EncodingException: ExtensionObject wire payload: 'typeId' must be a decoded NodeId "
     "instance."},
    {"{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=1'},'bodyB64':'='}",
     "EncodingException: ExtensionObject wire payload: 'bodyB64' is not valid base64."},
    {"{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=1'},'encoding':'1'}",
     "TypeError: read: args[0].encoding must be an integer"},
    /* results */
    {"{'__t':'TransferResult','status':0,'avail':[1,2]}", "fine"},
    {"{'__t':'TransferResult'}", "fine"},
    {"{'__t':'TransferResult','avail':['1']}",
     "TypeError: read: args[0].avail must be a list of integers"},
    {"{'__t':'SubscriptionResult','interval':5}", "fine"},
    {"{'__t':'SubscriptionResult','interval':'5'}", "TypeError: read: args[0].interval must be a "
                                                    "number"},
    {"{'__t':'CallResult','output':[{'__t':'NodeId','v':'i=1'}]}",
     "TypeError: read: args[0].output must be a list of tagged Variants"},
    {"{'__t':'BrowseResultSet','refs':[{'__t':'ReferenceDescription','isForward':1}]}",
     "TypeError: read: args[0].refs[0].isForward must be a bool"},
    {"{'__t':'BrowseResultSet','refs':[{}]}", "TypeError: read: args[0].refs must be a list"},
    {"{'__t':'BrowseResultSet','cpB64':'x'}", "EncodingException: BrowseResultSet wire payload: "
                                              "'cpB64' is not valid base64."},
    {"{'__t':'PublishResult','notif':[{'type':'DataChange'}]}", "fine"},
    {"{'__t':'BrowseNode','reference':{'__t':'ReferenceDescription'},'children':[]}", "fine"},
    {"{'__t':'BrowseNode','reference':{'__t':'ReferenceDescription'},'children':5}",
     "TypeError: read: args[0].children must be a list of tagged BrowseNodes"},
    {"{'__t':'BrowseNode'}", "EncodingException: BrowseNode wire payload: 'reference' must be a "
                             "decoded ReferenceDescription instance."},
    /* places */
    {"[1,{'a':{'__t':'LocalizedText','text':5}}]",
     "TypeError: read: args[0][1].a.text must be a string or null"},
    {"[[1,{'__t':'LocalizedText','text':5}]]",
     "TypeError: read: args[0][0][1].text must be a string or null"},
    {"{'values':[0,{'__t':'DataValue','variant':5}]}",
     "TypeError: read: args[0].values[1].variant must be a tagged Variant or null"},
};

static void test_checks(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(checks); i++) {
        yyjson_doc *doc = test_parse(checks[i].json);
        struct osm_fault fault = {0};
        struct osm_decode decode = test_tagged_decode(&fault);

        bool fine = osm_tagged_check(&decode, yyjson_doc_get_root(doc));

        test_tagged_fault(&fault);
        if (fine == osm_fault_is_set(&fault))
            fail_msg("%s: result and fault do not agree: %s", checks[i].json,
                     test_tagged_out.buf.data);
        test_tagged_is(checks[i].json, checks[i].expected);
        yyjson_doc_free(doc);
        osm_arena_reset(&test_tagged_arena);
    }
}

static const struct {
    const char *json, *expected;
} calls[] = {
    {"[]", "fine"},
    {"[{'__t':'NodeId','v':'i=1'},13,[1]]", "fine"},
    {"[1,{'__t':'LocalizedText','text':5}]",
     "TypeError: read: args[1].text must be a string or null"},
    {"[1,[0,{'__t':'LocalizedText','text':5}]]",
     "TypeError: read: args[1][1].text must be a string or null"},
    {"{'nodeId':{'__t':'NodeId','v':'i=1'}}", "fine"},
    {"{'a':{'__t':'LocalizedText','text':5}}",
     "TypeError: read: args.a.text must be a string or null"},
    {"{'a':[{'__t':'LocalizedText','text':5}]}",
     "TypeError: read: args.a[0].text must be a string or null"},
    {"{'__t':'NodeId'}", "fine"}, /* the name of an argument no method has */
};

static void test_calls(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(calls); i++) {
        yyjson_doc *doc = test_parse(calls[i].json);
        struct osm_fault fault = {0};
        struct osm_decode decode = test_tagged_decode(&fault);
        bool fine = osm_tagged_check_args(&decode, yyjson_doc_get_root(doc));

        test_tagged_fault(&fault);
        if (fine == osm_fault_is_set(&fault))
            fail_msg("%s: result and fault do not agree: %s", calls[i].json,
                     test_tagged_out.buf.data);
        test_tagged_is(calls[i].json, calls[i].expected);
        yyjson_doc_free(doc);
        osm_arena_reset(&test_tagged_arena);
    }
}

/* Every type a session may name is known to the check. */
static void test_tags(void **state)
{
    static const char *const tags[] = {"NodeId",
                                       "QualifiedName",
                                       "DataValue",
                                       "Variant",
                                       "BrowseNode",
                                       "ReferenceDescription",
                                       "EndpointDescription",
                                       "LocalizedText",
                                       "ExtensionObject",
                                       "UserTokenPolicy",
                                       "CallResult",
                                       "BrowseResultSet",
                                       "SubscriptionResult",
                                       "TransferResult",
                                       "MonitoredItemResult",
                                       "MonitoredItemModifyResult",
                                       "PublishResult",
                                       "SetTriggeringResult",
                                       "HistoryUpdateResult",
                                       "AddNodesResult",
                                       "BrowsePathResult",
                                       "BrowsePathTarget",
                                       "BuildInfo",
                                       "CreateFileResult",
                                       "BuiltinType",
                                       "NodeClass",
                                       "BrowseDirection",
                                       "ConnectionState",
                                       "PerformUpdateType",
                                       "AggregateFunction",
                                       "OpenFileMode",
                                       "DateTime"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(tags); i++) {
        char json[64];
        struct osm_fault fault = {0};
        struct osm_decode decode = test_tagged_decode(&fault);
        yyjson_doc *doc;

        snprintf(json, sizeof(json), "{'__t':'%s'}", tags[i]);
        doc = test_parse(json);
        assert_string_equal(osm_tagged_type(yyjson_doc_get_root(doc)), tags[i]);
        if (!osm_tagged_check(&decode, yyjson_doc_get_root(doc)))
            assert_null(strstr(fault.message, "Unknown"));
        yyjson_doc_free(doc);
        osm_arena_reset(&test_tagged_arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_checks), cmocka_unit_test(test_calls),
                                       cmocka_unit_test(test_tags)};

    return cmocka_run_group_tests(tests, NULL, test_tagged_release);
}
