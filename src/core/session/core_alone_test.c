/* SPDX-License-Identifier: MIT */
/*
 * The core by itself: a session between a rim of a few lines and a caller who is no request. It
 * opens, reads, subscribes, loses its connection and recovers. The program links the core and what
 * lies below it (cmake/module.cmake); cmake/alone.cmake looks that neither JSON nor libuv, nor a
 * request or a file, has come along.
 */
#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "core/cache/value_cache.h"
#include "core/session/configs.h"
#include "core/session/session.h"
#include "core/subscription/wish.h"
#include "port/service.h"
#include "testing/testing_loop.h"
#include "testing/testing_rim.h"
#include "util/buf.h"
#include "util/log.h"

/* --- the site: rim, loop, and who keeps the session ---------------------------------------- */

struct site {
    struct test_loop loop;
    struct osm_ua rim;
    struct osm_env env;
    struct osm_configs configs;
    struct osm_numberings numberings;
    struct osm_shared_table shared;
    struct osm_session_owner owner;
    struct osm_session *session;
    struct osm_subscription *subscription; /* wished */
    struct osm_monitored_item *item;       /* the same */
    struct osm_buf told;                   /* what the observer was told */
    double seen;                           /* the last value it was told of */
    unsigned closed, gone;
};

static void moved(struct osm_session_owner *owner, struct osm_session *session,
                  enum osm_session_state from, enum osm_session_state to)
{
    if (to == OSM_SESSION_NOWHERE)
        osm_container_of(owner, struct site, owner)->session = NULL;
}

static void gone(struct osm_session_owner *owner)
{
    osm_container_of(owner, struct site, owner)->gone++;
}

static struct site *site_of(const struct osm_session *session)
{
    return osm_container_of(osm_session_owner(session), struct site, owner);
}

#define NOTE(what_, ...)                                                                           \
    static void on_##what_(struct osm_session *session, ##__VA_ARGS__)                             \
    {                                                                                              \
        osm_buf_printf(&site_of(session)->told, "%s ", #what_);                                    \
    }

NOTE(connecting)
NOTE(activated, const struct osm_ua_channel *channel, bool new_session)
NOTE(judged, const struct osm_ua_judgement *judgement)
NOTE(connected)
NOTE(failed, const struct osm_fault *fault)
NOTE(reconnecting)
NOTE(leaving, uint32_t channel)
NOTE(disconnected)
NOTE(freed)
NOTE(retried, int64_t attempt, int64_t most, const struct osm_fault *fault)
NOTE(retries_exhausted, int64_t attempts, const struct osm_fault *fault)
NOTE(notifications_lost, uint32_t id, uint32_t from, uint32_t to, uint32_t dropped,
     const char *reason)
NOTE(subscription_transferred, uint32_t id, UA_StatusCode status)
NOTE(subscription_made, const struct osm_subscription *subscription)
NOTE(subscription_deleted, uint32_t id, UA_StatusCode status)
NOTE(item_made, uint32_t subscription, uint32_t item, const UA_NodeId *node, UA_StatusCode status)
NOTE(item_modified, uint32_t subscription, uint32_t item, UA_StatusCode status)
NOTE(item_deleted, uint32_t subscription, uint32_t item, UA_StatusCode status)
NOTE(subscription_recreated, uint32_t id, const char *reason)
NOTE(subscription_lost, uint32_t id, const char *reason)

static void on_published(struct osm_session *session, struct osm_subscription *subscription,
                         const UA_NotificationMessage *message, bool more_notifications,
                         bool republished)
{
    const UA_DataChangeNotification *changes = message->notificationData[0].content.decoded.data;
    struct site *site = site_of(session);

    assert_ptr_equal(subscription, site->subscription);
    assert_int_equal(changes->monitoredItems[0].clientHandle, site->item->handle);
    site->seen = *(const UA_Double *)changes->monitoredItems[0].value.value.data;
    osm_buf_printf(&site->told, "published ");
}

#define TOLD(what_) .what_ = on_##what_

static const struct osm_observer_ops observer = {TOLD(connecting),
                                                 TOLD(activated),
                                                 TOLD(judged),
                                                 TOLD(connected),
                                                 TOLD(failed),
                                                 TOLD(reconnecting),
                                                 TOLD(leaving),
                                                 TOLD(disconnected),
                                                 TOLD(freed),
                                                 TOLD(retried),
                                                 TOLD(retries_exhausted),
                                                 TOLD(published),
                                                 TOLD(item_made),
                                                 TOLD(item_modified),
                                                 TOLD(item_deleted),
                                                 TOLD(subscription_transferred),
                                                 TOLD(subscription_made),
                                                 TOLD(subscription_deleted),
                                                 TOLD(subscription_recreated),
                                                 TOLD(subscription_lost),
                                                 TOLD(notifications_lost)};

/* Everything that has happened since the last look. */
static void log_is(struct osm_buf *log, const char *expected)
{
    assert_string_equal(osm_buf_text(log), expected);
    osm_buf_deinit(log);
    *log = (struct osm_buf){0};
}

static void turn(struct site *site)
{
    while (test_rim_step(&site->rim) || test_loop_fire(&site->loop, site->loop.now))
        ;
}

static void advance(struct site *site, osm_msec milliseconds)
{
    osm_msec until = site->loop.now + milliseconds;

    turn(site);
    while (test_loop_fire(&site->loop, until))
        turn(site);
    site->loop.now = until;
}

static void site_open(struct site *site)
{
    struct osm_config config = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    site->session =
        osm_session_new(&site->owner, "opc.tcp://plant:4840", &config, NULL, &arena, &fault);
    osm_arena_deinit(&arena);
    assert_non_null(site->session);
    osm_session_connect(site->session);
    turn(site);
}

static int setup(void **state)
{
    struct site *site = osm_alloc(sizeof(*site));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    test_loop_init(&site->loop);
    site->env = (struct osm_env){.loop = site->loop.loop,
                                 .ua_ops = &test_rim_ops,
                                 .ua = &site->rim,
                                 .values = osm_value_cache_new(&site->loop.clock),
                                 .identities = osm_identities_new(),
                                 .configs = &site->configs,
                                 .numberings = &site->numberings,
                                 .shared = &site->shared};
    osm_configs_init(&site->configs);
    site->owner = (struct osm_session_owner){
        .env = &site->env, .observer = &observer, .moved = moved, .gone = gone};
    *state = site;
    return 0;
}

static void closed(void *context)
{
    ((struct site *)context)->closed++;
}

static int teardown(void **state)
{
    struct site *site = *state;

    if (site->session) {
        osm_session_close(site->session, 1000, closed, site);
        turn(site);
        assert_int_equal(site->closed, 1);
    }
    assert_int_equal(site->gone, 1);
    assert_null(site->session);
    assert_null(site->subscription);
    assert_null(site->item);
    assert_null(site->rim.conn);
    assert_null(site->loop.timers);
    assert_int_equal(osm_identities_count(site->env.identities), 0);
    osm_identities_free(site->env.identities);
    assert_null(site->configs.all);
    assert_null(site->numberings.all);
    assert_null(site->shared.all);
    osm_value_cache_free(site->env.values);
    osm_buf_deinit(&site->told);
    osm_buf_deinit(&site->rim.log);
    free(site);
    return 0;
}

/* --- a caller who reads -------------------------------------------------------------------- */

struct reader {
    struct osm_caller caller;
    struct osm_arena arena;
    double value;
    unsigned ends, faults;
};

static void reader_fail(struct osm_caller *caller, const struct osm_fault *fault)
{
    osm_container_of(caller, struct reader, caller)->faults++;
}

static void reader_end(struct osm_caller *caller)
{
    osm_container_of(caller, struct reader, caller)->ends++;
}

static void read_step(struct osm_op *op, void *response)
{
    const UA_ReadResponse *read = response;
    struct reader *reader = op->state;

    reader->value = *(const UA_Double *)read->results[0].value.data;
    osm_op_finish(op);
}

static void read_start(struct osm_op *op)
{
    UA_ReadValueId node = {.nodeId = UA_NODEID_NUMERIC(2, 1), .attributeId = UA_ATTRIBUTEID_VALUE};
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    osm_op_send(op, &osm_service_read, &request, read_step);
}

static void read_begin(struct site *site, struct reader *reader)
{
    static const struct osm_caller_ops ops = {.fail = reader_fail, .end = reader_end};

    *reader = (struct reader){.caller = {.ops = &ops, .arena = &reader->arena}};
    osm_arena_init(&reader->arena);
    osm_op_submit(osm_session_ops(site->session), &reader->caller, "read", OSM_OP_READS, read_start,
                  reader);
}

static void reader_has(struct reader *reader, double value)
{
    assert_int_equal(reader->faults, 0);
    assert_int_equal(reader->ends, 1);
    assert_true(reader->value == value);
    osm_arena_deinit(&reader->arena);
}

static void reads(struct site *site, double value)
{
    struct reader reader;

    site->rim.value = value;
    read_begin(site, &reader);
    turn(site);
    reader_has(&reader, value);
}

/* --- tests --------------------------------------------------------------------------------- */

static void wish(struct site *site)
{
    const struct osm_subscription_params params = {.publishing_interval = 250,
                                                   .lifetime_count = 3000,
                                                   .keep_alive_count = 1000,
                                                   .publishing_enabled = true};
    const struct osm_monitored_item_params item = {.node_id = UA_NODEID_NUMERIC(2, 1),
                                                   .attribute_id = UA_ATTRIBUTEID_VALUE,
                                                   .mode = UA_MONITORINGMODE_REPORTING,
                                                   .queue_size = 1};
    struct osm_subscriptions *all = osm_session_subscriptions(site->session);

    osm_publisher_switch_on(osm_session_publisher(site->session));
    assert_non_null(osm_subscription_wish(all, &params, &site->subscription));
    assert_non_null(osm_subscription_wish_item(all, site->subscription, &item, &site->item));
    osm_recovery_repair(site->session);
    turn(site);
}

/* The server answers the oldest Publish. */
static void publishes(struct site *site, double value)
{
    struct osm_ua_call *call;

    DL_FOREACH (site->rim.calls, call)
        if (call->service == &osm_service_publish)
            break;
    assert_non_null(call);
    site->rim.value = value;
    test_rim_answer(&site->rim, call);
    turn(site);
    assert_true(site->seen == value);
}

static void test_opens_and_reads(void **state)
{
    struct site *site = *state;

    site_open(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_int_equal(osm_session_link(site->session)->numbering->size, 3);
    log_is(&site->told, "connecting activated connected ");
    reads(site, 21.5);
    log_is(&site->rim.log, "");
}

static void test_nobody_is_there(void **state)
{
    struct site *site = *state;

    site->rim.down = true;
    site_open(site);
    assert_null(site->session);
    log_is(&site->told, "connecting failed freed ");
}

static void test_subscribes_loses_and_recovers(void **state)
{
    struct site *site = *state;

    site_open(site);
    wish(site);
    log_is(&site->rim.log, "CreateSubscription CreateMonitoredItems ");
    publishes(site, 1.5);
    publishes(site, 2.5);
    log_is(&site->told, "connecting activated connected subscription_made item_made "
                        "published published ");
    advance(site, 10000); /* steady: a loss is the first one */

    site->rim.conn->lost = true;
    turn(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    advance(site, 500);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    log_is(&site->rim.log, "TransferSubscriptions CreateSubscription CreateMonitoredItems ");
    assert_int_equal(site->subscription->server_id, site->rim.subscription);
    osm_buf_deinit(&site->told);
    site->told = (struct osm_buf){0};

    publishes(site, 3.5);
    log_is(&site->told, "published ");
    reads(site, 4.5);
}

/* What was at work when the connection went is done on the next one. */
static void test_a_read_outlives_the_connection(void **state)
{
    struct site *site = *state;
    struct reader reader;

    site_open(site);
    advance(site, 10000);
    site->rim.hold_values = true;
    read_begin(site, &reader);
    turn(site);
    assert_int_equal(reader.ends, 0);
    site->rim.conn->lost = true;
    site->rim.hold_values = false;
    site->rim.value = 5.5;
    turn(site);
    reader_has(&reader, 5.5);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
}

#define on_site(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_site(test_opens_and_reads),
        on_site(test_nobody_is_there),
        on_site(test_subscribes_loses_and_recovers),
        on_site(test_a_read_outlives_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
