/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_SINKS_H
#define OSM_SINK_SINKS_H
/*
 * All sinks of the daemon and what feeds them from the bus. With a spool that is spool.h. Without
 * one each sink reads the bus for itself; what it is too slow for falls off the bus's ring and is
 * replaced by one line:
 *
 *   {"event":"EventsLost","cursor":…,"time":…,"from":…,"to":…,"dropped":n,"reason":"…"}
 */
#include <uv.h>

#include "core/event/event_bus.h"
#include "core/manager/sink_status.h"
#include "port/loop_ops.h"

/* How long all of them may take to stop. */
#define OSM_SINKS_STOP_MS ((osm_msec)1000)

struct osm_program;
struct osm_sinks;

struct osm_sinks_config {
    const char *log;     /* --event-log; NULL = none, as for the others */
    int log_fd;          /* it is open already, taken over; 0 = it is not */
    const char *command; /* --event-command */
    bool command_acks;
    /* Its program, taken over; with {0} a thread starts it. NULL = it is started in the call, which
     * blocks. */
    struct osm_program *program;
    const char *mqtt;        /* --event-mqtt */
    const char *mqtt_client; /* client id unless the URL has one */
    const char *spool;       /* --event-spool; NULL = none */
    uint64_t spool_bytes;
    bool deferred_ack; /* servers keep what is not safe: --event-log is synced, too */
};

bool osm_sinks_wanted(const struct osm_sinks_config *config);

/* Makes and starts the sinks that are configured; events from now on go to them. Both loops are
 * the same one. Returns 0, or negative errno and a message for the user in *error, to be freed;
 * the sinks that had begun end with the loop. */
OSM_MUST_CHECK int osm_sinks_new(const struct osm_sinks_config *config, const struct osm_loop *loop,
                                 uv_loop_t *uv, struct osm_bus *bus, struct osm_sinks **out,
                                 char **error);

/*
 * From now on the sinks are these: those that are the same go on, others end or begin. One that has
 * another value goes on where the one before has stopped, as far as the bus still has the events.
 * Only when osm_sinks_may_change(). *sinks NULL = there were none. Not with a spool, before or now.
 * On an error the sinks that could be made are.
 */
OSM_MUST_CHECK int osm_sinks_change(struct osm_sinks **sinks, const struct osm_sinks_config *config,
                                    const struct osm_loop *loop, uv_loop_t *uv, struct osm_bus *bus,
                                    char **error);

/* Sinks that were replaced or removed and have not ended, which hang in a disk, a name server or a
 * program: how many there may be, and how many bytes of events they may hold. */
#define OSM_SINKS_LEAVING 8u
#define OSM_SINKS_LEAVING_BYTES ((size_t)16 << 20)

#define OSM_SINKS_GAUGES(X)                                                                        \
    X(leaving, "sinks that were replaced or removed and have not ended")                           \
    X(leaving_bytes, "bytes of events these hold")
#define OSM_SINKS_COUNTERS(X)                                                                      \
    X(left_behind, "sinks that did not end in time and were left behind")                          \
    X(refused, "changes of sinks refused because too many have not ended")

struct osm_sinks_stats {
#define X(name, help) uint64_t name;
    OSM_SINKS_GAUGES(X)
    OSM_SINKS_COUNTERS(X)
#undef X
};

/* Valid until the next call. */
const struct osm_sinks_stats *osm_sinks_stats(struct osm_sinks *sinks);
/* Whether sinks may be replaced now: 0, or -EBUSY and a message for the user in *error, to be
 * freed, which is counted. */
OSM_MUST_CHECK int osm_sinks_may_change(struct osm_sinks *sinks, char **error);

/* SIGHUP. */
void osm_sinks_reopen(struct osm_sinks *sinks);

/* The n-th sink (the spool comes last) or NULL: osm_sink_source_fn. */
const struct osm_sink_status *osm_sinks_look(void *context, size_t n);

/*
 * Delivers what is there for at most `drain` milliseconds, then stops all sinks, frees everything
 * and calls done(context) (NULL = nobody cares), at the latest OSM_SINKS_STOP_MS later. The bus is
 * left alone from the moment done is called; with a drain of 0, at once.
 */
void osm_sinks_close(struct osm_sinks *sinks, osm_msec drain, void (*done)(void *context),
                     void *context);

#endif
