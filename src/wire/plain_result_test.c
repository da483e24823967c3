/* SPDX-License-Identifier: MIT */
/* Plain JSON of service results (types.md §2). */
#include "wire/testing.h"

#include "wire/plain_encode.h"

static struct test_out out;

static void test_references(void **state)
{
    UA_ReferenceDescription reference = {
        .referenceTypeId = UA_NODEID_NUMERIC(0, 35),
        .isForward = true,
        .nodeId = UA_EXPANDEDNODEID_NUMERIC(0, 2253),
        .browseName = test_name(0, "Server"),
        .displayName = {.locale = {.data = UA_EMPTY_ARRAY_SENTINEL}, .text = test_string("Server")},
        .nodeClass = UA_NODECLASS_OBJECT,
    };

    osm_plain_reference_descriptions(test_out_begin(&out), NULL, &reference, 1);
    test_out_is(&out, "[{'referenceTypeId':{'ns':0,'id':35,'type':'numeric'},'isForward':true,"
                      "'nodeId':{'ns':0,'id':2253,'type':'numeric'},"
                      "'browseName':{'ns':0,'name':'Server'},"
                      "'displayName':{'locale':'','text':'Server'},'nodeClass':1,"
                      "'typeDefinition':{'ns':0,'id':0,'type':'numeric'}}]");
    osm_plain_reference_descriptions(test_out_begin(&out), NULL, NULL, 0);
    test_out_is(&out, "[]");
}

static void test_node_classes(void **state)
{
    static const int known[] = {0, 1, 2, 4, 8, 16, 32, 64, 128};
    static const int unknown[] = {3, 5, 127, 129, 256, -1, INT32_MIN, INT32_MAX};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(known); i++)
        assert_int_equal(osm_node_class_number((UA_NodeClass)known[i]), known[i]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(unknown); i++)
        assert_int_equal(osm_node_class_number((UA_NodeClass)unknown[i]), 0);
}

static void test_endpoints(void **state)
{
    UA_UserTokenPolicy policy = {.policyId = test_string("anonymous")};
    UA_EndpointDescription endpoint = {
        .endpointUrl = test_string("opc.tcp://h:4840"),
        .securityMode = UA_MESSAGESECURITYMODE_NONE,
        .securityPolicyUri = test_string("http://opcfoundation.org/UA/SecurityPolicy#None"),
        .userIdentityTokens = &policy,
        .userIdentityTokensSize = 1,
    };

    osm_plain_endpoint_description(test_out_begin(&out), NULL, &endpoint);
    test_out_is(&out, "{'endpointUrl':'opc.tcp://h:4840','serverCertificate':null,"
                      "'securityMode':1,"
                      "'securityPolicyUri':'http://opcfoundation.org/UA/SecurityPolicy#None',"
                      "'securityLevel':0,'transportProfileUri':'','userIdentityTokens':["
                      "{'policyId':'anonymous','tokenType':0,'issuedTokenType':null,"
                      "'issuerEndpointUrl':null,'securityPolicyUri':null}]}");
    endpoint.serverCertificate = test_string("text"); /* base64 even so */
    endpoint.userIdentityTokensSize = 0;
    osm_plain_endpoint_description(test_out_begin(&out), NULL, &endpoint);
    assert_non_null(strstr(osm_buf_text(&out.buf), "\"serverCertificate\":\"dGV4dA==\""));
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
    osm_plain_call_method_result(test_out_begin(&out), NULL, &result);
    test_out_is(&out, "{'statusCode':2155216896,'inputArgumentResults':[0,2157641728],"
                      "'outputArguments':[{'value':7.0,'type':11,'dimensions':null},"
                      "{'type':24,'value':null,'dimensions':null}]}");
    osm_plain_call_method_result(test_out_begin(&out), NULL, &(UA_CallMethodResult){0});
    test_out_is(&out, "{'statusCode':0,'inputArgumentResults':[],'outputArguments':[]}");
}

static void test_browse_path_results(void **state)
{
    UA_BrowsePathTarget target = {.targetId = UA_EXPANDEDNODEID_NUMERIC(0, 2253),
                                  .remainingPathIndex = UINT32_MAX};
    UA_BrowsePathResult result = {.targets = &target, .targetsSize = 1};

    osm_plain_browse_path_result(test_out_begin(&out), NULL, &result);
    test_out_is(&out, "{'statusCode':0,'targets':[{'targetId':{'ns':0,'id':2253,"
                      "'type':'numeric'},'remainingPathIndex':4294967295}]}");
}

static void test_small_pieces(void **state)
{
    UA_String null = {0}, empty = {.data = UA_EMPTY_ARRAY_SENTINEL}, text = test_string("x");
    uint32_t numbers[] = {0, UINT32_MAX};
    struct osm_json *json = test_out_begin(&out);

    osm_json_array_begin(json);
    osm_plain_string(json, &null);
    osm_plain_string(json, &empty);
    osm_plain_string(json, &text);
    osm_plain_base64(json, &null, false);
    osm_plain_base64(json, &empty, false);
    osm_plain_base64(json, &empty, true);
    osm_plain_base64(json, &text, true);
    osm_plain_uint32s(json, numbers, 2);
    osm_plain_uint32s(json, NULL, 0);
    osm_plain_value(json, NULL, &numbers[1], &UA_TYPES[UA_TYPES_UINT32]);
    osm_json_array_end(json);
    test_out_is(&out, "[null,'','x',null,'',null,'eA==',[0,4294967295],[],4294967295]");
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),          cmocka_unit_test(test_node_classes),
        cmocka_unit_test(test_endpoints),           cmocka_unit_test(test_call_results),
        cmocka_unit_test(test_browse_path_results), cmocka_unit_test(test_small_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
