/* SPDX-License-Identifier: MIT */
/* The console on the hand-turned world: every row of its table, roles, tables and actions. */
#include "admin/console/console.h"

#include "admin/console/console_internal.h"
#include "core/manager/connection_source.h"
#include "core/manager/refused_certificates.h"
#include "testing/testing_command.h"
#include "util/alloc.h"
#include "util/log.h"

/* What a daemon would do. */
static struct {
    struct osm_console *console;
    uint64_t killed;
    unsigned drained;
    char set[64];
    struct osm_console_wait *reloading;
} site;

static void peer(void *context, const struct osm_request *request, struct osm_buf *out)
{
    (void)context, (void)request;
    osm_buf_add_text(out, "pid 1");
}

static void each_client(void *context,
                        void (*visit)(void *arg, const struct osm_console_client *client),
                        void *arg)
{
    (void)context;
    visit(arg, &(struct osm_console_client){.id = 7, .peer = "pid 1", .state = "running"});
}

static bool kill_client(void *context, uint64_t id)
{
    (void)context;
    site.killed = id;
    return id == 7;
}

static void each_option(void *context,
                        void (*visit)(void *arg, const struct osm_console_option *option),
                        void *arg)
{
    (void)context;
    visit(arg, &(struct osm_console_option){"max-sessions", "100", "100", true});
    visit(arg, &(struct osm_console_option){"event-mqtt", "***", NULL, true});
}

static void reload(void *context, struct osm_console_wait *wait)
{
    (void)context;
    site.reloading = wait;
}

static void set(void *context, const char *name, const char *value, struct osm_console_wait *wait)
{
    (void)context;
    (void)snprintf(site.set, sizeof(site.set), "%s=%s", name, value);
    wait->done(wait, strcmp(name, "timeout") == 0, "told");
}

static void drain(void *context, unsigned seconds)
{
    (void)context;
    site.drained = seconds;
}

static const struct osm_console_ops ops = {peer,   each_client, kill_client, each_option,
                                           reload, set,         drain};

static int setup(void **state)
{
    int r = test_setup(state);

    memset(&site, 0, sizeof(site));
    site.console = osm_console_new(((struct test_world *)*state)->manager, &ops, NULL);
    return r;
}

static int teardown(void **state)
{
    site.console = osm_console_free(site.console);
    return test_teardown(state);
}

#define with_console(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static struct test_request *say(struct test_world *world, const char *line)
{
    return test_ask_format(world, "{'command':'console','line':'%s'}", line);
}

/* An operator with that role, for that server only (NULL = all). */
static struct test_request *say_as(struct test_world *world, enum osm_role role, const char *server,
                                   const char *line)
{
    _cleanup_(osm_freep) char *text = osm_printf("{'command':'console','line':'%s'}", line);
    struct test_request *test = test_request_parse(world, text);
    char **list = server ? osm_alloc(2 * sizeof(*list)) : NULL;
    struct osm_grant *grant;

    if (list)
        list[0] = osm_strdup(server);
    grant = osm_grant_new(1, &(struct osm_grant_terms){.role = role, .endpoints = list});
    osm_request_set_grant(&test->request, grant);
    osm_grant_unref(grant);
    osm_command_dispatch(world->manager, &test->request);
    test_recycle(world);
    test_turn(world);
    return test;
}

static void has(const struct test_request *test, const char *part)
{
    _cleanup_(osm_freep) char *quoted = test_quotes(part);

    assert_non_null(test->reply);
    if (!strstr(test->reply, quoted))
        fail_msg("no %s in %s", quoted, test->reply);
}

static void lacks(const struct test_request *test, const char *part)
{
    assert_non_null(test->reply);
    if (strstr(test->reply, part))
        fail_msg("%s in %s", part, test->reply);
}

/* --- the table ----------------------------------------------------------------------------- */

/* Every row has what HELP and the page need, and what is shown shows its columns. */
static void test_every_command(void **state)
{
    struct test_world *world = *state;

    for (const struct osm_console_command *row = osm_console_commands; row->words; row++) {
        assert_non_null(row->run);
        assert_true(strlen(row->help) > 10);
        assert_true(row->least <= row->most && row->most <= OSM_CONSOLE_WORDS);
        if (!row->columns)
            continue;
        has(say(world, row->words), row->columns[0]);
        has(say(world, row->words), "'next':null");
    }
}

static void test_any_case(void **state)
{
    struct test_world *world = *state;

    has(say(world, "show Sessions"), "'columns':['session',");
    has(say(world, "help pause"), "[['PAUSE','<server|label> [FAIL]',");
    has(say(world, "HELP show sessions"), "[['SHOW SESSIONS',");
    has(say(world, "HELP nothing"), "'rows':[]");
}

static void test_wrong_lines(void **state)
{
    static const char *const lines[] = {
        "",
        "SHOW",
        "SHOW NOTHING",
        "SESSIONS",
        "KILL",
        "KILL a b",
        "SHOW SESSIONS LIMIT",
        "SHOW SESSIONS LIMIT x",
        "RELOAD x",
        "SET a",
        "SHOW SESSIONS x=1",
        "SHOW SESSIONS state",
        "PAUSE :",
        "PAUSE h SLOW",
        "RESUME h",
        "TRUST ab",
        "DRAIN x",
        "DRAIN 1000000",
        "SHOW SESSIONS state!x",
    };
    struct test_world *world = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lines); i++)
        has(say(world, lines[i]), "'type':'invalid_argument'");
    has(test_ask(world, "{'command':'console'}"), "'type':'invalid_argument'");
    has(test_ask(world, "{'command':'console','line':['x']}"), "'type':'invalid_argument'");
    has(test_ask(world, "{'command':'console','line':'a\\u0000b'}"), "NUL");
}

/* --- roles --------------------------------------------------------------------------------- */

static void test_roles(void **state)
{
    struct test_world *world = *state;

    test_fault_is(say_as(world, OSM_ROLE_WRITE, NULL, "SHOW SESSIONS"), "access_denied",
                  "console takes the role \\\"admin\\\", this token has \\\"write\\\"");
    has(say_as(world, OSM_ROLE_ADMIN, NULL, "SHOW SESSIONS"), "'success':true");
}

/* An operator for other servers sees and touches nothing of these. */
static void test_operators_for_certain_servers(void **state)
{
    struct test_world *world = *state;
    const char *id = osm_session_id(test_open(world, "{}"));
    _cleanup_(osm_freep) char *kill = osm_printf("KILL %s", id);

    has(say_as(world, OSM_ROLE_ADMIN, "plant", "SHOW SESSIONS"), id);
    lacks(say_as(world, OSM_ROLE_ADMIN, "other", "SHOW SESSIONS"), id);
    has(say_as(world, OSM_ROLE_ADMIN, "other", kill), "session_not_found");
    has(say_as(world, OSM_ROLE_ADMIN, "other", "RECONNECT plant"), "session_not_found");
    has(say_as(world, OSM_ROLE_ADMIN, "other", "PAUSE plant"), "access_denied");
    has(say_as(world, OSM_ROLE_ADMIN, "other", "PAUSE *"), "access_denied");
    has(say_as(world, OSM_ROLE_ADMIN, "plant:4840", "PAUSE plant"), "access_denied");
    has(say_as(world, OSM_ROLE_ADMIN, "plant:4840", "PAUSE opc.tcp://plant"), "access_denied");
    has(say_as(world, OSM_ROLE_ADMIN, "plant:4840", "PAUSE plant:4840"), "requests wait");
    has(say_as(world, OSM_ROLE_ADMIN, "plant", "PAUSE plant"), "requests wait");
    has(say_as(world, OSM_ROLE_ADMIN, "other", "KILL 7"), "session_not_found");
    for (const struct osm_console_command *row = osm_console_commands; row->words; row++) {
        _cleanup_(osm_freep) char *line = osm_printf("%s%s", row->words, row->least ? " a b" : "");

        if (row->whole_daemon)
            has(say_as(world, OSM_ROLE_ADMIN, "plant", line), "'type':'access_denied'");
    }
    assert_int_equal(site.killed, 0);
}

/* --- tables -------------------------------------------------------------------------------- */

static void test_rows_and_filters(void **state)
{
    struct test_world *world = *state;
    const char *one = osm_session_id(test_open(world, "{}"));
    struct osm_session *other = test_open(world, "{'username':'u'}");

    has(say(world, "SHOW SESSIONS"), "'" TEST_URL "','active',");
    test_lose_now(world, other);
    lacks(say(world, "SHOW SESSIONS state=active"), osm_session_id(other));
    has(say(world, "SHOW SESSIONS state=ACT* server=*plant*"), one);
    lacks(say(world, "SHOW SESSIONS state!=active"), one);
    has(say(world, "SHOW SESSIONS LIMIT 1"), "'next':1");
    has(say(world, "SHOW SESSIONS LIMIT 1 OFFSET 1"), "'next':null");
    lacks(say(world, "SHOW SESSIONS OFFSET 1"), one);
    has(say(world, "SHOW SESSIONS OFFSET 5"), "'rows':[]");
    has(say(world, "SHOW LIMITS"), "['max-sessions',2,100]");
    has(say(world, "SHOW CONFIG"), "['event-mqtt','***',null,true]");
    has(say(world, "SHOW CLIENTS"), "[[7,'pid 1',null,null,'one request','running',0,0,0]]");
}

/* However many there are, one answer looks at so many. */
static void test_an_answer_is_bounded(void **state)
{
    struct test_world *world = *state;
    const struct osm_console_command *row = osm_console_commands;
    struct test_request *test = test_request_parse(world, "{'command':'console'}");
    struct osm_console_call call = {.console = site.console, .request = &test->request};
    char offset[] = "offset", number[] = "2000";
    char *none[] = {NULL}, *more[] = {offset, number, NULL};
    struct osm_console_table table;
    uint64_t looked = 0;

    call.command = row;
    call.words = none;
    assert_true(osm_console_table_begin(&table, &call));
    for (unsigned i = 0; i < 3 * OSM_CONSOLE_SCAN; i++) {
        if (!osm_console_row(&table))
            continue;
        looked++;
        osm_console_row_end(&table);
    }
    assert_int_equal(looked, OSM_CONSOLE_SCAN);
    osm_console_table_end(&table);
    has(test, "'next':2000}");
    test = test_request_parse(world, "{'command':'console'}");
    call.request = &test->request;
    call.words = more;
    call.count = 2;
    assert_true(osm_console_table_begin(&table, &call));
    assert_true(osm_console_skip(&table, 1999));
    assert_false(osm_console_skip(&table, 2));
    assert_false(osm_console_row(&table)); /* the last one before the offset */
    assert_true(osm_console_row(&table));
    osm_console_row_end(&table);
    osm_console_table_end(&table);
    has(test, "'next':null}");
    test_recycle(world);
}

/* --- actions ------------------------------------------------------------------------------- */

static void test_kill(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    _cleanup_(osm_freep) char *line = osm_printf("KILL %s", osm_session_id(session));

    test_data_is(say(world, line), "{'message':'Session closed'}");
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_data_is(say(world, "KILL 7"), "{'message':'Connection closed'}");
    has(say(world, "KILL 8"), "session_not_found");
    assert_int_equal(site.killed, 8);
}

static void test_reconnect(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open(world, "{}"), *other = test_open(world, "{}");
    unsigned before = osm_session_link(one)->conn->connects;
    _cleanup_(osm_freep) char *line = osm_printf("RECONNECT %s", osm_session_id(one));

    test_data_is(say(world, line), "{'message':'1 session reconnected'}");
    assert_int_equal(osm_session_link(one)->conn->connects, before + 1);
    test_data_is(say(world, "RECONNECT plant:4840"), "{'message':'2 sessions reconnected'}");
    assert_int_equal(osm_session_link(other)->conn->connects, before + 1);
    has(say(world, "RECONNECT elsewhere"), "session_not_found");
}

/* --- connections of the configuration ------------------------------------------------------ */

static struct {
    struct osm_connection_status is;
    unsigned hurried;
} press;

static void begin(void *context, struct osm_connection_cursor *cursor)
{
    (void)context;
    cursor->at = &press.is;
}

static bool next(struct osm_connection_cursor *cursor, osm_connection_fn *visit, void *arg)
{
    if (!cursor->at)
        return false;
    visit(arg, osm_steal(cursor->at));
    return true;
}

static void end(struct osm_connection_cursor *cursor)
{
    assert_null(cursor->at);
}

static void hurry(const struct osm_connection_status *connection)
{
    assert_ptr_equal(connection, &press.is);
    press.hurried++;
}

static void lend_press(struct test_world *world, const char *endpoint)
{
    press.is = (struct osm_connection_status){.label = "press 1", .endpoint = endpoint};
    press.hurried = 0;
    osm_manager_lend_connections(
        world->manager,
        &(struct osm_connection_source){.begin = begin, .next = next, .end = end, .hurry = hurry});
}

static void test_a_session_that_opens(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;
    struct osm_session *session;
    _cleanup_(osm_freep) char *line = NULL;

    lend_press(world, TEST_URL);
    world->server.hold_connect = true;
    test = test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "'}");
    session = osm_registry_first(world->manager, OSM_REGISTRY_OPENING);
    assert_non_null(session);
    press.is.opening = session;
    line = osm_printf("KILL %s", osm_session_id(session));
    has(say_as(world, OSM_ROLE_ADMIN, "other", line), "session_not_found");
    has(say_as(world, OSM_ROLE_ADMIN, "other", "KILL \\\"press 1\\\""), "session_not_found");
    test_data_is(say(world, line), "{'message':'Session closed'}");
    test_fault_is(test, "ConnectionException", "Not connected");
    test = test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "'}");
    press.is.opening = osm_registry_first(world->manager, OSM_REGISTRY_OPENING);
    test_data_is(say(world, "KILL \\\"press 1\\\""), "{'message':'Session closed'}");
    test_fault_is(test, "ConnectionException", "Not connected");
}

static void test_reconnect_a_session_that_opens(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;
    struct osm_session *session;

    world->server.hold_connect = true;
    (void)test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "'}");
    session = osm_registry_first(world->manager, OSM_REGISTRY_OPENING);
    test = say(world, "RECONNECT plant");
    assert_null(test->reply);
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_data_is(test, "{'message':'1 session reconnected'}");
}

static void test_kill_by_server(void **state)
{
    struct test_world *world = *state;

    (void)test_open(world, "{}");
    (void)test_open(world, "{'username':'u'}");
    has(say_as(world, OSM_ROLE_ADMIN, "other", "KILL plant"), "session_not_found");
    test_data_is(say(world, "KILL plant"), "{'message':'2 sessions closed'}");
    assert_int_equal(osm_registry_count(world->manager), 0);
}

static void test_a_connection_that_waits(void **state)
{
    struct test_world *world = *state;

    lend_press(world, TEST_URL);
    has(say_as(world, OSM_ROLE_ADMIN, "other", "RECONNECT \\\"press 1\\\""), "session_not_found");
    assert_int_equal(press.hurried, 0);
    has(say(world, "RECONNECT \\\"press 1\\\""), "has no session: it is opened now");
    assert_int_equal(press.hurried, 1);
}

static void test_pause_by_label(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session;

    lend_press(world, TEST_URL);
    has(say_as(world, OSM_ROLE_ADMIN, "other", "PAUSE \\\"press 1\\\""), "access_denied");
    has(say_as(world, OSM_ROLE_ADMIN, "plant", "PAUSE \\\"press 1\\\""), "0 sessions are paused");
    session = test_open(world, "{}"); /* later ones too */
    assert_int_equal(osm_op_queue_pause_of(osm_session_ops(session)), OSM_OP_PAUSE_WAIT);
    has(say(world, "RESUME \\\"press 1\\\""), "0 sessions are still paused");
    assert_int_equal(osm_op_queue_pause_of(osm_session_ops(session)), OSM_OP_PAUSE_NONE);
    has(say(world, "PAUSE \\\"press 1\\\" FAIL"), "1 sessions are paused");
}

#define READ "[{'ns':1,'id':1,'type':'numeric'}]"
#define PAUSED "Requests to this server are paused by an operator (console PAUSE)"

/* Requests wait, and go on; those that come while nobody resumes end with their time. */
static void test_pause(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'opcuaTimeout':5}"), *later;
    struct test_request *waits, *ends;

    has(say(world, "PAUSE plant"), "requests wait; 1 sessions are paused");
    ends = test_query(world, session, "read", READ);
    test_advance(world, 4000);
    waits = test_query(world, session, "read", READ);
    assert_null(ends->reply);
    assert_int_equal(test_calls(world), 0);
    test_advance(world, 1000);
    test_fault_is(ends, "ConnectionException", PAUSED);
    has(say(world, "SHOW SESSIONS paused=waiting"), osm_session_id(session));
    later = test_open(world, "{}"); /* opened meanwhile: the same */
    assert_int_equal(osm_op_queue_pause_of(osm_session_ops(later)), OSM_OP_PAUSE_WAIT);
    has(say(world, "RESUME PLANT"), "0 sessions are still paused");
    assert_int_equal(osm_op_queue_pause_of(osm_session_ops(later)), OSM_OP_PAUSE_NONE);
    assert_int_equal(test_calls(world), 1);
    test_answer_each(test_call(world, 0));
    test_turn(world);
    has(waits, "'success':true");
}

static void test_pause_that_refuses(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test;

    has(say(world, "PAUSE plant"), "requests wait");
    test = test_query(world, session, "read", READ);
    assert_null(test->reply);
    has(say(world, "PAUSE plant FAIL"), "requests are refused"); /* those that wait as well */
    test_fault_is(test, "ConnectionException", PAUSED);
    test = test_query(world, session, "read", READ);
    test_turn(world);
    test_fault_is(test, "ConnectionException", PAUSED);
    test = test_query(world, session, "isConnected", "[]"); /* needs no server */
    has(test, "'data':true");
    has(say(world, "RESUME plant"), "0 sessions");
}

static void test_pauses_are_bounded(void **state)
{
    struct test_world *world = *state;

    for (unsigned i = 0; i < OSM_CONSOLE_PAUSES; i++) {
        _cleanup_(osm_freep) char *line = osm_printf("PAUSE host%u", i);

        has(say(world, line), "'success':true");
    }
    has(say(world, "PAUSE another"), "invalid_argument");
    has(say(world, "PAUSE host7 FAIL"), "'success':true");
    has(say(world, "SHOW LIMITS limit=paused*"), "['paused servers',100,100]");
}

static void test_drain(void **state)
{
    struct test_world *world = *state;

    has(say(world, "DRAIN"), "in 60 seconds at the latest");
    assert_int_equal(site.drained, 60);
    has(say(world, "DRAIN 5"), "in 5 seconds");
    assert_int_equal(site.drained, 5);
    (void)test_open(world, "{}");
    osm_manager_drain(world->manager);
    has(test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "','forceNew':true}"),
        "being drained");
    has(test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "'}"), "'reused':true");
}

static void test_set_and_reload(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;

    test_data_is(say(world, "SET timeout 7"), "{'message':'told'}");
    assert_string_equal(site.set, "timeout=7");
    test_fault_is(say(world, "SET socket x"), "invalid_argument", "told");
    test = say(world, "RELOAD");
    assert_null(test->reply);
    site.reloading->done(site.reloading, true, "Reloaded");
    test_recycle(world);
    test_data_is(test, "{'message':'Reloaded'}");
}

static struct {
    struct osm_log_target target;
    char text[4096];
} logged;

static void keep(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    size_t used = strlen(logged.text);

    (void)target, (void)level;
    (void)snprintf(logged.text + used, sizeof(logged.text) - used, "%s\n", text);
}

/* Of a SET nothing is logged but the option, also when it is refused or has a word too many. */
static void test_values_are_not_logged(void **state)
{
    static const char *const lines[] = {
        "SET event-mqtt mqtt://user:SECRET@host",
        "SET event-mqtt mqtt://user:SECRET@host x",
        "SET event-mqtt SECRET x y",
        "SET event-mqtt=mqtt://user:SECRET@host",
        "SET \\\"event-mqtt mqtt://user:SECRET@host\\\"",
        "SET",
    };
    struct test_world *world = *state;
    struct osm_log_target *before;

    logged.target = (struct osm_log_target){.threshold = OSM_LOG_DEBUG, .write = keep};
    logged.text[0] = '\0';
    before = osm_log_here(&logged.target);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lines); i++)
        has(say(world, lines[i]), "'type':'invalid_argument'");
    has(say_as(world, OSM_ROLE_ADMIN, "plant", lines[0]), "'type':'access_denied'");
    (void)osm_log_here(before);
    assert_non_null(strstr(logged.text, "Console: SET event-mqtt (pid 1"));
    assert_null(strstr(logged.text, "SECRET"));
}

#define FINGERPRINT "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33"

static struct osm_refused_certificate refused(const char *url)
{
    return (struct osm_refused_certificate){.fingerprint = osm_strdup(FINGERPRINT),
                                            .store = osm_strdup("/proc/none/store"),
                                            .endpoint_url = osm_strdup(url),
                                            .since = 1};
}

static void test_trust(void **state)
{
    struct test_world *world = *state;
    struct osm_refused_certificates *all = osm_manager_refused(world->manager);

    all->list[all->size++] = refused(TEST_URL);
    has(say(world, "SHOW TRUST"), "[['" FINGERPRINT "','" TEST_URL "',null,null,1.000000,");
    lacks(say_as(world, OSM_ROLE_ADMIN, "other", "SHOW TRUST"), FINGERPRINT);
    has(say_as(world, OSM_ROLE_ADMIN, "other", "TRUST " FINGERPRINT), "waits: see SHOW TRUST");
    has(say(world, "TRUST " FINGERPRINT), "not among the rejected ones");
    assert_int_equal(all->size, 1);
    has(say(world, "REJECT 00112233445566778899AABBCCDDEEFF00112233"), "no longer waits");
    assert_int_equal(all->size, 0);
}

/* The disk does not answer: the process has to end all the same. */
static void test_the_end_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_refused_certificates *all = osm_manager_refused(world->manager);
    struct test_request *test;

    all->list[all->size++] = refused(TEST_URL);
    world->loop.hold_work = true;
    test = say(world, "TRUST " FINGERPRINT);
    site.console = osm_console_free(site.console);
    world->manager = osm_manager_free(world->manager);
    assert_null(test->reply);
    world->loop.hold_work = false;
    test_turn(world);
    test_fault_is(test, "ConnectionException", "The daemon is shutting down");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_console(test_every_command),
        with_console(test_any_case),
        with_console(test_wrong_lines),
        with_console(test_roles),
        with_console(test_operators_for_certain_servers),
        with_console(test_rows_and_filters),
        with_console(test_an_answer_is_bounded),
        with_console(test_kill),
        with_console(test_reconnect),
        with_console(test_a_session_that_opens),
        with_console(test_reconnect_a_session_that_opens),
        with_console(test_kill_by_server),
        with_console(test_a_connection_that_waits),
        with_console(test_pause_by_label),
        with_console(test_pause),
        with_console(test_pause_that_refuses),
        with_console(test_pauses_are_bounded),
        with_console(test_drain),
        with_console(test_set_and_reload),
        with_console(test_values_are_not_logged),
        with_console(test_trust),
        with_console(test_the_end_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
