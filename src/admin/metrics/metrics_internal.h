/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_METRICS_METRICS_INTERNAL_H
#define OSM_ADMIN_METRICS_METRICS_INTERNAL_H
/*
 * From the numbers to the text. What changes is looked at once, in one turn (metrics_look.c), so
 * that an answer says the same throughout; then it is written in pieces, as the client takes them
 * (metrics_write.c). Values are doubles; one that is not known is NAN and is not told.
 */
#include "admin/metrics/metrics.h"
#include "admin/metrics/metrics_text.h"
#include "core/manager/notices.h"
#include "core/manager/tally.h"
#include "serve/request/grant.h"
#include "util/arena.h"

/* Most servers that are told by name; further ones are left out, and counted. */
#define OSM_METRICS_SERVERS 1000
#define OSM_METRICS_PREFIX "opcua_"

/* --- what is looked at, a row each: name in the text, kind, help, what to do --------------------
 */

/* Of the daemon; member, name. */
#define OSM_METRICS_OF_DAEMON(X)                                                                   \
    X(start, "process_start_time_seconds", GAUGE, "When the process started, since 1970",          \
      "A start nobody asked for: look for the crash in the log.")                                  \
    X(cpu, "process_cpu_seconds", COUNTER, "CPU time of the process, all threads", "")             \
    X(resident, "process_resident_memory_bytes", GAUGE, "Memory the process has in RAM",           \
      "Compare with the budgets below; sizing is in docs/operations.md.")                          \
    X(open_fds, "process_open_fds", GAUGE, "File descriptors the process has open",                \
      "Close to the limit: raise LimitNOFILE.")                                                    \
    X(max_fds, "process_max_fds", GAUGE, "File descriptors it may have open", "")                  \
    X(ready, "opcua_ready", GAUGE, "1 when /readyz says so",                                       \
      "0: `uactl ping --ready` or /readyz names what is not.")                                     \
    X(servers_left_out, "opcua_servers_left_out", GAUGE,                                           \
      "Connections beyond the first 1000, which have no metrics of their own", "")                 \
    X(subscriptions, "opcua_subscriptions", GAUGE, "Subscriptions of all sessions", "")            \
    X(items, "opcua_monitored_items", GAUGE, "Monitored items of all sessions", "")                \
    X(unmet_items, "opcua_monitored_items_unmet", GAUGE,                                           \
      "Monitored items that are not on their server as they should be",                            \
      "`status` names them with the server's refusal.")                                            \
    X(publish.responses, "opcua_publish_responses", COUNTER, "Good Publish responses", "")         \
    X(publish.messages, "opcua_publish_messages", COUNTER, "Notification messages delivered", "")  \
    X(publish.values, "opcua_publish_values", COUNTER, "Data changes delivered", "")               \
    X(publish.events, "opcua_publish_events", COUNTER, "Events of servers delivered", "")          \
    X(publish.overflows, "opcua_publish_overflows", COUNTER,                                       \
      "Values whose queue at the server was full",                                                 \
      "Raise queueSize or lower the publishing interval of these items.")                          \
    X(publish.gaps, "opcua_publish_gaps", COUNTER, "Times a notification message was missing", "") \
    X(publish.republished, "opcua_publish_republished_messages", COUNTER,                          \
      "Missing messages that were got back", "")                                                   \
    X(publish.lost, "opcua_publish_lost_messages", COUNTER,                                        \
      "Missing messages that could not be got back",                                               \
      "Data was lost: the server keeps too few messages, or the outage was longer than the "       \
      "subscription's lifetime.")                                                                  \
    X(publish.duplicates, "opcua_publish_duplicate_messages", COUNTER,                             \
      "Messages that had been here already", "")                                                   \
    X(publish.errors, "opcua_publish_errors", COUNTER, "Publish requests servers refused", "")     \
    X(publish.discarded, "opcua_publish_discarded_subscriptions", COUNTER,                         \
      "Subscriptions deleted because nobody knows them", "")

/* Of one server. */
#define OSM_METRICS_OF_SERVER(X)                                                                   \
    X(up, "opcua_server_up", GAUGE, "1 when its session is connected",                             \
      "0: /readyz and `status` say why; see \"A frozen PLC\" in docs/operations.md.")              \
    X(degraded, "opcua_server_degraded", GAUGE,                                                    \
      "1 when it is connected, but data does not flow as it should",                               \
      "`status` names what the server refuses.")                                                   \
    X(failures, "opcua_server_failed_attempts", GAUGE, "Attempts to connect that failed in a row", \
      "")                                                                                          \
    X(losses, "opcua_server_losses", COUNTER, "Losses of its connection",                          \
      "Many: look at the network, or at what else takes the server's sessions.")                   \
    X(reconnects, "opcua_server_reconnects", COUNTER, "Times its connection came back", "")        \
    X(round_trip, "opcua_server_round_trip_seconds", GAUGE,                                        \
      "How long the last Read of the daemon's own took", "High: the server is busy or far away.")  \
    X(heard, "opcua_server_last_heard_timestamp_seconds", GAUGE,                                   \
      "When that was answered, since 1970", "")                                                    \
    X(skew, "opcua_server_clock_skew_seconds", GAUGE,                                              \
      "How far the server's clock is ahead of this machine's",                                     \
      "Set the clock: certificates and source timestamps depend on it.")                           \
    X(running, "opcua_server_operations_running", GAUGE, "Operations at work at the server", "")   \
    X(waiting, "opcua_server_operations_waiting", GAUGE, "Operations that wait for others",        \
      "Grows: callers ask for more than the server answers.")                                      \
    X(stranded, "opcua_server_operations_stranded", GAUGE,                                         \
      "Operations that wait for the connection", "")                                               \
    X(subscriptions, "opcua_server_subscriptions", GAUGE, "Subscriptions at the server", "")       \
    X(items, "opcua_server_monitored_items", GAUGE, "Monitored items at the server", "")           \
    X(unmet_items, "opcua_server_monitored_items_unmet", GAUGE,                                    \
      "Monitored items that are not on the server as they should be",                              \
      "`status` names them with the server's refusal.")                                            \
    X(publishing, "opcua_server_last_publish_timestamp_seconds", GAUGE,                            \
      "When its last good Publish response came, since 1970", "")                                  \
    X(values, "opcua_server_values", COUNTER, "Data changes of the server delivered", "")          \
    X(events, "opcua_server_events", COUNTER, "Events of the server delivered", "")                \
    X(gaps, "opcua_server_gaps", COUNTER, "Times a notification message of it was missing", "")    \
    X(republished, "opcua_server_republished_messages", COUNTER,                                   \
      "Missing messages of it that were got back", "")                                             \
    X(lost, "opcua_server_lost_messages", COUNTER, "Missing messages of it that were not",         \
      "Data of this server was lost; the log says what.")                                          \
    X(channel_ends, "opcua_server_channel_expiry_timestamp_seconds", GAUGE,                        \
      "When the token of its secure channel ends, since 1970; renewed at three quarters",          \
      "In the past: renewal does not work, the channel will be lost.")                             \
    X(server_certificate, "opcua_server_certificate_expiry_timestamp_seconds", GAUGE,              \
      "When the server's certificate ends, since 1970",                                            \
      "Have the server's certificate renewed, and trust the new one before it is used.")           \
    X(own_certificate, "opcua_client_certificate_expiry_timestamp_seconds", GAUGE,                 \
      "When the certificate shown to the server ends, since 1970",                                 \
      "Renew it and have the server trust the new one.")                                           \
    X(user_certificate, "opcua_user_certificate_expiry_timestamp_seconds", GAUGE,                  \
      "When the certificate its user logs in with ends, since 1970",                               \
      "Renew it and have the server know the new one.")

/* Of one sink, or the spool. */
#define OSM_METRICS_OF_SINK(X)                                                                     \
    X(up, "opcua_sink_up", GAUGE, "1 unless its last attempt failed",                              \
      "0: `status` has its lastError; events wait in the spool, if there is one.")                 \
    X(delivered, "opcua_sink_delivered_events", COUNTER, "Events the other end has confirmed", "") \
    X(dropped, "opcua_sink_dropped_events", COUNTER,                                               \
      "Events given up: refused, or lost for want of room",                                        \
      "Data was lost on the way out: give it a spool, or a larger one.")                           \
    X(retries, "opcua_sink_retries", COUNTER, "Failed attempts", "")                               \
    X(waiting, "opcua_sink_waiting_events", GAUGE, "Events that are not confirmed yet", "")        \
    X(bytes, "opcua_sink_waiting_bytes", GAUGE, "Bytes these take", "")                            \
    X(most_bytes, "opcua_sink_limit_bytes", GAUGE, "Bytes they may take",                          \
      "Of the spool: --event-spool-bytes.")                                                        \
    X(lag, "opcua_sink_lag_events", GAUGE, "Events that were newer than its last confirmed one",   \
      "Grows: the other end is slower than the plant.")                                            \
    X(age, "opcua_sink_lag_seconds", GAUGE, "Age of the first event that waits",                   \
      "Of the spool: how long its slowest sink has been behind.")

struct osm_metrics_daemon {
    double start, cpu, resident, open_fds, max_fds, ready, servers_left_out;
    double subscriptions, items, unmet_items;
    struct {
        double responses, messages, values, events, overflows, gaps, republished, lost, duplicates;
        double errors, discarded;
    } publish;
};

struct osm_metrics_server {
    const char *label; /* in the arena */
#define X(member, name, kind, help, advice) double member;
    OSM_METRICS_OF_SERVER(X)
#undef X
};

struct osm_metrics_sink {
    const char *name; /* static */
#define X(member, name, kind, help, advice) double member;
    OSM_METRICS_OF_SINK(X)
#undef X
};

struct osm_metrics_value {
    const char *name; /* in the arena, or static */
    const char *help;
    enum osm_metric_kind kind;
    double value;
};

struct osm_metrics_bound {
    const char *name;
    bool bytes;
    double used, limit;
};

/* Sinks there can be, the spool with them. */
#define OSM_METRICS_SINKS 8
#define OSM_METRICS_STATES 5
#define OSM_METRICS_COUNTERS 128
#define OSM_METRICS_BOUNDS 32

/* All of it, at one moment. */
struct osm_metrics_view {
    struct osm_arena arena;
    const char *version;
    struct osm_metrics_daemon daemon;
    struct osm_metrics_server *servers;
    size_t n_servers, room;
    struct osm_metrics_sink sinks[OSM_METRICS_SINKS];
    size_t n_sinks;
    double states[OSM_METRICS_STATES];
    double notices[OSM_NOTICE_KIND_COUNT_];
    struct osm_metrics_value counters[OSM_METRICS_COUNTERS];
    size_t n_counters;
    struct osm_metrics_bound bounds[OSM_METRICS_BOUNDS];
    size_t n_bounds;
    struct osm_tally *tallies; /* in the arena */
    size_t n_tallies;
    struct osm_histogram turns;
};

/* How many descriptors are open, where they have to be counted; zeroed = not yet. */
struct osm_metrics_files {
    double count;
    osm_msec counted_at;
};

/* metrics_look.c: everything the caller may know of (grant NULL = everything). */
void osm_metrics_look(struct osm_metrics_view *view, struct osm_manager *manager,
                      const struct osm_histogram *turns, const struct osm_grant *grant,
                      struct osm_metrics_files *files);
/* The name of a part's counter, without `_total`, into out; *scale turns its value into the unit
 * the name says. */
void osm_metrics_counter_name(char *out, size_t size, const char *group,
                              const struct osm_counter *row, double *scale);

/* metrics_write.c */
struct osm_metrics_place {
    size_t family, row; /* what comes next */
};

/* Appends up to about `room` bytes; false when that was the last. */
bool osm_metrics_write(struct osm_buf *out, const struct osm_metrics_view *view,
                       enum osm_metrics_form form, struct osm_metrics_place *place, size_t room);

#endif
