/* SPDX-License-Identifier: MIT */
/*
 * See daemon.h. Two stairs: daemon_start() goes up, one step per part, and stops at the first
 * that fails; daemon_end() goes down from wherever that was. An orderly shutdown is asynchronous
 * and comes between them:
 *
 *   signal → stop accepting → sessions disconnect → events are delivered → connections close
 *   → daemon_end()
 */
#include "app/daemon/daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/daemon/cache_dir.h"
#include "app/daemon/callers.h"
#include "app/daemon/console_port.h"
#include "app/daemon/duties.h"
#include "app/daemon/event_sinks.h"
#include "app/daemon/event_tell.h"
#include "app/daemon/lookout.h"
#include "app/daemon/metrics_port.h"
#include "app/daemon/own_counters.h"
#include "app/daemon/reload.h"
#include "app/daemon/thrift.h"
#include "app/daemon/web_page.h"
#include "app/process/pid_file.h"
#include "app/process/process.h"
#include "app/process/sandbox.h"
#include "app/process/service_manager.h"
#include "app/process/signals.h"
#include "auto/auto_connect.h"
#include "core/manager/manager.h"
#include "rim/db/cache_store.h"
#include "rim/io/listener.h"
#include "rim/io/loop.h"
#include "rim/io/watchdog.h"
#include "rim/ua/ua.h"
#include "serve/command/command.h"
#include "serve/ipc/server.h"
#include "util/alloc.h"

/* The parts of the 10 s a shutdown may take. Callers get answers first, because a request that
 * is nearly done should not be lost; CloseSession is one round trip per server, in parallel. */
#define SHUTDOWN_GRACE ((osm_msec)3000) /* running requests */
#define SHUTDOWN_LIMIT ((osm_msec)4000) /* disconnecting sessions */
#define SHUTDOWN_DRAIN ((osm_msec)500)  /* delivering events */
#define SHUTDOWN_CLOSE ((osm_msec)1000) /* replies on their way */
#define THREADS_SECONDS 1u              /* for threads when all else is done */
#define SHUTDOWN_SECONDS 10u            /* the process ends itself the hard way */

_Static_assert(SHUTDOWN_GRACE + SHUTDOWN_LIMIT + SHUTDOWN_DRAIN + OSM_SINKS_STOP_MS +
                       SHUTDOWN_CLOSE <
                   1000 * SHUTDOWN_SECONDS,
               "the orderly way must have time to end");

/* Longer times are as good as for ever, and can be counted in milliseconds. */
#define LONGEST_SECONDS INT64_C(1000000000000)

struct daemon {
    struct osm_options *options;
    const struct osm_daemon_host *host;
    uv_poll_t stopper;          /* the host's descriptor */
    struct osm_event_tell tell; /* the host's function */
    bool stopping;
    int argc;
    char *const *argv;
    uv_loop_t loop;
    struct osm_io_loop io;
    struct osm_watchdog watchdog;
    struct osm_signals signals;
    struct osm_address endpoint;
    struct osm_pid_file *pid_file;
    struct osm_ua *ua;
    struct osm_manager *manager;
    struct osm_sinks *sinks; /* NULL = none */
    struct osm_ipc_server *server;
    struct osm_web_page web_page;
    struct osm_metrics_port metrics_port;
    struct osm_own_counters counters;
    struct osm_own_counted counted;
    struct osm_auto_connect *auto_connect;
    struct osm_reload *reload;
    struct osm_drain drain;
    struct osm_console_port console_port;
    struct osm_console *console;
    struct osm_duties duties;
    struct osm_thrift thrift;
    struct osm_lookout *lookout;
};

/* ---- the end ------------------------------------------------------------------------------ */

static void on_ua_gone(void *context)
{
    struct daemon *daemon = context;

    daemon->ua = NULL;
}

/* Everything that is left begins to close; the loop ends when it has. */
static void daemon_end(struct daemon *daemon)
{
    osm_web_page_end(&daemon->web_page);
    daemon->counted.http = NULL;
    osm_metrics_port_end(&daemon->metrics_port);
    daemon->server = osm_ipc_server_free(daemon->server);
    daemon->console = osm_console_free(daemon->console);
    osm_event_tell_end(&daemon->tell);
    if (daemon->sinks)
        osm_sinks_close(osm_steal(daemon->sinks), 0, NULL, NULL);
    osm_lookout_end(daemon->lookout);
    daemon->manager = osm_manager_free(daemon->manager);
    daemon->auto_connect = osm_auto_connect_free(daemon->auto_connect);
    if (daemon->host->owns_process)
        osm_signals_close(&daemon->signals);
    if (daemon->host->stop_fd >= 0)
        uv_close((uv_handle_t *)&daemon->stopper, NULL);
    osm_watchdog_close(&daemon->watchdog);
    osm_duties_end(&daemon->duties);
    osm_thrift_end(&daemon->thrift);
    if (daemon->ua)
        osm_ua_free(daemon->ua, on_ua_gone, daemon);
    osm_signals_orderly(THREADS_SECONDS);
}

static void on_server_closed(void *context)
{
    daemon_end(context);
}

static void on_sinks_closed(void *context)
{
    struct daemon *daemon = context;

    osm_ipc_server_close(daemon->server, on_server_closed, daemon);
}

static void on_sessions_closed(void *context)
{
    struct daemon *daemon = context;
    struct osm_sinks *sinks = osm_steal(daemon->sinks);

    osm_manager_lend_sinks(daemon->manager, &(struct osm_sink_source){0});
    if (sinks)
        osm_sinks_close(sinks, SHUTDOWN_DRAIN, on_sinks_closed, daemon);
    else
        on_sinks_closed(daemon);
}

static void on_stop(void *context)
{
    struct daemon *daemon = context;

    if (daemon->stopping)
        return; /* drained, and told by a signal or its host, too */
    daemon->stopping = true;
    osm_log_info("Shutting down...");
    osm_drain_stop(&daemon->drain);
    osm_service_manager_tell("STOPPING=1\nSTATUS=Saying goodbye to servers and callers");
    if (daemon->host->owns_process)
        osm_signals_arm(daemon->pid_file, SHUTDOWN_SECONDS);
    osm_web_page_end(&daemon->web_page);
    osm_ipc_server_stop_accepting(daemon->server);
    osm_auto_connect_stop(daemon->auto_connect);
    osm_reload_end(daemon->reload);
    osm_manager_shutdown(daemon->manager, SHUTDOWN_GRACE, SHUTDOWN_LIMIT, on_sessions_closed,
                         daemon);
}

static void on_host_stops(uv_poll_t *stopper, int status, int events)
{
    (void)status, (void)events;
    (void)uv_poll_stop(stopper);
    on_stop(stopper->data);
}

/* One SIGHUP, until what it asked for is done. */
struct hangup {
    struct osm_console_wait wait;
    struct daemon *daemon;
};

static void on_reloaded(struct osm_console_wait *wait, bool ok, const char *text)
{
    struct hangup *hangup = osm_container_of(wait, struct hangup, wait);

    (void)ok; /* the log says what became of it */
    (void)text;
    osm_duties_reloaded(&hangup->daemon->duties);
    free(hangup);
}

static void on_reopen(void *context)
{
    struct daemon *daemon = context;
    struct hangup *hangup;

    if (!daemon->reload || daemon->stopping)
        return;
    hangup = osm_alloc(sizeof(*hangup));
    *hangup = (struct hangup){.wait = {.done = on_reloaded}, .daemon = daemon};
    osm_service_manager_reloading();
    osm_reload_start(daemon->reload, &hangup->wait);
}

/* ---- the start ---------------------------------------------------------------------------- */

static int start_process(struct daemon *daemon, char **error)
{
    (void)error;
    if (daemon->host->owns_process)
        osm_process_core_dumps((enum osm_core_dumps)daemon->options->core_dumps);
    return 0;
}

static int start_endpoint(struct daemon *daemon, char **error)
{
    return osm_address_parse(daemon->options->socket, &daemon->endpoint, error);
}

static int start_pid_file(struct daemon *daemon, char **error)
{
    _cleanup_(osm_freep) char *path = osm_pid_file_path(&daemon->endpoint, getenv("TMPDIR"));
    struct stat status;
    int r = osm_pid_file_new(path, &daemon->pid_file, error);

    /* Where no PID file can be made, no socket can: say what the operator asked for. */
    if (r < 0 && r != -EBUSY && daemon->endpoint.is_unix && lstat(path, &status) < 0) {
        free(*error);
        *error = osm_printf("Failed to listen on Unix domain socket \"%s\": %s",
                            daemon->endpoint.uri, strerror(-r));
    }
    return r;
}

/* Signals come before the socket: who sees the socket may already send one. */
static int start_signals(struct daemon *daemon, char **error)
{
    int r;

    if (!daemon->host->owns_process)
        return 0;
    r = osm_signals_init(&daemon->signals, &daemon->loop, on_stop, on_reopen, daemon);

    if (r < 0)
        *error = osm_printf("Cannot watch for signals: %s", uv_strerror(r));
    return r;
}

static struct osm_cache_config cache_config(const struct osm_options *options)
{
    static const enum osm_cache_kind kinds[] = {[OSM_CACHE_MEMORY] = OSM_CACHE_IN_MEMORY,
                                                [OSM_CACHE_FILE] = OSM_CACHE_IN_FILES,
                                                [OSM_CACHE_NONE] = OSM_CACHE_OFF};

    return (struct osm_cache_config){.kind = kinds[options->cache_driver],
                                     .path = options->cache_path,
                                     .store = osm_cache_store_ops(),
                                     .ttl = OSM_MIN(options->cache_ttl, LONGEST_SECONDS)};
}

static int start_manager(struct daemon *daemon, char **error)
{
    const struct osm_options *options = daemon->options;
    const struct osm_manager_config config = {
        .session_timeout = OSM_MIN(options->timeout, LONGEST_SECONDS),
        .cleanup_interval = OSM_MIN(options->cleanup_interval, LONGEST_SECONDS),
        .max_sessions = options->max_sessions,
        .allowed_cert_dirs = options->allowed_cert_dirs,
        .refuse_other_uri = options->certificate_uri == OSM_CERTIFICATE_URI_REFUSE,
        .allowed_endpoints = options->allow_endpoint,
        .cache = cache_config(options),
        .event_buffer = (size_t)options->event_buffer,
        .auto_publish = options->auto_publish,
        .deferred_ack = options->deferred_ack,
    };
    int r;

    daemon->ua = osm_ua_new(&daemon->io, &osm_lookup_threads, options->state_dir);
    r = options->key_log ? osm_ua_log_keys(daemon->ua, options->key_log) : 0;
    if (r < 0) {
        *error = osm_printf("Cannot open key log %s: %s", options->key_log, strerror(-r));
        return r;
    }
    r = options->reverse_listen
            ? osm_ua_listen(daemon->ua, options->reverse_listen, options->reverse_allow, error)
            : 0;
    if (r < 0)
        return r;
    daemon->manager = osm_manager_new(&config, &daemon->io.loop, osm_ua_ops(), daemon->ua);
    daemon->auto_connect = osm_auto_connect_new(daemon->manager);
    return 0;
}

static int start_sinks(struct daemon *daemon, char **error)
{
    char client[OSM_MQTT_CLIENT_MAX];
    const struct osm_sinks_config config = osm_event_sinks_config(daemon->options, client);
    int r;

    if (!osm_sinks_wanted(&config))
        return 0;
    r = osm_event_sinks_check_files(daemon->options, error);
    if (r < 0)
        return r;
    r = osm_sinks_new(&config, &daemon->io.loop, &daemon->loop, osm_manager_bus(daemon->manager),
                      &daemon->sinks, error);
    if (r < 0)
        return r;
    osm_manager_auto_publish_on(daemon->manager);
    osm_manager_lend_sinks(daemon->manager,
                           &(struct osm_sink_source){osm_sinks_look, daemon->sinks});
    return 0;
}

static int start_tell(struct daemon *daemon, char **error)
{
    const struct osm_daemon_host *host = daemon->host;

    (void)error;
    if (!host->event)
        return 0;
    osm_event_tell_begin(&daemon->tell, &daemon->io.loop, osm_manager_bus(daemon->manager),
                         host->event, host->context);
    osm_manager_auto_publish_on(daemon->manager);
    return 0;
}

static int start_server(struct daemon *daemon, char **error)
{
    const struct osm_options *options = daemon->options;
    struct osm_ipc_config config;
    int r;

    osm_ipc_config_init(&config);
    r = osm_callers_read(options, &daemon->endpoint, &config, error);
    if (r < 0)
        return r;
    config.endpoint = &daemon->endpoint;
    config.socket_mode = (unsigned)options->socket_mode;
    config.token = options->token;
    config.max_connections = (unsigned)options->max_connections;
    config.max_in_flight = (unsigned)options->max_in_flight;
    config.max_frame_bytes = (size_t)options->max_frame_bytes;
    config.idle_timeout = (osm_msec)options->idle_timeout * 1000;
    config.close_timeout = SHUTDOWN_CLOSE;
    return osm_ipc_server_new(&daemon->loop, daemon->manager, &config, &daemon->server, error);
}

static int start_web_page(struct daemon *daemon, char **error)
{
    return osm_web_page_start(&daemon->web_page, daemon->options, &daemon->loop, error);
}

static int start_metrics(struct daemon *daemon, char **error)
{
    return osm_metrics_port_start(&daemon->metrics_port, daemon->options, &daemon->loop, error);
}

/* What changes a daemon that runs. */
static void start_console(struct daemon *daemon)
{
    const struct osm_options *options = daemon->options;
    const struct osm_reload_parts parts = {
        .loop = &daemon->io.loop,
        .uv = &daemon->loop,
        .endpoint = &daemon->endpoint,
        .manager = daemon->manager,
        .auto_connect = daemon->auto_connect,
        .server = daemon->server,
        .sinks = &daemon->sinks,
        .owns_process = daemon->host->owns_process,
        .sandboxed = daemon->host->owns_process && !options->no_sandbox && !options->event_command,
    };

    daemon->reload = osm_reload_new(daemon->options, daemon->argc, daemon->argv, &parts);
    daemon->drain = (struct osm_drain){
        .manager = daemon->manager, .server = daemon->server, .end = on_stop, .context = daemon};
    daemon->console_port = (struct osm_console_port){.server = daemon->server,
                                                     .options = options,
                                                     .reload = daemon->reload,
                                                     .drain = &daemon->drain};
    daemon->console =
        osm_console_new(daemon->manager, &osm_console_port_ops, &daemon->console_port);
}

static void log_started(const struct daemon *daemon)
{
    const struct osm_options *options = daemon->options;

    if (!options->token && !options->token_file)
        osm_log_warning("No auth token configured. Any local process can control the daemon.");
    if (options->key_log)
        osm_log_warning("The keys of secure channels are written to %s: who reads it reads all "
                        "that they carry",
                        options->key_log);
    osm_log_info("OPC UA Session Manager started on %s",
                 osm_ipc_server_endpoint(daemon->server)->uri);
    osm_log_info("Timeout: %llds, Cleanup interval: %llds, Max sessions: %lld",
                 (long long)options->timeout, (long long)options->cleanup_interval,
                 (long long)options->max_sessions);
    if (daemon->endpoint.is_unix)
        osm_log_info("Socket permissions: %llo", (unsigned long long)options->socket_mode);
    if (options->auto_publish || daemon->sinks)
        osm_log_info("Auto-publish enabled");
}

static int daemon_start(struct daemon *daemon, char **error)
{
    static int (*const steps[])(struct daemon * daemon, char **error) = {
        start_process, start_endpoint, start_pid_file, start_signals, start_manager,
        start_sinks,   start_tell,     start_web_page, start_metrics, start_server,
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++) {
        int r = steps[i](daemon, error);

        if (r < 0)
            return r;
    }
    daemon->counted = (struct osm_own_counted){daemon->server, &daemon->watchdog, daemon->ua,
                                               daemon->metrics_port.http, &daemon->sinks};
    osm_own_counters_register(&daemon->counters, daemon->manager, &daemon->counted);
    log_started(daemon);
    osm_web_page_serve(&daemon->web_page, daemon->server, daemon->manager);
    osm_metrics_port_serve(&daemon->metrics_port, daemon->manager, daemon->server,
                           &daemon->watchdog.stats.busy);
    osm_sandbox_tell();
    start_console(daemon);
    if (daemon->host->owns_process) {
        osm_listener_disinherit();
        osm_duties_start(&daemon->duties, &daemon->loop, daemon->manager);
        osm_thrift_start(&daemon->thrift, &daemon->loop, daemon->server);
    }
    daemon->lookout = osm_lookout_new(&daemon->io.loop, daemon->manager, daemon->options);
    osm_auto_connect_apply(daemon->auto_connect, osm_steal(daemon->options->wanted));
    osm_options_wipe_token(daemon->options);
    if (daemon->host->ready)
        daemon->host->ready(daemon->host->context, osm_ipc_server_endpoint(daemon->server)->uri);
    return 0;
}

static void stopper_init(struct daemon *daemon)
{
    int r;

    if (daemon->host->stop_fd < 0)
        return;
    r = uv_poll_init(&daemon->loop, &daemon->stopper, daemon->host->stop_fd);
    osm_assert(r == 0);
    daemon->stopper.data = daemon;
}

static void daemon_init(struct daemon *daemon, struct osm_options *options,
                        const struct osm_daemon_host *host)
{
    int r;

    *daemon = (struct daemon){.options = options, .host = host};
    r = uv_loop_init(&daemon->loop);
    osm_assert(r == 0);
    osm_io_loop_init(&daemon->io, &daemon->loop);
    osm_watchdog_init(&daemon->watchdog, &daemon->loop, OSM_WATCHDOG_THRESHOLD);
    stopper_init(daemon);
}

int osm_daemon_serve(struct osm_options *options, int argc, char *const *argv,
                     const struct osm_daemon_host *host, char **error)
{
    struct daemon daemon;
    int r = osm_cache_dir_prepare(options, error);

    if (r < 0)
        return r;
    if (host->owns_process)
        osm_sandbox_enter(options);
    daemon_init(&daemon, options, host);
    daemon.argc = argc;
    daemon.argv = argv;
    r = daemon_start(&daemon, error);
    if (r < 0) {
        daemon_end(&daemon);
    } else if (host->stop_fd >= 0) {
        (void)uv_poll_start(&daemon.stopper, UV_READABLE, on_host_stops);
        uv_unref((uv_handle_t *)&daemon.stopper);
    }
    (void)uv_run(&daemon.loop, UV_RUN_DEFAULT);
    osm_assert(!daemon.server && !daemon.ua);
    if (uv_loop_close(&daemon.loop) < 0)
        osm_assert(!"somebody has forgotten a handle");
    daemon.reload = osm_reload_free(daemon.reload);
    daemon.lookout = osm_lookout_free(daemon.lookout);
    if (host->owns_process)
        osm_signals_disarm();
    daemon.pid_file = osm_pid_file_free(daemon.pid_file);
    return r;
}
