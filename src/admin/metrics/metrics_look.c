/* SPDX-License-Identifier: MIT */
/*
 * One look at everything that is told; see metrics_internal.h. Its cost is a walk over the
 * sessions, none over items: their numbers are kept by those who have them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/metrics/metrics_internal.h"
#include "core/event/event_bus.h"
#include "core/manager/connection_source.h"
#include "core/manager/registry.h"
#include "core/manager/sink_status.h"
#include "serve/command/ready.h"
#include "util/fd.h"

#define CALLERS "callers" /* the sessions no connection of the configuration keeps */
/* Descriptors are counted one by one at most so often, where the kernel does not tell their number
 * (before 6.2): thousands of them take milliseconds. */
#define COUNT_MS ((osm_msec)10000)

struct look {
    struct osm_metrics_view *view;
    struct osm_manager *manager;
    const struct osm_grant *grant;
    struct osm_metrics_files *files;
    const struct osm_session **kept; /* by connections; sorted once all are there */
    size_t n_kept;
    osm_msec now;
    double wall;
};

/* --- a session ----------------------------------------------------------------------------- */

static double moment(double seconds)
{
    return seconds > 0 ? seconds : NAN;
}

static void look_at_channel(struct osm_metrics_server *out, const struct osm_link *link,
                            const struct look *look)
{
    struct osm_ua_channel channel;

    if (link->state != OSM_LINK_UP)
        return;
    link->env->ua_ops->conn_channel(link->conn, &channel);
    if (channel.lifetime)
        out->channel_ends =
            look->wall +
            ((double)channel.renewed_at + (double)channel.lifetime - (double)look->now) / 1000.0;
    out->server_certificate = moment(channel.server_certificate_ends);
    out->own_certificate = moment(channel.own_certificate_ends);
    out->user_certificate = moment(channel.user_certificate_ends);
}

static void look_at_link(struct osm_metrics_server *out, const struct osm_link *link)
{
    if (link->heard_at <= 0)
        return;
    out->round_trip = (double)link->round_trip / 1000.0;
    out->heard = link->heard_at;
    out->skew = link->skew;
}

static void look_at_publishing(struct osm_metrics_server *out, const struct osm_session *session)
{
    const struct osm_publisher_status status = osm_session_publishing(session);

    out->publishing = moment(status.last);
    out->values = (double)status.counters.values;
    out->events = (double)status.counters.events;
    out->gaps = (double)status.counters.gaps;
    out->republished = (double)status.counters.republished;
    out->lost = (double)status.counters.lost;
}

/* What sessions have at the moment can be summed. */
static void add_load(struct osm_metrics_server *out, const struct osm_session *session)
{
    const struct osm_op_counts operations = osm_op_queue_counts(osm_session_ops(session));
    const struct osm_subscriptions *subscriptions = osm_session_subscriptions(session);

    out->running += operations.running;
    out->waiting += operations.waiting;
    out->stranded += operations.stranded;
    out->subscriptions += HASH_COUNT(subscriptions->by_id);
    out->items += subscriptions->item_count;
    out->unmet_items += subscriptions->unmet_items;
}

static struct osm_metrics_server nothing_known(const char *label)
{
    struct osm_metrics_server server = {.label = label,
#define X(member, name, kind, help, advice) .member = NAN,
                                        OSM_METRICS_OF_SERVER(X)
#undef X
    };

    server.running = server.waiting = server.stranded = 0;
    server.subscriptions = server.items = server.unmet_items = 0;
    return server;
}

/* --- connections of the configuration file ------------------------------------------------- */

/* One that is called as our own row, with any number of `_` before it, gets one more: whatever the
 * file says, no two are the same. */
static const char *label_of(struct look *look, const char *label)
{
    const char *prefix = strcmp(label + strspn(label, "_"), CALLERS) == 0 ? "_" : "";

    return osm_arena_printf(&look->view->arena, "%s%s", prefix, label);
}

static void add_server(void *arg, const struct osm_connection_status *connection)
{
    struct look *look = arg;
    struct osm_metrics_view *view = look->view;
    struct osm_metrics_server *out;
    struct osm_session_view session;

    if (!osm_grant_reaches(look->grant, connection->endpoint))
        return;
    if (connection->session)
        look->kept[look->n_kept++] = connection->session;
    if (connection->removing)
        return;
    if (view->n_servers == OSM_METRICS_SERVERS) {
        view->daemon.servers_left_out++;
        return;
    }
    out = &view->servers[view->n_servers++];
    *out = nothing_known(label_of(look, connection->label));
    out->up = out->degraded = 0;
    out->failures = connection->failures;
    out->losses = out->reconnects = 0;
    if (!connection->session)
        return;
    session = osm_session_view(connection->session);
    out->up = osm_session_state(connection->session) == OSM_SESSION_ACTIVE;
    out->degraded = session.degraded;
    out->losses = (double)session.losses;
    out->reconnects = (double)session.reconnects;
    look_at_link(out, osm_session_link(connection->session));
    look_at_channel(out, osm_session_link(connection->session), look);
    look_at_publishing(out, connection->session);
    add_load(out, connection->session);
}

static void count_connection(void *arg, const struct osm_connection_status *connection)
{
    (void)connection;
    ++*(size_t *)arg;
}

static int by_address(const void *one, const void *other)
{
    uintptr_t a = (uintptr_t) * (const struct osm_session *const *)one,
              b = (uintptr_t) * (const struct osm_session *const *)other;

    return (a > b) - (a < b);
}

static void look_at_servers(struct look *look)
{
    const struct osm_connection_source *source = osm_manager_connections(look->manager);
    struct osm_metrics_view *view = look->view;
    size_t count = 0;

    osm_connections_each(source, count_connection, &count);
    look->kept = osm_arena_alloc(&view->arena, (count + 1) * sizeof(struct osm_session *));
    view->servers = osm_arena_alloc(&view->arena, (OSM_MIN(count, OSM_METRICS_SERVERS) + 1) *
                                                      sizeof(*view->servers));
    osm_connections_each(source, add_server, look);
    qsort(look->kept, look->n_kept, sizeof(struct osm_session *), by_address);
}

/* --- all sessions -------------------------------------------------------------------------- */

static void take_published(struct osm_metrics_daemon *out, const struct osm_publish_counters *sum)
{
    out->publish.responses = (double)sum->responses;
    out->publish.messages = (double)sum->messages;
    out->publish.values = (double)sum->values;
    out->publish.events = (double)sum->events;
    out->publish.overflows = (double)sum->overflows;
    out->publish.gaps = (double)sum->gaps;
    out->publish.republished = (double)sum->republished;
    out->publish.lost = (double)sum->lost;
    out->publish.duplicates = (double)sum->duplicates;
    out->publish.errors = (double)sum->errors;
    out->publish.discarded = (double)sum->discarded;
}

static bool is_kept(const struct look *look, const struct osm_session *session)
{
    return bsearch(&session, look->kept, look->n_kept, sizeof(struct osm_session *), by_address);
}

static void look_at_session(const struct look *look, const struct osm_session *session,
                            struct osm_metrics_server *callers, struct osm_publish_counters *sum)
{
    const struct osm_publisher_status status = osm_session_publishing(session);
    const struct osm_subscriptions *subscriptions = osm_session_subscriptions(session);
    struct osm_metrics_daemon *daemon = &look->view->daemon;

    osm_publish_counters_add(sum, &status.counters);
    daemon->subscriptions += HASH_COUNT(subscriptions->by_id);
    daemon->items += subscriptions->item_count;
    daemon->unmet_items += subscriptions->unmet_items;
    if (!is_kept(look, session) &&
        osm_grant_reaches(look->grant, osm_session_endpoint_url(session)))
        add_load(callers, session);
}

static void look_at_sessions(struct look *look)
{
    static const enum osm_registry_list lists[] = {OSM_REGISTRY_STORED, OSM_REGISTRY_OPENING,
                                                   OSM_REGISTRY_CLOSING};
    const struct osm_registry_counts *counts = osm_registry_counts(look->manager);
    struct osm_publish_counters sum = *osm_registry_published(look->manager);
    struct osm_metrics_server callers = nothing_known(CALLERS);
    struct osm_session *session;

    _Static_assert(OSM_METRICS_STATES == OSM_SESSION_STATE_COUNT_, "a number for each state");
    for (size_t i = 0; i < OSM_SESSION_STATE_COUNT_; i++)
        look->view->states[i] = counts->now[i];
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        OSM_REGISTRY_EACH(look->manager, lists[i], session)
    look_at_session(look, session, &callers, &sum);
    take_published(&look->view->daemon, &sum);
    look->view->servers[look->view->n_servers++] = callers;
}

/* --- sinks --------------------------------------------------------------------------------- */

static void look_at_sinks(struct look *look)
{
    uint64_t last = osm_bus_last(osm_manager_bus((struct osm_manager *)(uintptr_t)look->manager));
    const struct osm_sink_status *sink;

    for (size_t n = 0; n < OSM_METRICS_SINKS &&
                       (sink = osm_sink_source_look(osm_manager_sinks(look->manager), n));
         n++)
        look->view->sinks[look->view->n_sinks++] = (struct osm_metrics_sink){
            .name = sink->name,
            .up = sink->working,
            .delivered = (double)sink->delivered,
            .dropped = (double)sink->dropped,
            .retries = (double)sink->retries,
            .waiting = (double)sink->waiting,
            .bytes = (double)sink->bytes,
            .most_bytes = sink->most_bytes ? (double)sink->most_bytes : NAN,
            .lag = sink->waiting && last > sink->position ? (double)(last - sink->position) : 0,
            .age = sink->oldest_at > 0 ? fmax(look->wall - sink->oldest_at, 0) : 0,
        };
}

/* --- parts --------------------------------------------------------------------------------- */

void osm_metrics_counter_name(char *out, size_t size, const char *group,
                              const struct osm_counter *row, double *scale)
{
    size_t length = strlen(row->name);
    bool nanoseconds = length > 3 && strcmp(row->name + length - 3, "_ns") == 0;

    *scale = nanoseconds ? 1e-9 : 1;
    (void)snprintf(out, size, OSM_METRICS_PREFIX "%s_%.*s%s", group,
                   (int)(nanoseconds ? length - 3 : length), row->name,
                   nanoseconds ? "_seconds" : "");
}

/* Sessions by state have a label instead. */
static bool is_told_otherwise(const struct osm_counter_group *group, const struct osm_counter *row)
{
    return row->kind == OSM_GAUGE && strcmp(group->name, "sessions") == 0;
}

static void add_counter(void *context, const struct osm_counter_group *group,
                        const struct osm_counter *row, uint64_t value)
{
    struct osm_metrics_view *view = context;
    char name[128];
    double scale;

    if (is_told_otherwise(group, row) || view->n_counters == OSM_METRICS_COUNTERS)
        return;
    osm_metrics_counter_name(name, sizeof(name), group->name, row, &scale);
    view->counters[view->n_counters++] = (struct osm_metrics_value){
        .name = osm_arena_text(&view->arena, name, strlen(name)),
        .help = row->help,
        .kind = row->kind == OSM_COUNTER ? OSM_METRIC_COUNTER : OSM_METRIC_GAUGE,
        .value = (double)value * scale,
    };
}

static void look_at_notices(struct look *look)
{
    const struct osm_notice *notice;

    for (notice = osm_notices_first(osm_manager_notices(look->manager)); notice;
         notice = notice->next)
        if (!notice->endpoint || osm_grant_reaches(look->grant, notice->endpoint))
            look->view->notices[notice->kind]++;
}

static void look_at_parts(struct look *look)
{
    const struct osm_tallies *tallies = osm_manager_tallies(look->manager);
    struct osm_metrics_view *view = look->view;

    osm_counters_each(osm_manager_counters(look->manager), add_counter, view);
    for (const struct osm_bound *bound = osm_counters_bounds(osm_manager_counters(look->manager));
         bound && view->n_bounds < OSM_METRICS_BOUNDS; bound = bound->next) {
        uint64_t used, limit;

        bound->look(bound->context, &used, &limit);
        view->bounds[view->n_bounds++] = (struct osm_metrics_bound){
            bound->name, bound->bytes, (double)used, limit ? (double)limit : NAN};
    }
    view->n_tallies = tallies->size;
    view->tallies = osm_arena_alloc(&view->arena, (tallies->size + 1) * sizeof(*view->tallies));
    memcpy(view->tallies, tallies->rows, tallies->size * sizeof(*view->tallies));
}

/* --- the process --------------------------------------------------------------------------- */

/* From /proc, which is memory of the kernel's. */
static double resident_bytes(void)
{
    _cleanup_(osm_close_fd) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[128];
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    unsigned long long pages;

    if (length <= 0)
        return NAN;
    text[length] = '\0';
    pages = strtoull(text + strcspn(text, " "), NULL, 10);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Its own one, `.` and `..` are entries too. */
static double count_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = -3;

    if (!folder)
        return NAN;
    while (readdir(folder))
        count++;
    (void)closedir(folder);
    return count;
}

static double open_files(const struct look *look)
{
    struct osm_metrics_files *files = look->files;
    struct stat folder;

    if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
        return (double)folder.st_size;
    if (!files->counted_at || look->now - files->counted_at >= COUNT_MS) {
        files->counted_at = look->now;
        files->count = count_files();
    }
    return files->count;
}

static void look_at_process(struct look *look)
{
    struct osm_metrics_daemon *daemon = &look->view->daemon;
    struct rlimit files;
    struct rusage usage;

    daemon->start = floor(look->wall - (double)osm_manager_uptime(look->manager) / 1000.0 + 0.5);
    daemon->resident = resident_bytes();
    daemon->open_fds = open_files(look);
    daemon->max_fds = getrlimit(RLIMIT_NOFILE, &files) == 0 ? (double)files.rlim_cur : NAN;
    daemon->cpu = getrusage(RUSAGE_SELF, &usage) == 0
                      ? (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
                      : NAN;
}

void osm_metrics_look(struct osm_metrics_view *view, struct osm_manager *manager,
                      const struct osm_histogram *turns, const struct osm_grant *grant,
                      struct osm_metrics_files *files)
{
    const struct osm_clock *clock = osm_manager_env(manager)->loop.clock;
    struct look look = {.view = view,
                        .manager = manager,
                        .grant = grant,
                        .files = files,
                        .now = osm_clock_now(clock),
                        .wall = osm_clock_wall(clock)};

    *view = (struct osm_metrics_view){.version = OSM_VERSION, .turns = *turns};
    osm_arena_init(&view->arena);
    look_at_servers(&look);
    look_at_sessions(&look);
    look_at_sinks(&look);
    look_at_notices(&look);
    look_at_parts(&look);
    look_at_process(&look);
    view->daemon.ready = osm_ready_is(manager, grant);
}
