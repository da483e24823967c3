/* SPDX-License-Identifier: MIT */
/* Operations: order, bounds, deadlines, losses, repetition (daemon.md §9, extensions.md §1). */
#include "testing/testing.h"

#include "core/link/op_internal.h"
#include "port/service.h"

#define READS OSM_OP_READS

/* An operation that reads node i=<id> and replies with the id. */
struct probe {
    uint32_t id;
    unsigned starts;
    bool once;
};

static void probe_step(struct osm_op *op, void *response)
{
    struct probe *probe = op->state;
    struct osm_json *json = test_reply(op);

    osm_json_array_begin(json);
    osm_json_uint(json, probe->id);
    osm_json_uint(json, probe->starts);
    osm_json_array_end(json);
    osm_op_finish(op);
}

static void probe_start(struct osm_op *op)
{
    struct probe *probe = op->state;
    UA_ReadValueId node;
    UA_ReadRequest request;

    probe->starts++;
    UA_ReadValueId_init(&node);
    node.nodeId = UA_NODEID_NUMERIC(1, probe->id);
    UA_ReadRequest_init(&request);
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    if (probe->once)
        osm_op_send_once(op, &osm_service_read, &request, probe_step);
    else
        osm_op_send(op, &osm_service_read, &request, probe_step);
}

static struct test_request *submit_as(struct osm_session *session, unsigned flags, uint32_t id,
                                      bool once, osm_op_start_fn *start)
{
    struct test_world *world = osm_container_of(session->link.env->ua, struct test_world, server);
    struct test_request *test = test_request_parse(world, "{}");
    struct probe *probe = osm_arena_alloc(&test->request.arena, sizeof(*probe));

    probe->id = id;
    probe->once = once;
    osm_op_submit(session->ops, &test->request.caller, "probe", flags, start, probe);
    test_recycle(world);
    return test;
}

static struct test_request *submit(struct osm_session *session, unsigned flags, uint32_t id)
{
    return submit_as(session, flags, id, false, probe_start);
}

static uint32_t call_id(const struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;

    return request->nodesToRead[0].nodeId.identifier.numeric;
}

/* The ids the server has been asked for, in order. */
static void asked_is(struct test_world *world, const char *expected)
{
    struct osm_buf text;
    struct osm_ua_call *call;

    osm_buf_init(&text);
    DL_FOREACH (world->server.calls, call)
        osm_buf_printf(&text, "%s%u", text.length ? " " : "", call_id(call));
    assert_string_equal(osm_buf_text(&text), expected);
    osm_buf_deinit(&text);
}

static void answer(struct test_world *world, struct osm_ua_call *call)
{
    test_answer_each(call);
    test_turn(world);
}

/* Answers everything that is outstanding until nothing is. */
static void answer_all(struct test_world *world)
{
    struct osm_ua_call *call;
    bool found;

    do {
        found = false;
        DL_FOREACH (world->server.calls, call)
            if (!call->over) {
                found = true;
                answer(world, call);
                break;
            }
    } while (found);
}

static void running(const struct osm_session *session, unsigned count, unsigned waiting)
{
    const struct osm_op_counts counts = osm_op_queue_counts(session->ops);

    assert_int_equal(counts.running, count);
    assert_int_equal(counts.waiting, waiting);
}

static void nothing_left(const struct osm_session *session)
{
    running(session, 0, 0);
    assert_int_equal(osm_op_queue_counts(session->ops).writers, 0);
    assert_int_equal(osm_op_queue_counts(session->ops).stranded, 0);
    assert_true(osm_op_queue_is_empty(session->ops));
}

/* --- order --------------------------------------------------------------------------------- */

static void test_readers_run_beside_each_other(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first = submit(session, READS, 1), *second = submit(session, READS, 2);

    asked_is(world, "1 2");
    running(session, 2, 0);
    answer(world, test_call(world, 1));
    assert_null(first->reply);
    test_data_is(second, "[2,1]");
    answer(world, test_call(world, 0));
    test_data_is(first, "[1,1]");
    nothing_left(session);
}

static void test_writers_run_alone(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    (void)submit(session, READS, 1);
    (void)submit(session, READS, 2);
    (void)submit(session, 0, 3);
    (void)submit(session, 0, 4);
    (void)submit(session, READS, 5); /* may not overtake the writers */
    (void)submit(session, READS, 6);
    asked_is(world, "1 2");
    running(session, 2, 4);
    answer(world, test_call(world, 0));
    asked_is(world, "1 2");
    answer(world, test_call(world, 1));
    asked_is(world, "1 2 3");
    answer(world, test_call(world, 2));
    asked_is(world, "1 2 3 4");
    running(session, 1, 2);
    answer(world, test_call(world, 3));
    asked_is(world, "1 2 3 4 5 6");
    answer_all(world);
    nothing_left(session);
}

static void local_start(struct osm_op *op)
{
    test_finish_null(op);
}

static void test_memory_answers_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *local;

    (void)submit(session, 0, 1);
    (void)submit(session, 0, 2);
    local = submit_as(session, READS | OSM_OP_LOCAL, 0, false, local_start);
    test_data_is(local, "null");
    running(session, 1, 1);
    answer_all(world);
}

/* An operation that is over inside start: the next one begins in the same pump. */
static void test_writers_that_end_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *writers[50];

    (void)submit(session, 0, 1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(writers); i++)
        writers[i] = submit_as(session, 0, 0, false, local_start);
    running(session, 1, OSM_ARRAY_SIZE(writers));
    answer_all(world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(writers); i++) {
        test_data_is(writers[i], "null");
        assert_int_equal(writers[i]->order, i + 3);
    }
    nothing_left(session);
}

/* Whoever comes last is not compared with everybody: a full queue costs each newcomer the same as
 * an empty one. */
static void test_the_last_is_found_at_once(void **state)
{
    struct osm_op ops[100] = {{0}}, late = {.sequence = 49}, *list = NULL, *op;
    uint64_t previous = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(ops); i++) {
        ops[i].sequence = 2 * i;
        assert_int_equal(osm_op_list_insert(&list, &ops[i]), i > 0);
    }
    assert_int_equal(osm_op_list_insert(&list, &late), OSM_ARRAY_SIZE(ops) - 24);
    DL_FOREACH (list, op) {
        assert_true(op == list || op->sequence > previous);
        previous = op->sequence;
    }
    DL_DELETE(list, &ops[0]);
    assert_int_equal(osm_op_list_insert(&list, &ops[0]), OSM_ARRAY_SIZE(ops));
    assert_ptr_equal(list, &ops[0]);
}

/* --- bounds -------------------------------------------------------------------------------- */

static void test_at_most_256_outstanding(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (uint32_t i = 0; i < OSM_OPS_RUNNING + 10; i++)
        (void)submit(session, READS, i);
    assert_int_equal(test_calls(world), OSM_OPS_RUNNING);
    running(session, OSM_OPS_RUNNING, 10);
    answer(world, test_call(world, 77));
    assert_int_equal(test_calls(world), OSM_OPS_RUNNING + 1);
    assert_int_equal(call_id(test_call(world, OSM_OPS_RUNNING)), OSM_OPS_RUNNING);
    answer_all(world);
    nothing_left(session);
}

static void test_at_most_4096_waiting(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *last = NULL, *local;

    (void)submit(session, 0, 0);
    for (uint32_t i = 0; i < OSM_OPS_WAITING; i++)
        last = submit(session, 0, i);
    assert_null(last->reply);
    running(session, 1, OSM_OPS_WAITING);
    last = submit(session, 0, 0);
    test_fault_is(last, "ConnectionException",
                  "Too many requests are waiting for this session (4096): the server does not "
                  "keep up");
    local = submit_as(session, READS | OSM_OP_LOCAL, 0, false, local_start);
    test_data_is(local, "null"); /* waits for nobody, so there is room */
    running(session, 1, OSM_OPS_WAITING);
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
}

/* --- answers ------------------------------------------------------------------------------- */

static void test_service_faults_end_an_operation(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = submit(session, 0, 1), *next = submit(session, 0, 2);

    test_answer_fault(test_call(world, 0), 0x800F0000);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x800F0000 BadNothingToDo");
    answer(world, test_call(world, 1));
    test_data_is(next, "[2,1]");
    nothing_left(session);
    assert_int_equal(session->link.conn->connects, 1);
}

/* R4: the session is gone on the server; a new connection, then again. */
static void test_losses_told_by_service_result(void **state)
{
    static const UA_StatusCode losses[] = {UA_STATUSCODE_BADSESSIONIDINVALID,
                                           UA_STATUSCODE_BADSESSIONCLOSED,
                                           UA_STATUSCODE_BADSECURECHANNELTOKENUNKNOWN};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (unsigned i = 0; i < OSM_ARRAY_SIZE(losses); i++) {
        struct test_request *test = submit_as(session, 0, 1, true, probe_start);

        test_answer_fault(test_call(world, 2 * i), losses[i]);
        test_turn(world);
        assert_null(test->reply);
        assert_int_equal(session->link.conn->connects, i + 2);
        answer(world, test_call(world, 2 * i + 1));
        test_data_is(test, "[1,2]"); /* it was refused, so even this one may be repeated */
    }
}

static void test_a_loss_told_twice_is_reported(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = submit(session, READS, 1);

    test_answer_fault(test_call(world, 0), UA_STATUSCODE_BADSESSIONIDINVALID);
    test_turn(world);
    test_answer_fault(test_call(world, 1), UA_STATUSCODE_BADSESSIONIDINVALID);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x80250000 BadSessionIdInvalid");
    nothing_left(session);
}

/* --- losses -------------------------------------------------------------------------------- */

/* The rim tells losses newest first; what was running runs again in order of arrival, before
 * what was waiting. */
static void test_order_survives_a_recovery(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *last = NULL;

    for (uint32_t i = 1; i <= 4; i++)
        (void)submit(session, READS, i);
    (void)submit(session, 0, 5);
    (void)submit(session, READS, 6);
    world->server.hold_connect = true;
    test_lose_now(world, session);
    assert_int_equal(session->state, OSM_SESSION_RECOVERING);
    last = submit(session, READS, 7);
    world->server.hold_connect = false;
    test_server_connect(session->link.conn);
    test_turn(world);
    asked_is(world, "1 2 3 4 1 2 3 4");
    answer_all(world);
    asked_is(world, "1 2 3 4 1 2 3 4 5 6 7");
    test_data_is(last, "[7,1]");
    nothing_left(session);
}

static void test_a_lost_operation_is_repeated_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = submit(session, 0, 1);

    test_lose_now(world, session);
    assert_int_equal(session->state, OSM_SESSION_ACTIVE);
    asked_is(world, "1 1");
    test_lose_as(session->link.conn, OSM_FAULT_SERVICE, "Server error 0x80020000: ill");
    test_turn(world);
    test_fault_is(test, "ServiceException", "Server error 0x80020000: ill");
    asked_is(world, "1 1");
    assert_int_equal(session->state, OSM_SESSION_FAILED);
    nothing_left(session);
}

static void losses_until_reply(struct test_world *world, const char *config, unsigned repeats)
{
    struct osm_session *session = test_session_open(world, config);
    struct test_request *test = submit(session, 0, 1);
    size_t before = test_calls(world);

    for (unsigned i = 0; i < repeats; i++) {
        assert_null(test->reply);
        test_lose_now(world, session);
    }
    assert_null(test->reply);
    assert_int_equal(test_calls(world) - before, repeats);
    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
}

static void test_auto_retry(void **state)
{
    losses_until_reply(*state, "{}", 1);
    losses_until_reply(*state, "{'autoRetry':0}", 1);
    losses_until_reply(*state, "{'autoRetry':3}", 4);
    losses_until_reply(*state, "{'autoRetry':-5}", 1);
}

static void test_endless_auto_retry_does_not_overflow(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':9223372036854775807}");
    struct test_request *test = submit(session, 0, 1);

    test_lose_now(world, session);
    test_lose_now(world, session);
    assert_null(test->reply);
    answer_all(world);
    test_data_is(test, "[1,3]");
}

/* Connecting fails as often as it may, then the operation reports its own loss. */
static void test_failed_recoveries_are_counted(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':2}");
    struct test_request *test = submit(session, 0, 1), *waiting = submit(session, 0, 2);

    world->server.down = true;
    test_lose_now(world, session);
    assert_int_equal(session->link.conn->connects, 1 + 3);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    test_fault_is(waiting, "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
    assert_true(test->order < waiting->order);
    assert_int_equal(session->state, OSM_SESSION_FAILED);
    nothing_left(session);
}

/* A caller who wants to go on for ever costs an attempt now and then, not the whole daemon. */
static void test_retries_pause(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':1000000}");
    struct test_request *test = submit(session, 0, 1), *later;
    unsigned before;

    world->server.down = true;
    test_lose_now(world, session);
    assert_in_range(session->link.conn->connects, 10, 13);
    before = session->link.conn->connects;
    test_advance(world, 60000);
    assert_in_range(session->link.conn->connects - before, 10, 60);
    before = session->link.conn->connects;
    later = submit(session, 0, 2); /* whoever comes has an attempt of their own, at once */
    test_turn(world);
    assert_int_equal(session->link.conn->connects, before + 1);
    assert_null(test->reply);
    world->server.down = false;
    test_advance(world, 6000);
    answer_all(world);
    assert_non_null(test->reply);
    assert_non_null(later->reply);
}

static void test_sent_completely_is_not_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':5}");
    struct test_request *test = submit_as(session, 0, 1, true, probe_start);

    world->server.hold_connect = true;
    test_lose_now(world, session);
    assert_null(test->reply); /* first the session is recovered */
    test_server_connect(session->link.conn);
    test_turn(world);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    assert_int_equal(session->state, OSM_SESSION_ACTIVE);
    asked_is(world, "1");
    nothing_left(session);
}

static void test_not_sent_completely_is_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    world->server.sent = false;
    test = submit_as(session, 0, 1, true, probe_start);
    test_lose_now(world, session);
    answer(world, test_call(world, 1));
    test_data_is(test, "[1,2]");
}

/* What has been done is not done again because something behind it was lost. */
static void second_step(struct osm_op *op, void *response)
{
    struct probe *probe = op->state;

    if (probe->id == 2) {
        probe_step(op, response);
        return;
    }
    probe->id = 2;
    probe->once = false;
    probe_start(op);
}

static void first_once(struct osm_op *op)
{
    struct probe *probe = op->state;
    UA_ReadRequest request;

    probe->id = 1;
    UA_ReadRequest_init(&request);
    request.nodesToRead = &(UA_ReadValueId){.nodeId = UA_NODEID_NUMERIC(1, 1)};
    request.nodesToReadSize = 1;
    osm_op_send_once(op, &osm_service_read, &request, second_step);
}

static void test_a_loss_behind_what_was_done(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = submit_as(session, 0, 1, false, first_once);

    world->server.sent = false; /* what follows does not even leave */
    answer(world, test_call(world, 0));
    asked_is(world, "1 2");
    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    asked_is(world, "1 2");
}

/* … but what was only asked before it may be asked again. */
static void plain_step(struct osm_op *op, void *response)
{
    first_once(op);
}

static void plain_then_once(struct osm_op *op)
{
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    request.nodesToRead = &(UA_ReadValueId){.nodeId = UA_NODEID_NUMERIC(1, 9)};
    request.nodesToReadSize = 1;
    osm_op_send(op, &osm_service_read, &request, plain_step);
}

static void test_a_loss_before_it_in_a_repetition(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':3}");
    struct test_request *test = submit_as(session, 0, 1, false, plain_then_once);

    world->server.sent = false;
    answer(world, test_call(world, 0));
    test_lose_now(world, session); /* the one for once did not leave: all over again */
    asked_is(world, "9 1 9");
    test_call(world, 2)->sent = true;
    test_lose_now(world, session);
    asked_is(world, "9 1 9 9");
    answer_all(world);
    asked_is(world, "9 1 9 9 1 2");
    assert_non_null(test->reply);
}

/* The connection is dead although nobody has said so yet. */
static void test_what_cannot_be_sent_waits_for_the_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first, *second;

    session->link.conn->deaf = true;
    first = submit_as(session, 0, 1, true, probe_start);
    second = submit(session, READS, 2);
    test_turn(world);
    assert_null(first->reply);
    asked_is(world, "");
    test_lose_now(world, session);
    asked_is(world, "1");
    answer_all(world);
    test_data_is(first, "[1,2]");
    test_data_is(second, "[2,2]");
    nothing_left(session);
}

/* --- losses nobody saw --------------------------------------------------------------------- */

static void test_next_operation_recovers_an_idle_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    test_lose_now(world, session);
    assert_int_equal(session->state, OSM_SESSION_FAILED);
    assert_int_equal(session->link.conn->connects, 1); /* nobody needs it yet */
    test = submit(session, 0, 1);
    test_turn(world);
    assert_int_equal(session->state, OSM_SESSION_ACTIVE);
    answer_all(world);
    test_data_is(test, "[1,1]");
    assert_null(osm_ops_kept_loss(session->ops));
}

static void test_an_idle_loss_is_reported_in_its_own_words_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first, *second, *third;

    test_lose_as(session->link.conn, OSM_FAULT_SERVICE, "Server error 0x80130000: bye");
    test_turn(world);
    world->server.down = true;
    first = submit(session, 0, 1);
    second = submit(session, READS, 2);
    test_turn(world);
    test_fault_is(first, "ServiceException", "Server error 0x80130000: bye");
    test_fault_is(second, "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
    third = submit(session, READS, 3);
    test_turn(world);
    test_fault_is(third, "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
    assert_int_equal(session->link.conn->connects, 3);
    nothing_left(session);
}

/* --- deadlines ----------------------------------------------------------------------------- */

static void test_silence_drops_the_connection(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1.5}");
    struct test_request *test;

    test_advance(world, 4000); /* whatever was due since the session was made is over */
    test = submit(session, 0, 1);
    test_advance(world, 1499);
    asked_is(world, "1");
    assert_int_equal(session->link.conn->connects, 1);
    test_advance(world, 1);
    asked_is(world, "1 1"); /* recovered and repeated */
    assert_int_equal(session->link.conn->connects, 2);
    test_advance(world, 1499);
    assert_null(test->reply);
    test_advance(world, 1);
    test_fault_is(test, "ConnectionException", "Read timeout");
    assert_int_equal(session->link.conn->connects, 2);
    assert_int_equal(session->state, OSM_SESSION_FAILED);
}

/* It may stop working on what nobody waits for any more (differences.md R25). */
static void test_the_server_is_told_how_long_we_wait(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1.5}");
    const UA_RequestHeader *header;
    struct test_request *test = submit(session, 0, 1);

    header = test_call(world, 0)->request;
    assert_int_equal(header->timeoutHint, 1500 + OSM_HINT_GRACE_MS);
    assert_null(test->reply);
    test_advance(world, 3000);
    assert_non_null(test->reply);
}

/* The server answers others: it is slow, not dead. */
static void test_a_late_answer_costs_only_its_operation(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct test_request *slow = submit(session, READS, 1), *quick;

    test_advance(world, 500);
    quick = submit(session, READS, 2);
    answer(world, test_call(world, 1));
    test_data_is(quick, "[2,1]");
    test_advance(world, 499);
    assert_null(slow->reply);
    test_advance(world, 1);
    test_fault_is(slow, "ConnectionException", "Read timeout");
    assert_true(test_call(world, 0)->abandoned);
    assert_int_equal(session->state, OSM_SESSION_ACTIVE);
    answer(world, test_call(world, 0)); /* late: nobody waits, nobody is harmed */
    quick = submit(session, READS, 3);
    answer(world, test_call(world, 2));
    test_data_is(quick, "[3,1]");
    assert_int_equal(session->link.conn->connects, 1);
    nothing_left(session);
}

/* Each answer has its own deadline, and waiting in the queue costs nothing. */
static void test_deadlines_begin_when_a_request_is_sent(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct test_request *second;

    (void)submit(session, 0, 1);
    second = submit(session, 0, 2);
    test_advance(world, 900);
    answer(world, test_call(world, 0));
    test_advance(world, 999);
    assert_null(second->reply);
    answer(world, test_call(world, 1));
    test_data_is(second, "[2,1]");
}

static void test_many_deadlines_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct test_request *tests[20], *quick;

    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = submit(session, READS, i);
    quick = submit(session, READS, 99);
    answer(world, test_call(world, OSM_ARRAY_SIZE(tests)));
    test_data_is(quick, "[99,1]");
    (void)submit(session, 0, 100); /* starts when all of them have failed */
    test_advance(world, 1000);
    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        test_fault_is(tests[i], "ConnectionException", "Read timeout");
    assert_int_equal(call_id(test_call(world, OSM_ARRAY_SIZE(tests) + 1)), 100);
    answer_all(world);
    nothing_left(session);
}

/* --- callers that go away ------------------------------------------------------------------ */

static void test_abandoned_reads_are_not_begun(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *reader, *writer, *going;

    going = submit(session, 0, 1);
    reader = submit(session, READS, 2);
    writer = submit(session, 0, 3);
    osm_request_abandon(&going->request);
    osm_request_abandon(&reader->request);
    osm_request_abandon(&writer->request);
    assert_null(reader->reply);
    answer(world, test_call(world, 0));
    assert_non_null(going->reply); /* it was at work: done is called all the same */
    test_fault_is(reader, "ConnectionException", "The caller has gone");
    asked_is(world, "1 3"); /* a change was asked for */
    answer_all(world);
    test_data_is(writer, "[3,1]");
    nothing_left(session);
}

static void test_abandoned_reads_are_not_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *reader = submit(session, READS, 1);

    osm_request_abandon(&reader->request);
    test_lose_now(world, session);
    test_fault_is(reader, "ConnectionException", "The caller has gone");
    asked_is(world, "1");
}

/* --- the end ------------------------------------------------------------------------------- */

static void test_closing_fails_everything_in_order(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *tests[6];

    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = submit(session, i < 3 ? READS : 0, i);
    osm_session_close(session, 1000, NULL, NULL);
    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++) {
        test_fault_is(tests[i], "ConnectionException", "Not connected");
        assert_int_equal(tests[i]->order, i + 2); /* opening was the first reply */
    }
    asked_is(world, "0 1 2");
    assert_true(test_call(world, 0)->abandoned);
    test_turn(world);
}

static void test_closing_fails_stranded_ones_first(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *stranded = submit(session, 0, 1), *later;

    world->server.hold_connect = true;
    test_lose_now(world, session);
    later = submit(session, 0, 2);
    osm_session_close(session, 1000, NULL, NULL);
    test_fault_is(stranded, "ConnectionException", "Not connected");
    test_fault_is(later, "ConnectionException", "Not connected");
    assert_true(stranded->order < later->order);
    test_turn(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_readers_run_beside_each_other),
        test_in_world(test_writers_run_alone),
        test_in_world(test_memory_answers_at_once),
        test_in_world(test_writers_that_end_at_once),
        cmocka_unit_test(test_the_last_is_found_at_once),
        test_in_world(test_at_most_256_outstanding),
        test_in_world(test_at_most_4096_waiting),
        test_in_world(test_service_faults_end_an_operation),
        test_in_world(test_losses_told_by_service_result),
        test_in_world(test_a_loss_told_twice_is_reported),
        test_in_world(test_order_survives_a_recovery),
        test_in_world(test_a_lost_operation_is_repeated_once),
        test_in_world(test_auto_retry),
        test_in_world(test_endless_auto_retry_does_not_overflow),
        test_in_world(test_failed_recoveries_are_counted),
        test_in_world(test_retries_pause),
        test_in_world(test_sent_completely_is_not_repeated),
        test_in_world(test_not_sent_completely_is_repeated),
        test_in_world(test_a_loss_behind_what_was_done),
        test_in_world(test_a_loss_before_it_in_a_repetition),
        test_in_world(test_what_cannot_be_sent_waits_for_the_loss),
        test_in_world(test_next_operation_recovers_an_idle_loss),
        test_in_world(test_an_idle_loss_is_reported_in_its_own_words_once),
        test_in_world(test_silence_drops_the_connection),
        test_in_world(test_the_server_is_told_how_long_we_wait),
        test_in_world(test_a_late_answer_costs_only_its_operation),
        test_in_world(test_deadlines_begin_when_a_request_is_sent),
        test_in_world(test_many_deadlines_at_once),
        test_in_world(test_abandoned_reads_are_not_begun),
        test_in_world(test_abandoned_reads_are_not_repeated),
        test_in_world(test_closing_fails_everything_in_order),
        test_in_world(test_closing_fails_stranded_ones_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
