/* SPDX-License-Identifier: MIT */
#ifndef OPCUA_SESSION_DAEMON_H
#define OPCUA_SESSION_DAEMON_H
/*
 * libopcua-session-daemon: opcua-session-manager as a part of another program.
 *
 *   osm_daemon_new ─▶ osm_daemon_run, until osm_daemon_stop ─▶ osm_daemon_free
 *
 * The daemon listens on its socket and keeps connections as the program would; what happens in its
 * sessions is told to a function of the caller's. Daemons may follow one another in a process, and
 * run beside each other in threads of their own, each on its own socket.
 *
 * Of the process it takes nothing unless it is asked to (owns_process): no signals, no sandbox, no
 * limits, no environment variables, no log of its own, and it never ends the process but when
 * memory is out. What it does: while the socket is made, the process's umask is another for a
 * moment; private keys are worked on in libuv's pool of threads, and each name is looked up in a
 * thread of its own. A resolver that hangs is not waited for, neither by osm_daemon_run() nor by
 * the end of the process: its thread stays behind until it gets an answer.
 */
#include <opcua-session.h>

#ifdef __cplusplus
extern "C" {
#endif

struct osm_daemon;

/* The severities of RFC 5424, 0 = emergency … 7 = debug; which are told is --log-level's. */
typedef void osm_daemon_log_fn(void *context, int severity, const char *text);
/* Events of all sessions, as docs/events.md has them; name and json are valid during the call.
 * While it runs the daemon stands still, for callers and for servers: what takes long is handed on.
 */
typedef void osm_daemon_event_fn(void *context, const char *name, const char *json, size_t length);
/* It listens: unix:///run/x.sock or tcp://127.0.0.1:9990, with the port it has got. */
typedef void osm_daemon_ready_fn(void *context, const char *socket);

/* Begin with OSM_DAEMON_CONFIG_INIT. What it points to must last until osm_daemon_new() returns,
 * functions and context until osm_daemon_free(). All functions are called by the thread that runs
 * the daemon, and must not wait for the daemon. */
struct osm_daemon_config {
    size_t size; /* of this struct, as the caller knows it */
    /* Options as on the command line (docs/options.md), ended by NULL: "--socket", "/run/x.sock" …
     */
    const char *const *arguments;
    /* What stands below `connections` in a configuration file (opcua-session-manager.conf(5)), as
     * YAML or JSON; NULL = none. */
    const char *connections;
    osm_daemon_event_fn *event; /* NULL = nobody is told */
    osm_daemon_log_fn *log;     /* NULL = nothing is logged */
    osm_daemon_ready_fn *ready; /* NULL = nobody is told */
    void *context;              /* of all three */
    bool owns_process; /* signals end it, it enters its sandbox: for a program that is nothing else
                        */
};
#ifdef __cplusplus
#define OSM_DAEMON_CONFIG_INIT                                                                     \
    {                                                                                              \
        sizeof(struct osm_daemon_config)                                                           \
    }
#else
#define OSM_DAEMON_CONFIG_INIT                                                                     \
    {                                                                                              \
        .size = sizeof(struct osm_daemon_config)                                                   \
    }
#endif

/* Reads options and connections. NULL with *error (its message names every mistake, as far as it
 * has room) when there is one. config NULL = the defaults. */
OPCUA_API struct osm_daemon *osm_daemon_new(const struct osm_daemon_config *config,
                                            struct opcua_error *error);
/* Runs the daemon, until it is stopped: callers get their answers, sessions are closed, events are
 * delivered, within ten seconds. 0, or -1 with *error when it could not start. Once per daemon. */
OPCUA_API int osm_daemon_run(struct osm_daemon *daemon, struct opcua_error *error);
/* Has osm_daemon_run() end, also one that has not begun. From any thread, any function called back
 * and any signal handler; more than once is fine. */
OPCUA_API void osm_daemon_stop(struct osm_daemon *daemon);
/* Where it listens; NULL when it does not. For the thread that runs it. */
OPCUA_API const char *osm_daemon_socket(const struct osm_daemon *daemon);
/* After osm_daemon_run() has returned. NULL is fine. */
OPCUA_API void osm_daemon_free(struct osm_daemon *daemon);

/* line 0 = the file as a whole. text: the whole line as the daemon prints it. Of what is no error
 * the daemon would warn. */
typedef void osm_daemon_mistake_fn(void *context, unsigned line, bool is_error, const char *text);
/* Looks at a configuration file as `opcua-session-manager --check` does, starts nothing and changes
 * nothing; tells every mistake. Whether the daemon would start with it. */
OPCUA_API bool osm_daemon_check(const char *path, osm_daemon_mistake_fn *mistake, void *context);

#ifdef __cplusplus
}
#endif

#endif
