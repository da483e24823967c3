/* SPDX-License-Identifier: MIT */
/*
 * libopcua-session-daemon from outside: `daemon <folder> <url>`. Several daemons in one process,
 * one after the other and beside each other, and what they leave alone of it. `daemon <folder>
 * <url> hangs`: the server's name is never found.
 */
#include "check.h"
#include <opcua-session-daemon.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

_Thread_local int failures;
_Thread_local const char *current = "";

#define ROUNDS 3

static const char *folder, *url;
static struct opcua_error error;

struct seen {
    struct osm_daemon *daemon;
    int ready, lines, changes, warnings;
    bool reads; /* a client of the daemon's, from its own event function */
};

static void on_ready(void *context, const char *socket)
{
    struct seen *seen = context;

    seen->ready++;
    CHECK(strncmp(socket, "unix://", 7) == 0, "%s", socket);
    CHECK(seen->daemon && strcmp(osm_daemon_socket(seen->daemon), socket) == 0, "%s", socket);
}

static void on_log(void *context, int severity, const char *text)
{
    struct seen *seen = context;

    seen->lines++;
    seen->warnings += severity == 4 && strstr(text, "Unknown argument") != NULL;
}

static void on_event(void *context, const char *name, const char *json, size_t length)
{
    struct seen *seen = context;

    CHECK(strlen(json) == length && strstr(json, name), "%s: %s", name, json);
    seen->changes += strcmp(name, "DataChangeReceived") == 0;
    if (seen->changes >= 2)
        osm_daemon_stop(seen->daemon);
}

/* name: of the socket, in the folder. */
static struct osm_daemon *make(const char *name, struct seen *seen, const char *more)
{
    static char socket[2][200], connections[2][400];
    struct osm_daemon_config config = OSM_DAEMON_CONFIG_INIT;
    int slot = name[0] == 'b';
    const char *arguments[] = {"--socket", socket[slot], "--no-such-thing", more, NULL};

    snprintf(socket[slot], sizeof(socket[slot]), "%s/%s.sock", folder, name);
    snprintf(connections[slot], sizeof(connections[slot]),
             "{\"plant\": {\"endpoint\": \"%s\", \"subscriptions\": [{\"publishing_interval\": 50, "
             "\"monitored_items\": [{\"node_id\": \"i=2258\"}]}]}}",
             url);
    config.arguments = arguments;
    config.connections = connections[slot];
    config.event = on_event;
    config.log = on_log;
    config.ready = on_ready;
    config.context = seen;
    seen->daemon = osm_daemon_new(&config, &error);
    CHECK(seen->daemon, "%s", error.message);
    return seen->daemon;
}

static void check_seen(const struct seen *seen)
{
    CHECK(seen->ready == 1 && seen->changes >= 2 && seen->lines > 2 && seen->warnings == 1,
          "ready %d, %d changes, %d lines, %d warnings", seen->ready, seen->changes, seen->lines,
          seen->warnings);
}

/* The same socket again and again; what the process is like stays as it is. */
static void one_after_the_other(void)
{
    struct sigaction before[3], after[3];
    const int signals[] = {SIGTERM, SIGPIPE, SIGHUP};
    sigset_t mask, mask_after;

    for (int i = 0; i < 3; i++)
        sigaction(signals[i], NULL, &before[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int round = 0; round < ROUNDS; round++) {
        struct seen seen = {0};
        struct osm_daemon *daemon = make("a", &seen, NULL);

        CHECK(daemon && osm_daemon_run(daemon, &error) == 0, "%s", error.message);
        check_seen(&seen);
        CHECK(osm_daemon_run(daemon, &error) < 0 && error.source == OPCUA_SOURCE_HERE,
              "a daemon runs once");
        CHECK(!osm_daemon_socket(daemon), "it does not listen any more");
        osm_daemon_free(daemon);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    for (int i = 1; i < 32; i++)
        CHECK(sigismember(&mask, i) == sigismember(&mask_after, i), "signal %d is held back", i);
    for (int i = 0; i < 3; i++) {
        sigaction(signals[i], NULL, &after[i]);
        CHECK(after[i].sa_handler == before[i].sa_handler, "signal %d", signals[i]);
    }
}

static void *run_in_thread(void *context)
{
    struct opcua_error why;

    CHECK(osm_daemon_run(context, &why) == 0, "%s", why.message);
    return NULL;
}

static void beside_each_other(void)
{
    struct seen a = {0}, b = {0};
    struct osm_daemon *first = make("a", &a, NULL), *second = make("b", &b, NULL);
    pthread_t thread;

    pthread_create(&thread, NULL, run_in_thread, second);
    CHECK(osm_daemon_run(first, &error) == 0, "%s", error.message);
    pthread_join(thread, NULL);
    check_seen(&a);
    check_seen(&b);
    osm_daemon_free(first);
    osm_daemon_free(second);
}

/* A child has the same descriptors: its end is not the parent's. */
static void stopped_in_a_child(void)
{
    struct seen seen = {0};
    struct osm_daemon *daemon = make("a", &seen, NULL);
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        osm_daemon_stop(daemon);
        osm_daemon_free(daemon);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0, "%d", status);
    CHECK(osm_daemon_run(daemon, &error) == 0, "%s", error.message);
    check_seen(&seen);
    osm_daemon_free(daemon);
}

static void stopped_before_it_runs(void)
{
    struct seen seen = {0};
    struct osm_daemon *daemon = make("a", &seen, NULL);

    osm_daemon_stop(daemon);
    osm_daemon_stop(daemon);
    CHECK(osm_daemon_run(daemon, &error) == 0 && seen.ready == 1, "%s", error.message);
    osm_daemon_free(daemon);
}

/* A socket that cannot be made is an error of run, and the next daemon is none the worse. */
static void cannot_start(void)
{
    const char *arguments[] = {"--socket", "/nowhere/at/all.sock", NULL};
    struct osm_daemon_config config = OSM_DAEMON_CONFIG_INIT;
    struct osm_daemon *daemon;

    config.arguments = arguments;
    daemon = osm_daemon_new(&config, &error);
    CHECK(daemon, "%s", error.message);
    CHECK(osm_daemon_run(daemon, &error) < 0 && strstr(error.message, "/nowhere/at/all.sock"), "%s",
          error.message);
    osm_daemon_free(daemon);
}

static void refused(const char *first, const char *second, const char *connections,
                    const char *expected)
{
    const char *arguments[] = {first, second, NULL};
    struct osm_daemon_config config = OSM_DAEMON_CONFIG_INIT;

    config.arguments = arguments;
    config.connections = connections;
    error = (struct opcua_error){0};
    CHECK(!osm_daemon_new(&config, &error), "%s is taken", expected);
    CHECK(error.source == OPCUA_SOURCE_HERE && strstr(error.message, expected), "%s: %s", expected,
          error.message);
}

static void bad_input(void)
{
    struct osm_daemon_config small = {.size = 1};

    refused("--max-sessions", "many", NULL, "max-sessions");
    refused("--help", NULL, NULL, "--help");
    refused("--user", "root", NULL, "--user");
    refused("--log-file", "/tmp/x", NULL, "--log-file");
    refused("--socket", "tcp://10.1.2.3:5", NULL, "10.1.2.3");
    refused(NULL, NULL, "{", "connections");
    refused(NULL, NULL, "[]", "connections");
    refused(NULL, NULL, "plant: {endpoint: 5x}\n", "endpoint");
    CHECK(!osm_daemon_new(&small, &error) && strstr(error.message, "OSM_DAEMON_CONFIG_INIT"), "%s",
          error.message);
    CHECK(osm_daemon_run(NULL, &error) < 0 && osm_daemon_run(NULL, NULL) < 0, "NULL");
    CHECK(!osm_daemon_socket(NULL), "NULL");
    osm_daemon_stop(NULL);
    osm_daemon_free(NULL);
    CHECK(!osm_daemon_check(NULL, NULL, NULL), "NULL is no file");
    CHECK(!osm_daemon_check("", NULL, NULL), "nor is nothing");
}

/* ---- files ---------------------------------------------------------------------------- */

static unsigned lines[8];
static int errors, warnings;

static void on_mistake(void *context, unsigned line, bool is_error, const char *text)
{
    CHECK(strncmp(text, context, strlen(context)) == 0, "%s", text);
    if (errors + warnings < 8)
        lines[errors + warnings] = line;
    errors += is_error;
    warnings += !is_error;
}

static void files(void)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof(path), "%s/wrong.yaml", folder);
    file = fopen(path, "w");
    fprintf(file, "timeout: 5\nmax_sessions: many\nconnections:\n  plant:\n    endpoint: nonsense\n"
                  "no_such_option: 1\n");
    fclose(file);
    CHECK(!osm_daemon_check(path, on_mistake, path), "it has mistakes");
    CHECK(errors == 3 && lines[0] == 2 && lines[1] == 5 && lines[2] == 6, "%d errors: %u %u %u",
          errors, lines[0], lines[1], lines[2]);
    file = fopen(path, "w");
    fprintf(file, "timeout: 5\n");
    fclose(file);
    errors = 0;
    CHECK(osm_daemon_check(path, on_mistake, path) && errors == 0, "%d errors", errors);
    unlink(path);
}

/* ---- a resolver that hangs ------------------------------------------------------------- */

static void stop_at_failure(void *context, int severity, const char *text)
{
    struct seen *seen = context;

    if (severity <= 4 && strstr(text, "timed out"))
        osm_daemon_stop(seen->daemon);
}

/* It ends although a thread waits for the name; so does the process. */
static void a_resolver_that_hangs(void)
{
    static char connections[400], socket[200];
    const char *arguments[] = {"--socket", socket, NULL};
    struct osm_daemon_config config = OSM_DAEMON_CONFIG_INIT;
    struct seen seen = {0};

    snprintf(socket, sizeof(socket), "%s/a.sock", folder);
    snprintf(connections, sizeof(connections),
             "{\"plant\": {\"endpoint\": \"%s\", \"config\": {\"opcuaTimeout\": 0.2}}}", url);
    config.arguments = arguments;
    config.connections = connections;
    config.log = stop_at_failure;
    config.context = &seen;
    seen.daemon = osm_daemon_new(&config, &error);
    CHECK(seen.daemon, "%s", error.message);
    CHECK(osm_daemon_run(seen.daemon, &error) == 0, "%s", error.message);
    osm_daemon_free(seen.daemon);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"files", files},
        {"bad input", bad_input},
        {"one after the other", one_after_the_other},
        {"cannot start", cannot_start},
        {"stopped before it runs", stopped_before_it_runs},
        {"stopped in a child", stopped_in_a_child},
        {"beside each other", beside_each_other},
    };

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 3)
        return 2;
    folder = argv[1];
    url = argv[2];
    if (argc == 4) {
        a_resolver_that_hangs();
        return check_end();
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        current = cases[i].name;
        cases[i].run();
        printf("done: %s\n", current);
    }
    return check_end();
}
