/* SPDX-License-Identifier: MIT */
/* Records in both styles (types.md §2 and §5); expected texts follow recorded replies. */
#include "testing/testing_wire.h"

#include <ctype.h>

#include "testing/testing_contract.h"
#include "wire/value/record.h"
#include "wire/value/result.h"

static struct test_out out;

static struct osm_encoder encoder_of(const struct osm_style *style)
{
    return osm_encoder_make(test_out_begin(&out), NULL, style);
}

/* One value in each style. */
static void check(const struct osm_record *record, const void *value, const char *plain,
                  const char *tagged)
{
    struct osm_encoder encoder = encoder_of(&osm_plain_style);

    osm_record_encode(&encoder, record, value);
    test_out_is(&out, plain);
    encoder = encoder_of(&osm_tagged_style);
    osm_record_encode(&encoder, record, value);
    test_out_is(&out, tagged);
}

#define PLAIN_REFERENCE                                                                            \
    "{'referenceTypeId':{'ns':0,'id':47,'type':'numeric'},'isForward':true,"                       \
    "'nodeId':{'ns':0,'id':2257,'type':'numeric'},'browseName':{'ns':0,'name':'StartTime'},"       \
    "'displayName':{'locale':null,'text':'StartTime'},'nodeClass':2,"                              \
    "'typeDefinition':{'ns':0,'id':0,'type':'numeric'}}"
#define TAGGED_REFERENCE                                                                           \
    "{'__t':'ReferenceDescription','refType':{'__t':'NodeId','v':'i=47'},'isForward':true,"        \
    "'nodeId':{'__t':'NodeId','v':'i=2257'},"                                                      \
    "'browseName':{'__t':'QualifiedName','ns':0,'n':'StartTime'},"                                 \
    "'displayName':{'__t':'LocalizedText','locale':null,'text':'StartTime'},"                      \
    "'nodeClass':{'__t':'NodeClass','v':2},'typeDef':{'__t':'NodeId','v':'i=0'}}"

static UA_ReferenceDescription make_reference(void)
{
    return (UA_ReferenceDescription){
        .referenceTypeId = UA_NODEID_NUMERIC(0, 47),
        .isForward = true,
        .nodeId = UA_EXPANDEDNODEID_NUMERIC(0, 2257),
        .browseName = test_name(0, "StartTime"),
        .displayName = {.text = test_string("StartTime")},
        .nodeClass = UA_NODECLASS_VARIABLE,
    };
}

static void test_references(void **state)
{
    UA_ReferenceDescription references[] = {make_reference(), make_reference()};
    UA_BrowseResult result = {.references = references, .referencesSize = 2};

    check(&osm_record_reference_description, references, PLAIN_REFERENCE, TAGGED_REFERENCE);
    check(&osm_record_browse_result_set, &result,
          "{'references':[" PLAIN_REFERENCE "," PLAIN_REFERENCE "],'continuationPoint':null}",
          "{'__t':'BrowseResultSet','refs':[" TAGGED_REFERENCE "," TAGGED_REFERENCE
          "],'cpB64':null}");
    result.referencesSize = 0;
    result.continuationPoint = test_string("\xff\x01");
    check(&osm_record_browse_result_set, &result, "{'references':[],'continuationPoint':'/wE='}",
          "{'__t':'BrowseResultSet','refs':[],'cpB64':'/wE='}");
}

static void browse_nodes(const struct osm_style *style)
{
    UA_ReferenceDescription reference = make_reference();
    struct osm_encoder encoder = encoder_of(style);

    osm_json_array_begin(encoder.json);
    osm_record_browse_node_begin(&encoder, &reference);
    osm_record_browse_node_begin(&encoder, &reference);
    osm_record_browse_node_end(&encoder);
    osm_record_browse_node_begin(&encoder, &reference);
    osm_record_browse_node_end(&encoder);
    osm_record_browse_node_end(&encoder);
    osm_json_array_end(encoder.json);
}

static void test_browse_nodes(void **state)
{
    browse_nodes(&osm_plain_style);
    test_out_is(&out, "[{'reference':" PLAIN_REFERENCE ",'children':["
                      "{'reference':" PLAIN_REFERENCE ",'children':[]},"
                      "{'reference':" PLAIN_REFERENCE ",'children':[]}]}]");
    browse_nodes(&osm_tagged_style);
    test_out_is(&out, "[{'__t':'BrowseNode','reference':" TAGGED_REFERENCE ",'children':["
                      "{'__t':'BrowseNode','reference':" TAGGED_REFERENCE ",'children':[]},"
                      "{'__t':'BrowseNode','reference':" TAGGED_REFERENCE ",'children':[]}]}]");
}

static void test_node_classes(void **state)
{
    static const int known[] = {0, 1, 2, 4, 8, 16, 32, 64, 128};
    static const int unknown[] = {3, 5, 127, 129, 256, -1, INT32_MIN, INT32_MAX};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(known); i++)
        assert_int_equal(osm_record_node_class((UA_NodeClass)known[i]), known[i]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(unknown); i++)
        assert_int_equal(osm_record_node_class((UA_NodeClass)unknown[i]), 0);
}

static void test_endpoints(void **state)
{
    UA_UserTokenPolicy policy = {.policyId = test_string("user"),
                                 .tokenType = UA_USERTOKENTYPE_USERNAME,
                                 .securityPolicyUri = test_string("urn:p")};
    UA_EndpointDescription endpoint = {
        .endpointUrl = test_string("opc.tcp://h:4840"),
        .serverCertificate = test_string("text"), /* base64 even so */
        .securityMode = UA_MESSAGESECURITYMODE_SIGN,
        .securityPolicyUri = test_string("urn:x"),
        .securityLevel = 200,
        .userIdentityTokens = &policy,
        .userIdentityTokensSize = 1,
    };

    check(&osm_record_endpoint_description, &endpoint,
          "{'endpointUrl':'opc.tcp://h:4840','serverCertificate':'dGV4dA==','securityMode':2,"
          "'securityPolicyUri':'urn:x','securityLevel':200,'transportProfileUri':'',"
          "'userIdentityTokens':[{'policyId':'user','tokenType':1,'issuedTokenType':null,"
          "'issuerEndpointUrl':null,'securityPolicyUri':'urn:p'}]}",
          "{'__t':'EndpointDescription','url':'opc.tcp://h:4840','cert':'dGV4dA==','mode':2,"
          "'policy':'urn:x','level':200,'profile':'','tokens':[{'__t':'UserTokenPolicy',"
          "'policyId':'user','tokenType':1,'issuedType':null,'issuer':null,'policy':'urn:p'}]}");
    check(&osm_record_endpoint_description, &(UA_EndpointDescription){0},
          "{'endpointUrl':'','serverCertificate':null,'securityMode':0,'securityPolicyUri':'',"
          "'securityLevel':0,'transportProfileUri':'','userIdentityTokens':[]}",
          "{'__t':'EndpointDescription','url':'','cert':null,'mode':0,'policy':'','level':0,"
          "'profile':'','tokens':[]}");
}

static void test_call_results(void **state)
{
    UA_StatusCode codes[] = {0, 2157641728};
    UA_Double seven = 7;
    UA_Variant output[2] = {0};
    UA_CallMethodResult result = {.statusCode = 2155216896,
                                  .inputArgumentResults = codes,
                                  .inputArgumentResultsSize = 2,
                                  .outputArguments = output,
                                  .outputArgumentsSize = 2};

    UA_Variant_setScalar(&output[0], &seven, &UA_TYPES[UA_TYPES_DOUBLE]);
    check(&osm_record_call_result, &result,
          "{'statusCode':2155216896,'inputArgumentResults':[0,2157641728],"
          "'outputArguments':[{'type':11,'value':7.0,'dimensions':null},"
          "{'type':24,'value':null,'dimensions':null}]}",
          "{'__t':'CallResult','status':2155216896,'inputResults':[0,2157641728],'output':["
          "{'__t':'Variant','type':{'__t':'BuiltinType','v':11},'value':7.0,'dims':null,"
          "'bytesB64':null},{'__t':'Variant','type':{'__t':'BuiltinType','v':24},'value':null,"
          "'dims':null,'bytesB64':null}]}");
    check(&osm_record_call_result, &(UA_CallMethodResult){0},
          "{'statusCode':0,'inputArgumentResults':[],'outputArguments':[]}",
          "{'__t':'CallResult','status':0,'inputResults':[],'output':[]}");
}

static void test_browse_path_results(void **state)
{
    UA_BrowsePathTarget target = {.targetId = UA_EXPANDEDNODEID_NUMERIC(3, 2253),
                                  .remainingPathIndex = UINT32_MAX};
    UA_BrowsePathResult result = {.targets = &target, .targetsSize = 1};

    check(&osm_record_browse_path_result, &result,
          "{'statusCode':0,'targets':[{'targetId':{'ns':3,'id':2253,'type':'numeric'},"
          "'remainingPathIndex':4294967295}]}",
          "{'__t':'BrowsePathResult','status':0,'targets':[{'__t':'BrowsePathTarget',"
          "'target':{'__t':'NodeId','v':'ns=3;i=2253'},'remaining':4294967295}]}");
}

static void test_subscriptions(void **state)
{
    UA_CreateSubscriptionResponse created = {.subscriptionId = 893866,
                                             .revisedPublishingInterval = 200,
                                             .revisedLifetimeCount = 100,
                                             .revisedMaxKeepAliveCount = 3};
    UA_MonitoredItemCreateResult item = {
        .monitoredItemId = 27584, .revisedSamplingInterval = 62.5, .revisedQueueSize = 1};
    UA_MonitoredItemModifyResult modified = {.statusCode = 2151809024};
    UA_StatusCode codes[] = {0, 2151809024};
    UA_SetTriggeringResponse triggering = {.addResultsSize = 2, .addResults = codes};
    UA_UInt32 numbers[] = {1, 2};
    UA_TransferResult transfer = {.availableSequenceNumbersSize = 2,
                                  .availableSequenceNumbers = numbers};

    check(&osm_record_subscription_result, &created,
          "{'subscriptionId':893866,'revisedPublishingInterval':200.0,'revisedLifetimeCount':100,"
          "'revisedMaxKeepAliveCount':3}",
          "{'__t':'SubscriptionResult','subId':893866,'interval':200.0,'lifetime':100,"
          "'keepAlive':3}");
    check(&osm_record_monitored_item_result, &item,
          "{'statusCode':0,'monitoredItemId':27584,'revisedSamplingInterval':62.5,"
          "'revisedQueueSize':1}",
          "{'__t':'MonitoredItemResult','status':0,'id':27584,'interval':62.5,'queue':1}");
    check(&osm_record_monitored_item_modify_result, &modified,
          "{'statusCode':2151809024,'revisedSamplingInterval':0.0,'revisedQueueSize':0}",
          "{'__t':'MonitoredItemModifyResult','status':2151809024,'interval':0.0,'queue':0}");
    check(&osm_record_set_triggering_result, &triggering,
          "{'addResults':[0,2151809024],'removeResults':[]}",
          "{'__t':'SetTriggeringResult','add':[0,2151809024],'remove':[]}");
    check(&osm_record_transfer_result, &transfer,
          "{'statusCode':0,'availableSequenceNumbers':[1,2]}",
          "{'__t':'TransferResult','status':0,'avail':[1,2]}");
}

#define PLAIN_NOTIFICATIONS                                                                        \
    "[{'type':'DataChange','clientHandle':5,'dataValue':{'value':51,'type':6,'dimensions':null,"   \
    "'statusCode':0,'sourceTimestamp':null,'serverTimestamp':null}},"                              \
    "{'type':'Event','clientHandle':6,'eventFields':[{'type':6,'value':51,'dimensions':null}]}]"
#define TAGGED_51                                                                                  \
    "{'__t':'Variant','type':{'__t':'BuiltinType','v':6},'value':51,'dims':null,'bytesB64':null}"
#define TAGGED_NOTIFICATIONS                                                                       \
    "[{'type':'DataChange','clientHandle':5,'dataValue':{'__t':'DataValue','variant':" TAGGED_51   \
    ",'status':0,'sourceTs':null,'serverTs':null}},"                                               \
    "{'type':'Event','clientHandle':6,'eventFields':[" TAGGED_51 "]}]"

static void test_notifications(void **state)
{
    UA_Int32 number = 51;
    UA_Variant value = {0};
    UA_UInt32 numbers[] = {1, 2};

    UA_Variant_setScalar(&value, &number, &UA_TYPES[UA_TYPES_INT32]);

    struct osm_notification notifications[] = {
        {.kind = OSM_NOTIFICATION_DATA_CHANGE,
         .client_handle = 5,
         .data_value = {.hasValue = true, .value = value}},
        {.kind = OSM_NOTIFICATION_EVENT,
         .client_handle = 6,
         .event_fields = &value,
         .event_fields_size = 1},
    };
    struct osm_publish_result published = {.subscription_id = 7,
                                           .sequence_number = 2,
                                           .more_notifications = true,
                                           .notifications = notifications,
                                           .notifications_size = 2,
                                           .available_sequence_numbers = numbers,
                                           .available_sequence_numbers_size = 2};
    struct osm_republish_result republished = {
        .sequence_number = 5, .notifications = notifications, .notifications_size = 2};

    check(&osm_record_publish_result, &published,
          "{'subscriptionId':7,'sequenceNumber':2,'moreNotifications':true,"
          "'notifications':" PLAIN_NOTIFICATIONS ",'availableSequenceNumbers':[1,2]}",
          "{'__t':'PublishResult','subId':7,'seq':2,'more':true,'notif':" TAGGED_NOTIFICATIONS
          ",'avail':[1,2]}");
    check(&osm_record_republish_result, &republished,
          "{'sequenceNumber':5,'publishTime':null,'notifications':" PLAIN_NOTIFICATIONS "}",
          "{'sequenceNumber':5,'publishTime':null,'notifications':" TAGGED_NOTIFICATIONS "}");
    republished.publish_time = 133486786960000000;
    republished.notifications_size = 0;
    check(&osm_record_republish_result, &republished,
          "{'sequenceNumber':5,'publishTime':'2024-01-02T14:18:16+00:00','notifications':[]}",
          "{'sequenceNumber':5,'publishTime':{'__t':'DateTime','v':"
          "'2024-01-02T14:18:16.000000+00:00'},'notifications':[]}");
}

static void test_invoke_only(void **state)
{
    UA_AddNodesResult added = {.addedNodeId = test_node_id(1, "a/b")};
    UA_StatusCode codes[] = {0, 1};
    UA_HistoryUpdateResult updated = {.operationResultsSize = 2, .operationResults = codes};
    struct osm_build_info info = {.product = test_string("urn:exam"), .date = 133486786960000000};
    struct osm_create_file_result file = {.file_node_id = test_node_id(1, "f"), .file_handle = 9};

    check(&osm_record_add_nodes_result, &added,
          "{'statusCode':0,'addedNodeId':{'ns':1,'id':'a/b','type':'string'}}",
          "{'__t':'AddNodesResult','status':0,'added':{'__t':'NodeId','v':'ns=1;s=a/b'}}");
    check(&osm_record_history_update_result, &updated, "{'statusCode':0,'operationResults':[0,1]}",
          "{'__t':'HistoryUpdateResult','status':0,'ops':[0,1]}");
    check(&osm_record_build_info, &info,
          "{'productName':'urn:exam','manufacturerName':null,'softwareVersion':null,"
          "'buildNumber':null,'buildDate':'2024-01-02T14:18:16+00:00'}",
          "{'__t':'BuildInfo','product':'urn:exam','manufacturer':null,'version':null,"
          "'build':null,'date':{'__t':'DateTime','v':'2024-01-02T14:18:16.000000+00:00'}}");
    check(&osm_record_create_file_result, &file, "{'fileNodeId':'ns=1;s=f','fileHandle':9}",
          "{'__t':'CreateFileResult','fileNodeId':'ns=1;s=f','fileHandle':9}");
}

static void test_lists(void **state)
{
    UA_TransferResult transfers[] = {{.statusCode = 1}, {.statusCode = 2}};
    uint32_t numbers[] = {0, UINT32_MAX};
    struct osm_encoder encoder = encoder_of(&osm_tagged_style);

    osm_json_array_begin(encoder.json);
    osm_record_encode_all(&encoder, &osm_record_transfer_result, transfers, 2);
    osm_record_encode_all(&encoder, &osm_record_transfer_result, NULL, 0);
    osm_record_encode_uint32s(&encoder, numbers, 2);
    osm_record_encode_uint32s(&encoder, NULL, 0);
    osm_json_array_end(encoder.json);
    test_out_is(&out, "[[{'__t':'TransferResult','status':1,'avail':[]},"
                      "{'__t':'TransferResult','status':2,'avail':[]}],[],[0,4294967295],[]]");
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

/* --- the contract -------------------------------------------------------------------------- */

/* Keys of an object as types.md writes them: `{"subscriptionId":int,"more":bool}`. */
static size_t plain_keys_are(const struct osm_record *record, const char *text)
{
    unsigned depth = 0;
    size_t count = 0;

    for (const char *at = text; *at; at++) {
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        if (depth != 1 || *at != '"' || (at[-1] != '{' && at[-1] != ','))
            continue;
        if (count == record->field_count ||
            strncmp(record->fields[count].plain, at + 1, strcspn(at + 1, "\"")) != 0)
            fail_msg("%s: %s comes where the contract has %.20s", record->tag,
                     count < record->field_count ? record->fields[count].plain : "nothing", at);
        at += 1 + strcspn(at + 1, "\"");
        count++;
    }
    return count;
}

static bool has_tagged(const struct osm_record *record, const char *key, size_t length)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (strlen(record->fields[i].tagged) == length &&
            memcmp(record->fields[i].tagged, key, length) == 0)
            return true;
    return false;
}

/* Fields of a tagged object, in any order: "status int, inputResults int[], output Variant[]". */
static size_t tagged_keys_are(const struct osm_record *record, const char *text)
{
    unsigned depth = 0;
    size_t count = 0;
    bool begins = true;

    for (const char *at = text; *at && *at != ';'; at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (!begins || depth || !isalpha((unsigned char)*at)) {
            begins = begins || (!depth && *at == ',');
            continue;
        }
        if (!has_tagged(record, at, strcspn(at, " ,")))
            fail_msg("%s has no %.*s", record->tag, (int)strcspn(at, " ,"), at);
        at += strcspn(at, " ,") - 1;
        begins = false;
        count++;
    }
    return count;
}

/* The row of a type in the tables of a section; false when it has none. */
static bool find_row(const char *section, const char *tag, struct test_contract_row *row)
{
    while (test_contract_row(&section, row))
        if (strcmp(row->cells[0], tag) == 0)
            return true;
    return false;
}

/* Without those for strict callers, which M27 and V2 tell. */
static size_t usual_fields(const struct osm_record *record)
{
    size_t count = 0;

    for (size_t i = 0; i < record->field_count; i++)
        count += !record->fields[i].strict;
    return count;
}

/* types.md §2 has what `query` answers with, §5 all of them as `invoke` does. */
static void test_keys_of_the_contract(void **state)
{
    char *plain = test_contract_section("types.md", "## 2.");
    char *tagged = test_contract_section("types.md", "## 5.");
    struct test_contract_row row;
    unsigned count = 0;

    (void)state;
    for (const struct osm_record *const *all = osm_records; *all; all++) {
        const struct osm_record *record = *all;

        if (find_row(plain, record->tag, &row)) {
            assert_int_equal(plain_keys_are(record, row.cells[1]), usual_fields(record));
            count++;
        }
        if (!find_row(tagged, record->tag, &row))
            fail_msg("the contract has no %s", record->tag);
        assert_int_equal(tagged_keys_are(record, row.cells[1]), usual_fields(record));
    }
    assert_int_equal(count, 12);
    assert_true(find_row(plain, "republish result", &row));
    assert_int_equal(plain_keys_are(&osm_record_republish_result, row.cells[1]), 3);
    free(plain);
    free(tagged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),           cmocka_unit_test(test_browse_nodes),
        cmocka_unit_test(test_node_classes),         cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_call_results),         cmocka_unit_test(test_browse_path_results),
        cmocka_unit_test(test_subscriptions),        cmocka_unit_test(test_notifications),
        cmocka_unit_test(test_invoke_only),          cmocka_unit_test(test_lists),
        cmocka_unit_test(test_keys_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
