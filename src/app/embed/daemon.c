/* SPDX-License-Identifier: MIT */
/*
 * The daemon in somebody else's process (include/opcua-session-daemon.h): the same parts as in
 * opcua-session-manager, but what belongs to the process stays the program's. Its log is a function
 * of the program's, for the thread it runs in; a signal of a broken pipe is held back there; an
 * end is asked for by a descriptor, which any thread and any signal handler may write to, but no
 * child of the process: it has the same descriptor.
 *
 * Nothing here outlives osm_daemon_free(), so that daemons can follow one another in a process.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/conf/arguments.h"
#include "app/conf/options_file.h"
#include "app/daemon/check.h"
#include "app/daemon/daemon.h"
#include "app/embed/embed_internal.h"
#include "util/alloc.h"
#include "util/sigpipe.h"
#include <opcua-session-daemon.h>

struct osm_daemon {
    struct osm_options options;
    int argc;
    char **argv; /* as for the program, with its name first */
    struct osm_daemon_config config;
    struct osm_log_target log;
    struct osm_daemon_host host;
    struct osm_buf warnings; /* of the options, a line each */
    char *socket;            /* while it listens */
    pid_t pid;               /* whose stop_fd is */
    bool has_run;
};

bool osm_embed_fail(struct opcua_error *error, const char *kind, const char *object,
                    const char *message)
{
    if (!error)
        return false;
    *error = (struct opcua_error){.source = OPCUA_SOURCE_HERE};
    snprintf(error->kind, sizeof(error->kind), "%s", kind);
    snprintf(error->object, sizeof(error->object), "%s", object);
    snprintf(error->message, sizeof(error->message), "%s", message);
    return false;
}

char *osm_embed_no_environment(const char *name)
{
    (void)name;
    return NULL;
}

/* ---- making --------------------------------------------------------------------------------- */

static bool take_config(struct osm_daemon_config *target, const struct osm_daemon_config *given,
                        struct opcua_error *error)
{
    static const struct osm_daemon_config none = OSM_DAEMON_CONFIG_INIT;

    *target = none;
    if (!given)
        return true;
    if (given->size < offsetof(struct osm_daemon_config, arguments))
        return osm_embed_fail(error, "InvalidArgumentException", "config",
                              "A configuration must begin with OSM_DAEMON_CONFIG_INIT");
    memcpy(target, given, OSM_MIN(given->size, sizeof(*target)));
    return true;
}

static void copy_arguments(struct osm_daemon *daemon, const char *const *arguments)
{
    size_t count = 0;

    while (arguments && arguments[count])
        count++;
    daemon->argv = osm_alloc((count + 2) * sizeof(*daemon->argv));
    daemon->argv[daemon->argc++] = osm_strdup("opcua-session-manager");
    for (size_t i = 0; i < count; i++)
        daemon->argv[daemon->argc++] = osm_strdup(arguments[i]);
}

/* What only a program of its own can do. */
static const char *not_for_libraries(const struct osm_options *options)
{
    return options->user || options->group ? "--user and --group: a library does not change whose "
                                             "process it runs in"
           : options->check                ? "--check: call osm_daemon_check()"
           : options->log_file ? "--log-file: the log goes to the function of the configuration"
                               : NULL;
}

static bool read_options(struct osm_daemon *daemon, struct opcua_error *error)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    struct osm_buf *err = &daemon->warnings;
    int r = osm_arguments_parse(&daemon->options, daemon->argc, daemon->argv,
                                osm_embed_no_environment, &out, err);
    const char *wrong;

    osm_arguments_hide_secrets(daemon->argc, daemon->argv);
    if (r == OSM_OPTIONS_ANSWERED)
        return osm_embed_fail(error, "ConfigurationException", "arguments",
                              "--help and --version are for the command line");
    if (r < 0)
        return osm_embed_fail(error, "ConfigurationException", "arguments", osm_buf_text(err));
    wrong = not_for_libraries(&daemon->options);
    return !wrong || osm_embed_fail(error, "ConfigurationException", "arguments", wrong);
}

static bool read_connections(struct osm_daemon *daemon, struct opcua_error *error)
{
    const char *text = daemon->config.connections;
    struct osm_faults faults = {0};
    bool good = !text || osm_options_read_connections_text(&daemon->options, "connections", text,
                                                           strlen(text), &faults);

    if (!good)
        osm_embed_fail(error, "ConfigurationException", "connections", osm_buf_text(&faults.text));
    else if (faults.text.length)
        osm_buf_add(&daemon->warnings, faults.text.data, faults.text.length);
    osm_findings_deinit(&faults);
    return good;
}

/* Options that have been read well may still not fit this machine. */
static bool check_options(const struct osm_daemon *daemon, struct opcua_error *error)
{
    _cleanup_(osm_buf_deinit) struct osm_buf err = {0};

    return osm_check_options(&daemon->options, &err) == 0 ||
           osm_embed_fail(error, "ConfigurationException", "arguments", osm_buf_text(&err));
}

static void on_log(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    struct osm_daemon *daemon = osm_container_of(target, struct osm_daemon, log);

    /* RFC 5424 counts the other way round. */
    daemon->config.log(daemon->config.context, OSM_LOG_EMERGENCY - (int)level, text);
}

static void on_event(void *context, const char *name, const char *json, size_t length)
{
    struct osm_daemon *daemon = context;

    daemon->config.event(daemon->config.context, name, json, length);
}

static void on_ready(void *context, const char *socket)
{
    struct osm_daemon *daemon = context;

    free(daemon->socket);
    daemon->socket = osm_strdup(socket);
    if (daemon->config.ready)
        daemon->config.ready(daemon->config.context, socket);
}

/* A child that runs what its parent has made has an end of its own. */
static bool make_stop(struct osm_daemon *daemon)
{
    if (daemon->pid == getpid())
        return true;
    if (daemon->host.stop_fd >= 0)
        close(daemon->host.stop_fd);
    daemon->host.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    daemon->pid = getpid();
    return daemon->host.stop_fd >= 0;
}

struct osm_daemon *osm_daemon_new(const struct osm_daemon_config *config, struct opcua_error *error)
{
    struct osm_daemon_config taken;
    struct osm_daemon *daemon;

    if (!take_config(&taken, config, error))
        return NULL;
    daemon = osm_alloc(sizeof(*daemon));
    daemon->config = taken;
    daemon->host = (struct osm_daemon_host){
        .owns_process = taken.owns_process, .stop_fd = -1, .ready = on_ready, .context = daemon};
    daemon->host.event = taken.event ? on_event : NULL;
    copy_arguments(daemon, taken.arguments);
    if (read_options(daemon, error) && read_connections(daemon, error) &&
        check_options(daemon, error)) {
        if (make_stop(daemon)) {
            daemon->log.write = taken.log ? on_log : NULL;
            daemon->log.threshold = (enum osm_log_level)daemon->options.log_level;
            return daemon;
        }
        osm_embed_fail(error, "RuntimeException", "", strerror(errno));
    }
    osm_daemon_free(daemon);
    return NULL;
}

void osm_daemon_free(struct osm_daemon *daemon)
{
    if (!daemon)
        return;
    if (daemon->host.stop_fd >= 0)
        close(daemon->host.stop_fd);
    for (int i = 0; i < daemon->argc; i++)
        free(daemon->argv[i]);
    free(daemon->argv);
    osm_options_deinit(&daemon->options);
    osm_buf_deinit(&daemon->warnings);
    free(daemon->socket);
    free(daemon);
}

/* ---- running -------------------------------------------------------------------------------- */

static void log_warnings(struct osm_daemon *daemon)
{
    const char *text = daemon->warnings.length ? osm_buf_text(&daemon->warnings) : "";

    while (*text) {
        size_t length = strcspn(text, "\n");

        osm_log_warning("%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

int osm_daemon_run(struct osm_daemon *daemon, struct opcua_error *error)
{
    _cleanup_(osm_freep) char *message = NULL;
    struct osm_log_target *before;
    struct osm_sigpipe pipe;
    int r;

    if (!daemon || daemon->has_run) {
        osm_embed_fail(error, "BadMethodCallException", "daemon",
                       daemon ? "A daemon runs once: make a new one"
                              : "There is no daemon: it is NULL");
        return -1;
    }
    daemon->has_run = true;
    if (!make_stop(daemon)) {
        osm_embed_fail(error, "RuntimeException", daemon->options.socket, strerror(errno));
        return -1;
    }
    osm_sigpipe_hold(&pipe);
    before = osm_log_here(&daemon->log);
    log_warnings(daemon);
    r = osm_daemon_serve(&daemon->options, daemon->argc, daemon->argv, &daemon->host, &message);
    osm_log_here(before);
    osm_sigpipe_release(&pipe);
    free(daemon->socket);
    daemon->socket = NULL;
    if (r == 0)
        return 0;
    osm_embed_fail(error, "RuntimeException", daemon->options.socket,
                   message ? message : strerror(-r));
    return -1;
}

void osm_daemon_stop(struct osm_daemon *daemon)
{
    static const uint64_t one = 1;
    int saved_errno = errno;

    if (daemon && daemon->pid == getpid() && write(daemon->host.stop_fd, &one, sizeof(one)) < 0)
        errno = saved_errno; /* it has been asked for often enough */
}

const char *osm_daemon_socket(const struct osm_daemon *daemon)
{
    return daemon ? daemon->socket : NULL;
}
