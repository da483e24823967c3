/* SPDX-License-Identifier: MIT */
/*
 * Every function of the library with bad input: `arguments <socket or -> <url>`; `arguments --list`
 * names the functions that are looked at, which the test compares with the library's symbols.
 *
 * `arguments <socket or -> <url> lost`: says "ready", waits for a line, asks for everything that
 * does not wait with good arguments, says "sent", and looks that each is told once although the
 * server, or the daemon, goes away meanwhile.
 *
 * A row is one call, made once in each mode below. What is promised: nothing breaks; a waiting call
 * that fails says why and who; a call that does not wait is told exactly once, whatever it was
 * given.
 */
#include "check.h"
#include <poll.h>
#include <time.h>

_Thread_local int failures;
_Thread_local const char *current = "";

enum mode {
    NOTHING, /* no client, nothing else */
    NULLS,   /* a client, NULL for all the rest, counts of 1 */
    EMPTY,   /* empty texts, counts of 0 */
    HUGE_,   /* texts of 300 kB */
    WRONG,   /* texts that are no node ids, types that do not exist */
    INSIDE,  /* good arguments, from a function called back */
    CLOSED,  /* good arguments, the session has been closed */
    MODES
};
static const char *const mode_names[] = {"nothing", "nulls",  "empty", "huge",
                                         "wrong",   "inside", "closed"};

/* ---- what the calls are given --------------------------------------------------------- */

static struct opcua_client *cl, *client;
static struct opcua_subscription *sub, *subscription;
static struct opcua_error *why, error;
static const char *text, *json;
static const char *const *texts;
static size_t n;
static enum opcua_type type;
static struct opcua_value *value, held;
static struct opcua_data_value *data, data_held;
static const struct opcua_read_item *reads;
static const struct opcua_write_item *writes;
static const struct opcua_new_node *new_nodes;
static const struct opcua_new_reference *references;
static const struct opcua_text *ids;
static const int64_t *times;
static const uint32_t *numbers;

/* Results; NULL in the first two modes. */
static struct opcua_value *out_value, value_room;
static struct opcua_data_value *out_data, **out_datas, data_room, *datas_room;
static struct opcua_call_result *out_call, call_room;
static struct opcua_reference **out_references, *references_room;
static struct opcua_endpoint **out_endpoints, *endpoints_room;
static struct opcua_added *out_added, added_room;
static struct opcua_build *out_build, build_room;
static struct opcua_text *out_text, text_room;
static char **out_string, *string_room;
static size_t *out_count, count_room;
static uint32_t *out_number, number_room;
static uint64_t *out_long, long_room;
static int64_t *out_integer, integer_room;
static double *out_double, double_room;
static bool *out_bool, bool_room;

/* ---- what is told --------------------------------------------------------------------- */

static int told;

static void note(const struct opcua_error *why_not)
{
    told++;
    if (why_not)
        CHECK(why_not->source != OPCUA_SOURCE_NONE && why_not->message[0],
              "an error without words");
}

static void on_done(void *context, const struct opcua_error *e)
{
    (void)context;
    note(e);
}

#define TOLD(name, ...)                                                                            \
    static void on_##name(void *context, const struct opcua_error *e, __VA_ARGS__)

TOLD(json, const char *a, size_t b)
{
    (void)context, (void)a, (void)b, note(e);
}
TOLD(values, const struct opcua_data_value *a, size_t b)
{
    (void)context, (void)a, (void)b, note(e);
}
TOLD(statuses, const uint32_t *a, size_t b)
{
    (void)context, (void)a, (void)b, note(e);
}
TOLD(references, const struct opcua_reference *a, size_t b)
{
    (void)context, (void)a, (void)b, note(e);
}
TOLD(text, const char *a)
{
    (void)context, (void)a, note(e);
}
TOLD(call, const struct opcua_call_result *a)
{
    (void)context, (void)a, note(e);
}
TOLD(subscribed, struct opcua_subscription *a)
{
    (void)context, note(e);
    opcua_unsubscribe(a);
}
TOLD(monitored, uint32_t a)
{
    (void)context, (void)a, note(e);
}
TOLD(added, const struct opcua_added *a, size_t b)
{
    (void)context, (void)a, (void)b, note(e);
}
TOLD(build, const struct opcua_build *a)
{
    (void)context, (void)a, note(e);
}
TOLD(number, uint64_t a)
{
    (void)context, (void)a, note(e);
}
TOLD(endpoints, const struct opcua_endpoint *a, size_t b)
{
    (void)context, (void)a, (void)b, note(e);
}
TOLD(created, const char *a, uint32_t b)
{
    (void)context, (void)a, (void)b, note(e);
}

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *a)
{
    (void)context, (void)handle, (void)a;
}

static void on_notify(void *context, uint32_t handle, const struct opcua_value *a, size_t b)
{
    (void)context, (void)handle, (void)a, (void)b;
}

/* ---- the calls ------------------------------------------------------------------------ */

/* Has no result that could be wrong: it must survive. */
static bool gone(struct opcua_client *made)
{
    opcua_client_free(made);
    return made != NULL;
}

static bool freed(char *made)
{
    free(made);
    return made != NULL;
}

#include "arguments_calls.h"

static char *time_room(void)
{
    static char room[OPCUA_TIME_TEXT];

    return out_value ? room : NULL;
}

static uint32_t next_handle(void)
{
    static uint32_t handle;

    return ++handle;
}

static bool ended(struct opcua_subscription *made)
{
    opcua_unsubscribe(made);
    return made != NULL;
}

#define RUN_PLAIN(function, expression)                                                            \
    static bool run_##function(void)                                                               \
    {                                                                                              \
        expression;                                                                                \
        return true;                                                                               \
    }
#define RUN_WAITS(function, expression)                                                            \
    static bool run_##function(void)                                                               \
    {                                                                                              \
        return expression;                                                                         \
    }
CALLS(RUN_PLAIN, RUN_PLAIN, RUN_WAITS)

enum kind { PLAIN, ASYNC, WAITS };
#define ROW_PLAIN(function, expression) {#function, PLAIN, run_##function},
#define ROW_ASYNC(function, expression) {#function, ASYNC, run_##function},
#define ROW_WAITS(function, expression) {#function, WAITS, run_##function},
static const struct row {
    const char *name;
    enum kind kind;
    bool (*run)(void);
} rows[] = {CALLS(ROW_PLAIN, ROW_ASYNC, ROW_WAITS)};

/* ---- the modes ------------------------------------------------------------------------ */

static char huge[300000];

static void give_results(bool given)
{
#define GIVE(pointer, room) pointer = given ? &(room) : NULL
    GIVE(out_value, value_room);
    GIVE(out_data, data_room);
    GIVE(out_datas, datas_room);
    GIVE(out_call, call_room);
    GIVE(out_references, references_room);
    GIVE(out_endpoints, endpoints_room);
    GIVE(out_added, added_room);
    GIVE(out_build, build_room);
    GIVE(out_text, text_room);
    GIVE(out_string, string_room);
    GIVE(out_count, count_room);
    GIVE(out_number, number_room);
    GIVE(out_long, long_room);
    GIVE(out_integer, integer_room);
    GIVE(out_double, double_room);
    GIVE(out_bool, bool_room);
    GIVE(why, error);
}

static void give_arguments(const char *node, size_t count)
{
    static const char *node_list[1];
    static struct opcua_read_item read_list[1];
    static struct opcua_write_item write_list[1];
    static struct opcua_new_node node_rows[1];
    static struct opcua_new_reference reference_rows[1];
    static struct opcua_text id_list[1];
    static const int64_t time_list[1] = {1};
    static const uint32_t number_list[1] = {999999};

    n = count;
    node_list[0] = node;
    read_list[0].node = node;
    write_list[0].node = node;
    write_list[0].value = &held;
    node_rows[0].browse_name = node;
    node_rows[0].parent = node;
    reference_rows[0].source = node;
    texts = node_list;
    reads = read_list;
    writes = write_list;
    new_nodes = node_rows;
    references = reference_rows;
    ids = id_list;
    times = time_list;
    numbers = number_list;
    value = &held;
    data = &data_held;
    text = node;
    json = "[]";
}

static void enter(enum mode mode)
{
    static const char *const nodes[] = {[EMPTY] = "",
                                        [HUGE_] = huge,
                                        [WRONG] = "no node",
                                        [INSIDE] = "ns=77;s=none",
                                        [CLOSED] = "ns=77;s=none"};

    cl = mode == NOTHING ? NULL : client;
    sub = mode == NOTHING || mode == NULLS ? NULL : subscription;
    type = mode == WRONG ? (enum opcua_type)99 : OPCUA_TYPE_INT32;
    give_results(mode != NOTHING && mode != NULLS);
    if (mode != NOTHING && mode != NULLS) {
        give_arguments(nodes[mode], mode != EMPTY);
        json = mode == WRONG ? "{" : mode == HUGE_ ? huge : "[]";
        return;
    }
    n = 1;
    text = json = NULL;
    texts = NULL;
    reads = NULL;
    writes = NULL;
    new_nodes = NULL;
    references = NULL;
    ids = NULL;
    times = NULL;
    numbers = NULL;
    value = NULL;
    data = NULL;
}

static void drop_results(void)
{
    opcua_value_clear(&value_room);
    opcua_data_value_clear(&data_room);
    opcua_data_values_free(datas_room, datas_room ? count_room : 0);
    opcua_call_result_clear(&call_room);
    opcua_references_free(references_room, count_room);
    opcua_endpoints_free(endpoints_room, count_room);
    opcua_added_clear(&added_room, 1);
    opcua_build_clear(&build_room);
    free(text_room.data);
    free(string_room);
    datas_room = NULL;
    references_room = NULL;
    endpoints_room = NULL;
    text_room = (struct opcua_text){0};
    string_room = NULL;
    count_room = 0;
}

static void run_until_told(int least)
{
    time_t end = time(NULL) + PATIENCE;

    while (told < least && time(NULL) < end) {
        struct pollfd ready = {.fd = opcua_fd(client), .events = opcua_events(client)};
        int timeout = opcua_timeout(client);

        poll(&ready, 1, timeout < 0 || timeout > 200 ? 200 : timeout);
        if (opcua_process(client, &error) < 0)
            break;
    }
}

static void check_row(const struct row *row, enum mode mode)
{
    bool good;

    error = (struct opcua_error){0};
    told = 0;
    good = row->run();
    if (row->kind == WAITS && !good && why)
        CHECK(error.source != OPCUA_SOURCE_NONE && error.message[0], "%s, %s: fails without words",
              row->name, mode_names[mode]);
    if (row->kind == WAITS && (mode == NOTHING || mode == NULLS) &&
        strcmp(row->name, "opcua_process") != 0 && strcmp(row->name, "opcua_reconnect") != 0 &&
        strcmp(row->name, "opcua_forget") != 0 && strcmp(row->name, "opcua_discover_types") != 0 &&
        strcmp(row->name, "opcua_subscribe") != 0)
        CHECK(!good, "%s, %s", row->name, mode_names[mode]);
    if (row->kind == WAITS && mode == INSIDE && strncmp(row->name, "opcua_c", 7) != 0 &&
        strcmp(row->name, "opcua_value_from_json") != 0)
        CHECK(!good && error.source == OPCUA_SOURCE_HERE, "%s waits inside a function called back",
              row->name);
    if (row->kind == ASYNC && mode != INSIDE) {
        if (mode == NOTHING)
            CHECK(told == 1, "%s without client is told %d times", row->name, told);
        else
            run_until_told(1);
        CHECK(told == 1, "%s, %s: told %d times", row->name, mode_names[mode], told);
    }
    drop_results();
}

static int asked_inside;

static void on_inside(void *context, const struct opcua_error *e)
{
    const struct row *row = context;

    (void)e;
    check_row(row, INSIDE);
    asked_inside++;
}

/* The row is run from a function called back; what it asks for is told later. */
static void check_inside(const struct row *row)
{
    int expected = row->kind == ASYNC;

    asked_inside = 0;
    opcua_forget_async(client, NULL, on_inside, (void *)(uintptr_t)row);
    for (int i = 0; i < 5000 && !asked_inside; i++) {
        struct pollfd ready = {.fd = opcua_fd(client), .events = opcua_events(client)};

        poll(&ready, 1, 30);
        (void)opcua_process(client, &error);
    }
    run_until_told(expected);
    CHECK(asked_inside == 1 && told == expected, "%s from inside: told %d times", row->name, told);
}

static int check_all(const char *where, const char *url)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;

    options.force_new = true;
    memset(huge, 'x', sizeof(huge) - 1);
    for (int mode = NOTHING; mode < MODES; mode++) {
        current = mode_names[mode];
        client = check_connect(where, url, &options, &error);
        subscription = client ? opcua_subscribe(client, NULL, &error) : NULL;
        CHECK(client && subscription, "%s", error.message);
        if (!client || !subscription)
            return check_end();
        if (mode == CLOSED)
            CHECK(opcua_command(client, "close", "{}", &string_room, &error), "%s", error.message);
        drop_results();
        enter((enum mode)mode);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (mode == INSIDE)
                check_inside(&rows[i]);
            else
                check_row(&rows[i], (enum mode)mode);
        }
        opcua_client_free(client);
        printf("done: %s\n", current);
    }
    return check_end();
}

static int lost(const char *where, const char *url)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    char line[16];
    int asked = 0;

    options.force_new = true;
    options.timeout = 5;
    current = "lost";
    client = check_connect(where, url, &options, &error);
    subscription = client ? opcua_subscribe(client, NULL, &error) : NULL;
    CHECK(subscription, "%s", error.message);
    if (!subscription)
        return check_end();
    enter(INSIDE);
    printf("ready\n");
    if (!fgets(line, sizeof(line), stdin))
        return 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].kind == ASYNC) {
            rows[i].run();
            asked++;
        }
    }
    printf("sent\n");
    run_until_told(asked);
    CHECK(told == asked, "%d of %d calls were told", told, asked);
    CHECK(!opcua_read_value(client, "i=2258", &value_room, &error) &&
              error.source != OPCUA_SOURCE_NONE && error.message[0],
          "there is nobody to read from");
    printf("%s: %s: %s\n", opcua_source_name(error.source), error.kind, error.message);
    opcua_client_free(client);
    CHECK(told == asked, "%d calls were told again", told - asked);
    return check_end();
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    opcua_value_init_integer(&held, OPCUA_TYPE_INT32, 5);
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            printf("%s\n", rows[i].name);
        return 0;
    }
    if (argc == 4 && strcmp(argv[3], "lost") == 0)
        return lost(argv[1], argv[2]);
    return argc == 3 ? check_all(argv[1], argv[2]) : 2;
}
