/* SPDX-License-Identifier: MIT */
/* Operations that read, and the answers to them (testing_probe.h). */
#include "testing/testing_probe.h"

void test_probe_step(struct osm_op *op, void *response)
{
    struct test_probe *probe = op->state;
    struct osm_json *json = test_reply(op);

    osm_json_array_begin(json);
    osm_json_uint(json, probe->id);
    osm_json_uint(json, probe->starts);
    osm_json_array_end(json);
    osm_op_finish(op);
}

static void send(struct osm_op *op, const struct osm_ua_service *service, void *request)
{
    const struct test_probe *probe = op->state;

    if (probe->once)
        osm_op_send_once(op, service, request, test_probe_step);
    else
        osm_op_send(op, service, request, test_probe_step);
}

void test_probe_read(struct osm_op *op)
{
    struct test_probe *probe = op->state;
    UA_ReadValueId node = {.nodeId = UA_NODEID_NUMERIC(1, probe->id)};
    UA_ReadRequest request = {.nodesToRead = &node, .nodesToReadSize = 1};

    probe->starts++;
    send(op, &osm_service_read, &request);
}

void test_probe_start(struct osm_op *op)
{
    struct test_probe *probe = op->state;
    UA_WriteValue value = {.nodeId = UA_NODEID_NUMERIC(1, probe->id)};
    UA_WriteRequest request = {.nodesToWrite = &value, .nodesToWriteSize = 1};

    if (op->flags & (OSM_OP_READS | OSM_OP_ASIDE)) {
        test_probe_read(op);
        return;
    }
    probe->starts++;
    send(op, &osm_service_write, &request);
}

struct test_request *test_probe_submit_as(struct osm_session *session, unsigned flags, uint32_t id,
                                          bool once, osm_op_start_fn *start)
{
    struct test_world *world =
        osm_container_of(osm_session_link(session)->env->ua, struct test_world, server);
    struct test_request *test = test_request_parse(world, "{}");
    struct test_probe *probe = osm_arena_alloc(&test->request.arena, sizeof(*probe));

    probe->id = id;
    probe->once = once;
    osm_op_submit(osm_session_ops(session), &test->request.caller, "probe", flags, start, probe);
    test_recycle(world);
    return test;
}

struct test_request *test_probe_submit(struct osm_session *session, unsigned flags, uint32_t id)
{
    return test_probe_submit_as(session, flags, id, false, test_probe_start);
}

uint32_t test_probe_id(const struct osm_ua_call *call)
{
    const UA_ReadRequest *read = call->request;
    const UA_WriteRequest *write = call->request;

    return call->service == &osm_service_write ? write->nodesToWrite[0].nodeId.identifier.numeric
                                               : read->nodesToRead[0].nodeId.identifier.numeric;
}

void test_probe_asked_is(struct test_world *world, const char *expected)
{
    struct osm_buf text;
    struct osm_ua_call *call;

    osm_buf_init(&text);
    DL_FOREACH (world->server.calls, call)
        osm_buf_printf(&text, "%s%u", text.length ? " " : "", test_probe_id(call));
    assert_string_equal(osm_buf_text(&text), expected);
    osm_buf_deinit(&text);
}

void test_probe_answer(struct test_world *world, struct osm_ua_call *call)
{
    test_answer_each(call);
    test_turn(world);
}

void test_probe_answer_all(struct test_world *world)
{
    struct osm_ua_call *call;
    bool found;

    do {
        found = false;
        DL_FOREACH (world->server.calls, call)
            if (!call->over) {
                found = true;
                test_probe_answer(world, call);
                break;
            }
    } while (found);
}

void test_probe_running(const struct osm_session *session, unsigned count, unsigned waiting)
{
    const struct osm_op_counts counts = osm_op_queue_counts(osm_session_ops(session));

    assert_int_equal(counts.running, count);
    assert_int_equal(counts.waiting, waiting);
}

void test_probe_nothing_left(const struct osm_session *session)
{
    test_probe_running(session, 0, 0);
    assert_int_equal(osm_op_queue_counts(osm_session_ops(session)).writers, 0);
    assert_int_equal(osm_op_queue_counts(osm_session_ops(session)).stranded, 0);
    assert_true(osm_op_queue_is_empty(osm_session_ops(session)));
}
