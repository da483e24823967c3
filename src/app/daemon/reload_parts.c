/* SPDX-License-Identifier: MIT */
/* See reload_parts.h. */
#include "app/daemon/reload_parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/auth_token.h"
#include "app/daemon/callers.h"
#include "app/daemon/event_sinks.h"
#include "core/manager/registry.h"
#include "rim/io/peer.h"
#include "serve/ipc/token_set.h"
#include "serve/request/endpoint_rule.h"
#include "sink/command.h"
#include "sink/file.h"
#include "util/alloc.h"

/* Longer times are as good as for ever, and can be counted in milliseconds. */
#define LONGEST_SECONDS INT64_C(1000000000000)
/* What a goodbye to a server takes that is no longer allowed. */
#define GOODBYE_MS 5000

/* A list somebody may still look at, to the end of the daemon. */
struct osm_reload_retired {
    char **list;
    struct osm_reload_retired *next;
};

void osm_reload_retired_free(struct osm_reload_retired *retired)
{
    while (retired) {
        struct osm_reload_retired *next = retired->next;

        for (char **item = retired->list; *item; item++)
            free(*item);
        free(retired->list);
        free(retired);
        retired = next;
    }
}

/* --- comparing ----------------------------------------------------------------------------- */

static void *field_of(const struct osm_options *options, const struct osm_option *option)
{
    return (char *)(uintptr_t)options + option->offset;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(char *const *a, char *const *b)
{
    if (!a || !b)
        return a == b;
    for (; *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return !*a && !*b;
}

/* The token itself is compared by who keeps it. */
static bool is_token(const struct osm_option *option)
{
    return option->offset == offsetof(struct osm_options, auth_token);
}

static bool same_value(const struct osm_option *option, const void *a, const void *b)
{
    switch (option->kind) {
    case OSM_OPTION_TEXT:
    case OSM_OPTION_SECRET:
        return is_token(option) || same_text(*(char *const *)a, *(char *const *)b);
    case OSM_OPTION_LIST:
        return same_list(*(char **const *)a, *(char **const *)b);
    case OSM_OPTION_INT:
    case OSM_OPTION_OCTAL:
    case OSM_OPTION_CHOICE:
    case OSM_OPTION_FLAG:
        return *(const int64_t *)a == *(const int64_t *)b;
    case OSM_OPTION_HELP:
    case OSM_OPTION_VERSION:
        break;
    }
    return true;
}

static bool differs(const struct osm_options *a, const struct osm_options *b,
                    const struct osm_option *option)
{
    return !same_value(option, field_of(a, option), field_of(b, option));
}

/* What depends on how the daemon has started, too: sinks of a spool are written in it, and a
 * sandbox that lets no program run stays; the log of a daemon in another program is not its own. */
static bool is_fixed(const struct osm_reload_parts *parts, const struct osm_options *now,
                     const struct osm_option *option)
{
    return option->part == OSM_OPTION_FIXED ||
           (option->part == OSM_OPTION_SINKS && now->event_spool) ||
           (option->part == OSM_OPTION_LOG && !parts->owns_process) ||
           (option->offset == offsetof(struct osm_options, event_command) && parts->sandboxed);
}

void osm_reload_compare(const struct osm_reload_parts *parts, const struct osm_options *now,
                        const struct osm_options *loaded, struct osm_reload_changes *changes)
{
    *changes = (struct osm_reload_changes){0};
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        bool fixed = is_fixed(parts, now, option);
        struct osm_buf *names = fixed ? &changes->fixed : &changes->taken;

        if (!differs(now, loaded, option))
            continue;
        changes->parts[option->part] |= !fixed;
        osm_buf_printf(names, "%s--%s", names->length ? ", " : "", option->name);
    }
}

void osm_reload_changes_deinit(struct osm_reload_changes *changes)
{
    osm_buf_deinit(&changes->taken);
    osm_buf_deinit(&changes->fixed);
}

/* --- on a thread --------------------------------------------------------------------------- */

static bool prepare_callers(struct osm_reload_ready *ready, const struct osm_options *now,
                            const struct osm_reload_parts *parts, struct osm_buf *findings)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_options *loaded = &ready->loaded;

    if (osm_callers_read(loaded, parts->endpoint, &ready->callers, &error) < 0) {
        osm_buf_printf(findings, "%s\n", error);
        return false;
    }
    ready->reads_token = ready->reads_token && !now->token_fixed;
    return !ready->reads_token || osm_auth_token_resolve(loaded, NULL, findings) == 0;
}

static bool prepare_sinks(struct osm_reload_ready *ready, const struct osm_options *now,
                          struct osm_buf *findings)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_options *loaded = &ready->loaded;

    if (osm_event_sinks_check(loaded, &error) < 0 ||
        (!same_text(loaded->event_mqtt, now->event_mqtt) &&
         osm_event_sinks_check_files(loaded, &error) < 0)) {
        osm_buf_printf(findings, "%s\n", error);
        return false;
    }
    if (!loaded->event_log || now->event_spool || same_text(loaded->event_log, now->event_log))
        return true;
    ready->event_log = osm_file_sink_open(loaded->event_log);
    if (ready->event_log >= 0)
        return true;
    osm_buf_printf(findings, "Cannot open event log %s: %s\n", loaded->event_log,
                   strerror(-ready->event_log));
    return false;
}

/* A log that is where it was may fail to open: the one there is goes on. */
static bool prepare_log(struct osm_reload_ready *ready, const struct osm_options *now,
                        const struct osm_reload_parts *parts, struct osm_buf *findings)
{
    const char *path = ready->loaded.log_file;
    int r;

    if (!parts->owns_process)
        return true;
    if (!ready->reopens_log && same_text(path, now->log_file))
        return true;
    r = osm_log_prepare(path, &ready->log);
    if (r < 0 && !same_text(path, now->log_file)) {
        osm_buf_printf(findings, "Cannot open log file %s: %s\n", path, strerror(-r));
        return false;
    }
    if (r < 0)
        osm_log_error("Cannot reopen log file, still writing to the old one: %s", strerror(-r));
    return true;
}

/* The last of all: a program that has run cannot be taken back. */
static bool prepare_program(struct osm_reload_ready *ready, const struct osm_options *now,
                            const struct osm_reload_parts *parts, struct osm_buf *findings)
{
    const struct osm_options *loaded = &ready->loaded;
    _cleanup_(osm_freep) char *error = NULL;

    if (!loaded->event_command || now->event_spool || parts->sandboxed ||
        (same_text(loaded->event_command, now->event_command) &&
         loaded->event_command_ack == now->event_command_ack) ||
        osm_command_program_start(loaded->event_command, &ready->program, &error) == 0)
        return true;
    osm_buf_printf(findings, "%s\n", error);
    return false;
}

int osm_reload_prepare(struct osm_reload_ready *ready, const struct osm_options *now,
                       const struct osm_reload_parts *parts, struct osm_buf *findings)
{
    bool good = prepare_callers(ready, now, parts, findings);

    good = prepare_sinks(ready, now, findings) && good;
    good = prepare_log(ready, now, parts, findings) && good;
    good = good && prepare_program(ready, now, parts, findings);
    return good ? 0 : -EINVAL;
}

void osm_reload_ready_deinit(struct osm_reload_ready *ready, const struct osm_loop *loop)
{
    osm_options_deinit(&ready->loaded);
    ready->callers.tokens = osm_token_set_free(ready->callers.tokens);
    ready->callers.peers = osm_peer_rules_free(ready->callers.peers);
    osm_log_file_deinit(&ready->log);
    if (ready->event_log >= 0)
        close(ready->event_log);
    ready->event_log = -1;
    osm_program_end_later(&ready->program, loop);
}

/* --- on the loop --------------------------------------------------------------------------- */

struct taking {
    struct osm_reload_ready *ready;
    const struct osm_options *now; /* with the new values */
    const struct osm_reload_parts *parts;
    struct osm_buf *findings;
};

static void take_log(const struct taking *taking)
{
    osm_log_threshold = (enum osm_log_level)taking->now->log_level;
    osm_log_set_format((enum osm_log_format)taking->now->log_format);
}

static void take_sessions(const struct taking *taking)
{
    const struct osm_options *now = taking->now;

    osm_manager_set_limits(taking->parts->manager, OSM_MIN(now->timeout, LONGEST_SECONDS),
                           OSM_MIN(now->cleanup_interval, LONGEST_SECONDS), now->max_sessions);
}

static void take_socket(const struct taking *taking)
{
    const struct osm_options *now = taking->now;

    osm_ipc_server_set_limits(
        taking->parts->server,
        &(struct osm_ipc_limits){.max_connections = (unsigned)now->max_connections,
                                 .max_in_flight = (unsigned)now->max_in_flight,
                                 .max_frame_bytes = (size_t)now->max_frame_bytes,
                                 .idle_timeout = (osm_msec)now->idle_timeout * 1000});
}

static void end_sessions(struct osm_manager *manager, enum osm_registry_list list,
                         char *const *allowed)
{
    struct osm_session *session, *next;

    for (session = osm_registry_first(manager, list); session; session = next) {
        next = osm_registry_next(session);
        if (osm_session_view(session).persistent ||
            osm_endpoint_rules_allow(allowed, osm_session_endpoint_url(session)))
            continue;
        osm_log_warning("Session %s closed: its server is no longer allowed (--allow-endpoint)",
                        osm_session_id(session));
        osm_session_close(session, GOODBYE_MS, NULL, NULL);
    }
}

/* Sessions callers have opened end where they may not go any more; those of the configuration are
 * its own business. */
static void take_servers(const struct taking *taking)
{
    struct osm_manager *manager = taking->parts->manager;
    char *const *allowed = taking->now->allow_endpoint;

    osm_manager_set_allowed_endpoints(manager, allowed);
    end_sessions(manager, OSM_REGISTRY_OPENING, allowed);
    end_sessions(manager, OSM_REGISTRY_STORED, allowed);
}

static void take_certificates(const struct taking *taking)
{
    osm_manager_set_certificates(taking->parts->manager, taking->now->allowed_cert_dirs,
                                 taking->now->certificate_uri == OSM_CERTIFICATE_URI_REFUSE);
}

static void take_sinks(const struct taking *taking)
{
    const struct osm_reload_parts *parts = taking->parts;
    char client[OSM_MQTT_CLIENT_MAX];
    struct osm_sinks_config config = osm_event_sinks_config(taking->now, client);
    _cleanup_(osm_freep) char *error = NULL;
    bool first = !*parts->sinks;
    int r;

    if (taking->ready->event_log > 0)
        config.log_fd = taking->ready->event_log;
    taking->ready->event_log = -1;
    config.program = &taking->ready->program;
    r = osm_sinks_change(parts->sinks, &config, parts->loop, parts->uv,
                         osm_manager_bus(parts->manager), &error);
    if (r < 0)
        osm_buf_printf(taking->findings, "%s\n", error);
    if (!first || !*parts->sinks)
        return;
    osm_manager_auto_publish_on(parts->manager);
    osm_manager_lend_sinks(parts->manager,
                           &(struct osm_sink_source){osm_sinks_look, *parts->sinks});
}

static void take_cache(const struct taking *taking)
{
    osm_cache_set_ttl(osm_manager_env(taking->parts->manager)->cache,
                      OSM_MIN(taking->now->cache_ttl, LONGEST_SECONDS));
}

static void take_connections(const struct taking *taking)
{
    osm_auto_connect_apply(taking->parts->auto_connect, osm_steal(taking->ready->loaded.wanted));
}

/* The field takes the new value; what it held goes with the loaded ones, unless it is a list. */
static void move_value(struct osm_options *now, struct osm_options *loaded,
                       const struct osm_option *option, struct osm_reload_retired **retired)
{
    void *field = field_of(now, option), *value = field_of(loaded, option);
    struct osm_reload_retired *old;

    if (option->kind == OSM_OPTION_TEXT || option->kind == OSM_OPTION_SECRET) {
        char *before = *(char **)field;

        *(char **)field = *(char **)value;
        *(char **)value = before;
    } else if (option->kind == OSM_OPTION_LIST) {
        if (*(char ***)field) {
            old = osm_alloc(sizeof(*old));
            *old = (struct osm_reload_retired){*(char ***)field, *retired};
            *retired = old;
        }
        *(char ***)field = osm_steal(*(char ***)value);
    } else {
        *(int64_t *)field = *(int64_t *)value;
    }
}

void osm_reload_carry_out(struct osm_reload_ready *ready, struct osm_options *now,
                          const struct osm_reload_parts *parts,
                          const struct osm_reload_changes *changes,
                          struct osm_reload_retired **retired, struct osm_buf *findings)
{
    static void (*const takers[OSM_OPTION_PARTS_])(const struct taking *taking) = {
        [OSM_OPTION_LOG] = take_log,
        [OSM_OPTION_SESSIONS] = take_sessions,
        [OSM_OPTION_SOCKET] = take_socket,
        [OSM_OPTION_SERVERS] = take_servers,
        [OSM_OPTION_CERTIFICATES] = take_certificates,
        [OSM_OPTION_SINKS] = take_sinks,
        [OSM_OPTION_CACHE] = take_cache,
        [OSM_OPTION_CONNECTIONS] = take_connections,
    };
    const struct taking taking = {ready, now, parts, findings};

    now->config_secret = ready->loaded.config_secret;
    now->auto_connect_secret = ready->loaded.auto_connect_secret;
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];

        if (!is_fixed(parts, now, option) && differs(now, &ready->loaded, option))
            move_value(now, &ready->loaded, option, retired);
    }
    osm_log_take(&ready->log);
    for (int part = OSM_OPTION_FIXED + 1; part < OSM_OPTION_PARTS_; part++)
        if (takers[part] && changes->parts[part])
            takers[part](&taking);
}

/* Also when no option has changed: files may have. */
void osm_reload_admit(struct osm_reload_ready *ready, const struct osm_options *now,
                      const struct osm_reload_parts *parts)
{
    struct osm_ipc_config *callers = &ready->callers;

    if (callers->tokens)
        osm_log_info("Token file read again: %zu tokens", osm_token_set_size(callers->tokens));
    osm_ipc_server_set_tokens(parts->server, osm_steal(callers->tokens));
    osm_ipc_server_set_peers(parts->server, osm_steal(callers->peers));
    if (!ready->reads_token)
        return;
    osm_ipc_server_set_token(parts->server, ready->loaded.token);
    if (!ready->loaded.token && !now->token_file)
        osm_log_warning("No auth token configured. Any local process can control the daemon.");
}
