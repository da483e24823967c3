/* SPDX-License-Identifier: MIT */
/*
 * The text, piece by piece; see metrics_internal.h. A family is a metric with its samples, one for
 * each of its rows. They come in the order of the list below, each list of families one after the
 * other.
 */
#include <math.h>

#include "admin/metrics/metrics_internal.h"
#include "core/session/session.h"

/* Where a piece is being written to. */
struct pen {
    struct osm_buf *out;
    enum osm_metrics_form form;
    const struct osm_metrics_view *view;
};

struct metric {
    size_t offset;
    const char *name;
    enum osm_metric_kind kind;
    const char *help, *advice;
};

#define ROW(type, member_, name_, kind_, help_, advice_)                                           \
    {                                                                                              \
        offsetof(type, member_), name_, OSM_METRIC_##kind_, help_, advice_                         \
    }

static const struct metric of_daemon[] = {
#define X(member, name, kind, help, advice)                                                        \
    ROW(struct osm_metrics_daemon, member, name, kind, help, advice),
    OSM_METRICS_OF_DAEMON(X)
#undef X
};

static const struct metric of_server[] = {
#define X(member, name, kind, help, advice)                                                        \
    ROW(struct osm_metrics_server, member, name, kind, help, advice),
    OSM_METRICS_OF_SERVER(X)
#undef X
};

static const struct metric of_sink[] = {
#define X(member, name, kind, help, advice)                                                        \
    ROW(struct osm_metrics_sink, member, name, kind, help, advice),
    OSM_METRICS_OF_SINK(X)
#undef X
};

/* Those with labels of their own. */
enum {
    INFO,
    STATES,
    NOTICES,
    QUEUE_USED,
    QUEUE_LIMIT,
    BUDGET_USED,
    BUDGET_LIMIT,
    TURNS,
    REQUESTS,
    ERRORS,
    DURATIONS,
    SPECIAL_COUNT_
};

static const struct metric special[SPECIAL_COUNT_] = {
    [INFO] = {0, "opcua_build_info", OSM_METRIC_GAUGE, "Always 1; its version is the label", ""},
    [STATES] = {0, "opcua_sessions", OSM_METRIC_GAUGE, "Sessions by state",
                "Many failed: servers or the network are away."},
    [NOTICES] = {0, "opcua_notices", OSM_METRIC_GAUGE,
                 "What will fail unless somebody does something, by kind",
                 "`status` and the first view of the web page name object, cause and next step; "
                 "docs/status.md lists the kinds, and the alert is `OpcuaNotice`."},
    [QUEUE_USED] = {0, "opcua_queue_used", OSM_METRIC_GAUGE, "Entries of a bounded queue or list",
                    ""},
    [QUEUE_LIMIT] = {0, "opcua_queue_limit", OSM_METRIC_GAUGE, "Its bound, if it has one",
                     "Close to it, callers are refused; docs/architecture.md says what happens "
                     "there."},
    [BUDGET_USED] = {0, "opcua_budget_used_bytes", OSM_METRIC_GAUGE,
                     "Bytes of a bounded kind of memory", ""},
    [BUDGET_LIMIT] = {0, "opcua_budget_limit_bytes", OSM_METRIC_GAUGE, "Its bound", ""},
    [TURNS] = {0, "opcua_loop_turn_duration_seconds", OSM_METRIC_HISTOGRAM,
               "How long each turn of the event loop took, without its sleep",
               "Turns above 0.1 s delay everybody; the log names what took so long."},
    [REQUESTS] = {0, "opcua_requests", OSM_METRIC_COUNTER, "Requests of callers, answered", ""},
    [ERRORS] = {0, "opcua_request_errors", OSM_METRIC_COUNTER, "Of these, answered with an error",
                "The log and the callers know the errors; `unknown` are commands that do not "
                "exist."},
    [DURATIONS] = {0, "opcua_request_duration_seconds", OSM_METRIC_HISTOGRAM,
                   "From a request to its reply, the server's time included", ""},
};

/* --- rows ---------------------------------------------------------------------------------- */

static void write_value(const struct pen *pen, const struct metric *metric, const char *label,
                        const char *name, const void *values)
{
    const struct osm_metric_label labels[] = {{label, name}, {NULL, NULL}};

    osm_metrics_sample(pen->out, metric->name, metric->kind, labels,
                       *(const double *)(const void *)((const char *)values + metric->offset));
}

static void write_daemon(const struct pen *pen, const struct metric *metric, size_t row)
{
    (void)row;
    write_value(pen, metric, NULL, NULL, &pen->view->daemon);
}

static void write_server(const struct pen *pen, const struct metric *metric, size_t row)
{
    write_value(pen, metric, "server", pen->view->servers[row].label, &pen->view->servers[row]);
}

static void write_sink(const struct pen *pen, const struct metric *metric, size_t row)
{
    write_value(pen, metric, "sink", pen->view->sinks[row].name, &pen->view->sinks[row]);
}

static void write_labelled(const struct pen *pen, const struct metric *metric, const char *label,
                           const char *name, double value)
{
    const struct osm_metric_label labels[] = {{label, name}, {NULL, NULL}};

    osm_metrics_sample(pen->out, metric->name, metric->kind, labels, value);
}

static void write_bound(const struct pen *pen, const struct metric *metric, size_t row)
{
    const struct osm_metrics_bound *bound = &pen->view->bounds[row];
    size_t which = (size_t)(metric - special);
    bool bytes = which == BUDGET_USED || which == BUDGET_LIMIT;

    if (bound->bytes == bytes)
        write_labelled(pen, metric, bytes ? "budget" : "queue", bound->name,
                       which == QUEUE_USED || which == BUDGET_USED ? bound->used : bound->limit);
}

static void write_tally(const struct pen *pen, const struct metric *metric, size_t row)
{
    const struct osm_tally *tally = &pen->view->tallies[row];
    const struct osm_metric_label labels[] = {
        {"command", tally->command}, {"method", tally->method}, {NULL, NULL}};
    uint64_t requests = 0;

    for (size_t i = 0; i <= OSM_HISTOGRAM_BOUNDS; i++)
        requests += tally->seconds.counts[i];
    if (metric == &special[DURATIONS])
        osm_metrics_histogram(pen->out, metric->name, labels, &tally->seconds);
    else
        osm_metrics_sample(pen->out, metric->name, metric->kind, labels,
                           (double)(metric == &special[ERRORS] ? tally->errors : requests));
}

static void write_special(const struct pen *pen, const struct metric *metric, size_t row)
{
    switch (metric - special) {
    case INFO:
        write_labelled(pen, metric, "version", pen->view->version, 1);
        break;
    case STATES:
        write_labelled(pen, metric, "state", osm_session_state_name((enum osm_session_state)row),
                       pen->view->states[row]);
        break;
    case NOTICES:
        write_labelled(pen, metric, "kind", osm_notice_kind_name((enum osm_notice_kind)row),
                       pen->view->notices[row]);
        break;
    case TURNS:
        osm_metrics_histogram(pen->out, metric->name, NULL, &pen->view->turns);
        break;
    case REQUESTS:
    case ERRORS:
    case DURATIONS:
        write_tally(pen, metric, row);
        break;
    default:
        write_bound(pen, metric, row);
    }
}

/* --- families ------------------------------------------------------------------------------ */

static size_t rows_of_special(const struct osm_metrics_view *view, const struct metric *metric)
{
    switch (metric - special) {
    case INFO:
    case TURNS:
        return 1;
    case STATES:
        return OSM_METRICS_STATES;
    case NOTICES:
        return OSM_NOTICE_KIND_COUNT_;
    case REQUESTS:
    case ERRORS:
    case DURATIONS:
        return view->n_tallies;
    default:
        return view->n_bounds;
    }
}

static size_t rows_of_daemon(const struct osm_metrics_view *view, const struct metric *metric)
{
    (void)view;
    (void)metric;
    return 1;
}

static size_t rows_of_server(const struct osm_metrics_view *view, const struct metric *metric)
{
    (void)metric;
    return view->n_servers;
}

static size_t rows_of_sink(const struct osm_metrics_view *view, const struct metric *metric)
{
    (void)metric;
    return view->n_sinks;
}

#define LIST(domain, title_)                                                                       \
    {                                                                                              \
        title_, of_##domain, OSM_ARRAY_SIZE(of_##domain), rows_of_##domain, write_##domain         \
    }

static const struct list {
    const char *title;
    const struct metric *metrics;
    size_t size;
    size_t (*rows)(const struct osm_metrics_view *view, const struct metric *metric);
    void (*write)(const struct pen *pen, const struct metric *metric, size_t row);
} lists[] = {
    {"Requests, sessions, queues and the loop", special, SPECIAL_COUNT_, rows_of_special,
     write_special},
    LIST(daemon, "The daemon"),
    LIST(server, "Servers, label `server`"),
    LIST(sink, "Sinks and the spool, label `sink`"),
};

/* Writes rows of one family, at least one, so that its head comes once; true when it is complete.
 */
static bool write_family(const struct pen *pen, const struct list *list,
                         const struct metric *metric, struct osm_metrics_place *place, size_t end)
{
    size_t rows = list->rows(pen->view, metric);

    if (place->row == 0)
        osm_metrics_head(pen->out, pen->form, metric->name, metric->kind, metric->help);
    while (place->row < rows) {
        list->write(pen, metric, place->row++);
        if (pen->out->length >= end)
            break;
    }
    return place->row >= rows;
}

static void write_counter(const struct pen *pen, const struct osm_metrics_value *counter)
{
    osm_metrics_head(pen->out, pen->form, counter->name, counter->kind, counter->help);
    osm_metrics_sample(pen->out, counter->name, counter->kind, NULL, counter->value);
}

/* The family of that number, or a counter of a part's, or the end. */
static bool write_next(const struct pen *pen, struct osm_metrics_place *place, size_t end)
{
    size_t number = place->family;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); number -= lists[i++].size) {
        if (number >= lists[i].size)
            continue;
        if (write_family(pen, &lists[i], &lists[i].metrics[number], place, end))
            *place = (struct osm_metrics_place){.family = place->family + 1};
        return true;
    }
    place->family++;
    if (number < pen->view->n_counters) {
        write_counter(pen, &pen->view->counters[number]);
        return true;
    }
    osm_metrics_end(pen->out, pen->form);
    return false;
}

bool osm_metrics_write(struct osm_buf *out, const struct osm_metrics_view *view,
                       enum osm_metrics_form form, struct osm_metrics_place *place, size_t room)
{
    const struct pen pen = {out, form, view};
    const size_t end = out->length + room;

    while (out->length < end)
        if (!write_next(&pen, place, end))
            return false;
    return true;
}

/* --- the page ------------------------------------------------------------------------------ */

static void write_line(struct osm_buf *out, const char *name, enum osm_metric_kind kind,
                       const char *help, const char *advice)
{
    osm_buf_printf(out, "| `%s%s` | %s | %s | %s |\n", name,
                   kind == OSM_METRIC_COUNTER ? "_total" : "", osm_metric_kind_name(kind), help,
                   advice);
}

static void write_group(struct osm_buf *out, const struct osm_counter_group *group)
{
    char name[128];
    double scale;

    for (size_t i = 0; i < group->size; i++) {
        const struct osm_counter *row = &group->rows[i];

        if (row->kind == OSM_GAUGE && strcmp(group->name, "sessions") == 0)
            continue;
        osm_metrics_counter_name(name, sizeof(name), group->name, row, &scale);
        write_line(out, name, row->kind == OSM_COUNTER ? OSM_METRIC_COUNTER : OSM_METRIC_GAUGE,
                   row->help, "");
    }
}

#define TABLE "\n| Metric | Kind | Meaning | What to do |\n|---|---|---|---|\n"

void osm_metrics_write_markdown(struct osm_buf *out, const struct osm_metrics_groups *groups,
                                size_t count)
{
    osm_buf_printf(
        out,
        "# Metrics\n\n<!-- Generated from the tables of metrics (target `docs`). -->\n\n"
        "What `--metrics <uri>` serves at `/metrics`, as Prometheus text or as OpenMetrics, "
        "whichever the scraper\nprefers. Labels are `command`, `method`, `server` (the label of a "
        "connection of the configuration file, at\nmost %d; all sessions of callers together are "
        "`callers`, a\nconnection of that name is `_callers`), `sink`, `state`, `kind`, `queue` "
        "and "
        "`budget`: nothing a caller or a\nserver makes up. What is not known is left out. Alert "
        "rules and a dashboard are in\n"
        "`packaging/prometheus`.\n\n"
        "`/healthz` answers 200 as long as the process does. `/readyz` answers 200 when every "
        "connection of the\nconfiguration file is up and every sink works, else 503; its JSON says "
        "`ready` and the `reasons`, as\n`status` does, but of these the first 1000 (`leftOut` "
        "counts the others). With tokens, `/metrics` and `/readyz` take "
        "one (`Authorization: Bearer`) with the role `read`,\nand tell of the servers it is "
        "for.\n",
        OSM_METRICS_SERVERS);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++) {
        osm_buf_printf(out, "\n## %s\n" TABLE, lists[i].title);
        for (size_t j = 0; j < lists[i].size; j++)
            write_line(out, lists[i].metrics[j].name, lists[i].metrics[j].kind,
                       lists[i].metrics[j].help, lists[i].metrics[j].advice);
    }
    osm_buf_printf(out, "\n## Counters of the parts\n\nThe same as in `status`.\n" TABLE);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < groups[i].size; j++)
            write_group(out, &groups[i].list[j]);
}
