/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_MANAGER_H
#define OSM_CORE_MANAGER_MANAGER_H
/*
 * The session manager: everything the commands work on. One per process. Holds the sessions,
 * the limits and the ways out of the core (loop, OPC UA). Knows nothing of sockets.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/cache/cache.h"
#include "port/loop_ops.h"

struct osm_admin_source;
struct osm_bus;
struct osm_caller_source;
struct osm_connection_source;
struct osm_counter_group;
struct osm_counters;
struct osm_env;
struct osm_manager;
struct osm_notices;
struct osm_refused_certificates;
struct osm_sink_source;
struct osm_tallies;
struct osm_ua;
struct osm_ua_ops;

struct osm_manager_config {
    int64_t session_timeout;  /* seconds without use until a session expires */
    int64_t cleanup_interval; /* seconds between two looks for expired sessions */
    int64_t max_sessions;     /* <= 0: no limit */
    /* Directories certificates may be taken from, NULL-terminated and borrowed; NULL = any. An
     * empty list allows nothing. */
    bool refuse_other_uri; /* a server certificate that names another application */
    char *const *allowed_cert_dirs;
    /* Servers callers may reach (endpoint_rule.h), borrowed; NULL = all. */
    char *const *allowed_endpoints;
    struct osm_cache_config cache;
    bool deferred_ack;   /* messages are acknowledged when their events are safe (event_bus.h) */
    bool auto_publish;   /* sessions publish on their own account (core/subscription/publisher.h) */
    size_t event_buffer; /* events kept for those who read them (event_bus.h); 0 = the default */
};

/* The loop, the OPC UA operations and their context, and the configuration's strings must
 * outlive the manager. Starts the cleanup timer. */
struct osm_manager *osm_manager_new(const struct osm_manager_config *config,
                                    const struct osm_loop *loop, const struct osm_ua_ops *ua_ops,
                                    struct osm_ua *ua);
/* Where events of all sessions come past. */
struct osm_bus *osm_manager_bus(struct osm_manager *manager);
/* All sessions there are and will be publish on their own account (core/subscription/publisher.h).
 */
void osm_manager_auto_publish_on(struct osm_manager *manager);
/* Frees what is left; sessions that are still connected are dropped without a goodbye. */
struct osm_manager *osm_manager_free(struct osm_manager *manager);

/* New values of the configuration, which count from now on. */
void osm_manager_set_limits(struct osm_manager *manager, int64_t session_timeout,
                            int64_t cleanup_interval, int64_t max_sessions);

/* From now on no new session is opened; those there are go on. */
void osm_manager_drain(struct osm_manager *manager);
bool osm_manager_is_draining(const struct osm_manager *manager);

/* Servers callers may reach, and what certificates are taken, from now on; borrowed as in the
 * configuration, and threads may still look at the list before. */
void osm_manager_set_allowed_endpoints(struct osm_manager *manager, char *const *endpoints);
void osm_manager_set_certificates(struct osm_manager *manager, char *const *allowed_dirs,
                                  bool refuse_other_uri);

/*
 * Ends the work: no new request is taken (they fail with ConnectionException), running ones get
 * grace milliseconds, then all sessions are disconnected in parallel, each logged
 * ("Disconnected session …"). done(context) is called once, at the latest after grace plus
 * limit milliseconds.
 */
void osm_manager_shutdown(struct osm_manager *manager, osm_msec grace, osm_msec limit,
                          void (*done)(void *context), void *context);

/* What tokens (caller_source.h), sinks (sink_status.h) and connections of the configuration file
 * (connection_source.h) tell about themselves: lent by those who keep them, copied; looked at by
 * `status`. */
void osm_manager_lend_callers(struct osm_manager *manager, const struct osm_caller_source *source);
const struct osm_caller_source *osm_manager_callers(const struct osm_manager *manager);
void osm_manager_lend_sinks(struct osm_manager *manager, const struct osm_sink_source *source);
const struct osm_sink_source *osm_manager_sinks(const struct osm_manager *manager);
void osm_manager_lend_connections(struct osm_manager *manager,
                                  const struct osm_connection_source *source);
const struct osm_connection_source *osm_manager_connections(const struct osm_manager *manager);

/* The console's hand (admin_source.h), and certificates that wait for an operator's word. */
void osm_manager_lend_admin(struct osm_manager *manager, const struct osm_admin_source *source);
const struct osm_admin_source *osm_manager_admin(const struct osm_manager *manager);
struct osm_refused_certificates *osm_manager_refused(struct osm_manager *manager);

/* What will fail unless somebody does something (notices.h). */
struct osm_notices *osm_manager_notices(const struct osm_manager *manager);

/* What is counted: the register of all parts' counters, and the tallies of requests. */
struct osm_counters *osm_manager_counters(struct osm_manager *manager);
struct osm_tallies *osm_manager_tallies(struct osm_manager *manager);
/* The core's own groups, for pages of the documentation: no context is set in them. */
const struct osm_counter_group *osm_manager_own_counters(size_t *size);

/* The ways out of the core, and what all sessions share (core/link/link.h). */
const struct osm_env *osm_manager_env(const struct osm_manager *manager);
/* As it counts now. */
const struct osm_manager_config *osm_manager_config(const struct osm_manager *manager);
/* Milliseconds since it was made. */
osm_msec osm_manager_uptime(const struct osm_manager *manager);
/* A shutdown has begun. */
bool osm_manager_is_ending(const struct osm_manager *manager);

#endif
