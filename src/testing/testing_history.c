/* SPDX-License-Identifier: MIT */
/* Answers of a server that has a history (testing_history.h). */
#include "testing/testing_history.h"

void test_points(UA_DataValue *out, const struct test_point *points, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i].hasValue = out[i].hasSourceTimestamp = true;
        out[i].sourceTimestamp = TEST_2024 + points[i].minute * 60 * UA_DATETIME_SEC;
        assert_int_equal(
            UA_Variant_setScalarCopy(&out[i].value, &points[i].number, &UA_TYPES[UA_TYPES_DOUBLE]),
            UA_STATUSCODE_GOOD);
    }
}

void test_answer_page(struct osm_ua_call *call, const char *point, UA_StatusCode status,
                      const struct test_point *points, size_t size)
{
    UA_HistoryReadResponse *response = UA_HistoryReadResponse_new();
    UA_HistoryData *data = UA_HistoryData_new();

    response->results = UA_HistoryReadResult_new();
    response->resultsSize = 1;
    response->results->statusCode = status;
    if (point)
        response->results->continuationPoint = UA_BYTESTRING_ALLOC(point);
    data->dataValues = UA_Array_new(size, &UA_TYPES[UA_TYPES_DATAVALUE]);
    data->dataValuesSize = size;
    test_points(data->dataValues, points, size);
    UA_ExtensionObject_setValue(&response->results->historyData, data,
                                &UA_TYPES[UA_TYPES_HISTORYDATA]);
    test_answer(call, response);
}

const void *test_history_read(struct test_world *world, size_t n, const char *node,
                              const char *point, bool release, const UA_DataType *details)
{
    const UA_HistoryReadRequest *request =
        test_call_of(world, n, &osm_service_history_read)->request;

    assert_int_equal(request->nodesToReadSize, 1);
    test_node_is(&request->nodesToRead[0].nodeId, node);
    test_text_is(&request->nodesToRead[0].continuationPoint, point);
    assert_int_equal(request->nodesToRead[0].indexRange.length, 0);
    assert_int_equal(request->timestampsToReturn, UA_TIMESTAMPSTORETURN_BOTH);
    assert_int_equal(request->releaseContinuationPoints, release);
    assert_ptr_equal(request->historyReadDetails.content.decoded.type, details);
    return request->historyReadDetails.content.decoded.data;
}

const void *test_history_update(struct test_world *world, size_t n, const UA_DataType *details)
{
    const UA_HistoryUpdateRequest *request =
        test_call_of(world, n, &osm_service_history_update)->request;

    assert_int_equal(request->historyUpdateDetailsSize, 1);
    assert_ptr_equal(request->historyUpdateDetails[0].content.decoded.type, details);
    return request->historyUpdateDetails[0].content.decoded.data;
}

void test_answer_update(struct osm_ua_call *call, UA_StatusCode status,
                        const UA_StatusCode *operations, size_t size)
{
    UA_HistoryUpdateResponse *response = UA_HistoryUpdateResponse_new();

    response->results = UA_HistoryUpdateResult_new();
    response->resultsSize = 1;
    response->results->statusCode = status;
    assert_int_equal(UA_Array_copy(operations, size, (void **)&response->results->operationResults,
                                   &UA_TYPES[UA_TYPES_STATUSCODE]),
                     UA_STATUSCODE_GOOD);
    response->results->operationResultsSize = size;
    test_answer(call, response);
}
