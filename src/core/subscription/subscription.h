/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_SUBSCRIPTION_H
#define OSM_CORE_SUBSCRIPTION_SUBSCRIPTION_H
/*
 * What a session's subscriptions are meant to be: parameters and items as callers asked for
 * them, kept apart from the ids the server uses for them at the moment. Callers keep the ids
 * they were given; as long as nothing was made anew both are the same number.
 *
 *   id         what callers say and are told
 *   server_id  what goes to the server
 *   handle     an item's client handle on the wire to the server, unique in its subscription;
 *              callers are told params.client_handle instead (differences.md M3)
 *
 * Where they are at the moment is kept too (place); restore.c moves what is towards what is meant:
 *
 *   subscription  HERE ──new server session──▶ ELSEWHERE ──cannot be transferred──▶ GONE
 *                   ▲                              │ transferred                     │ made anew
 *                   └──────────────────────────────┴─────────────────────────────────┘
 *   item          ON_SERVER ──its subscription is gone──▶ MISSING ⇄ REFUSED (tried again later)
 *                   ▲  ▲──────── made anew ─────────────────┘        ▲
 *                   │  └── changed ── CHANGED ◀── tried again ───────┤
 *                   └───── other parameters ──┘ └── refused ─────────┘
 *                 any of them ── no longer wanted ──▶ DOOMED ──▶ freed
 *
 * A wish (wish.h) is a subscription or an item that was never asked for by a caller: it begins as
 * GONE or MISSING and gets its id when the server makes it.
 *
 * Plain data without calls to anybody, so that it can be written down and read back.
 *
 * Bounds: methods refuse to go beyond OSM_SUBSCRIPTIONS_TRACKED and OSM_MONITORED_ITEMS_TRACKED.
 * Everything is freed with the session.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types.h>
#include <open62541/types_generated.h>
#include <uthash.h>

#include "core/subscription/sequence.h"
#include "util/arena.h"
#include "util/clock.h"
#include "wire/text/names.h"

#define OSM_SUBSCRIPTIONS_TRACKED 1000     /* per session */
#define OSM_MONITORED_ITEMS_TRACKED 200000 /* per session */
#define OSM_LINKS_TRACKED 10000            /* per subscription */

/* What a server has refused is asked for again after 5, 10, 20, 40 … 300 s, each at random up to
 * half shorter. */
#define OSM_REFUSED_FIRST 5000
#define OSM_REFUSED_MOST 300000

struct osm_alarms;
struct osm_session;

/* A server would not: why, how often in a row, and when it is asked again. */
struct osm_refusal {
    UA_StatusCode status; /* good = it has not refused, or is to be asked again now */
    unsigned failures;
    osm_msec retry_at;
};

/* As asked. */
struct osm_subscription_params {
    double publishing_interval; /* milliseconds */
    uint32_t lifetime_count;
    uint32_t keep_alive_count;
    uint32_t max_notifications;
    bool publishing_enabled;
    uint8_t priority;
};

/* As asked; mode is what goes to the server. */
struct osm_monitored_item_params {
    UA_NodeId node_id;
    UA_String namespace_uri; /* of a wish: the namespace of node_id, when it is given by its URI */
    UA_String
        path; /* of a wish: the browse path that is looked up for node_id before each creation */
    bool refresh; /* of a wish: the present conditions are asked for when it is made */
    uint32_t attribute_id;
    UA_String index_range; /* of the value; empty = all of it */
    UA_MonitoringMode mode;
    uint32_t client_handle;
    double sampling_interval; /* milliseconds */
    uint32_t queue_size;
    bool discard_oldest;
    bool filtered; /* of data changes, by … (OPC 10000-4 §7.22.2) */
    UA_DataChangeFilter filter;
    UA_EventFilter *event; /* of an item of events: what it tells; NULL = data changes */
    size_t selected;       /* so many of its fields, the first, are the caller's (event_filter.h) */
    bool bare;             /* the server would not have our own fields beside them */
};

/* A server that gives less than half of what was asked for has cut it. */
#define OSM_REVISED 2.0

/* Items of which the server has cut something, and what of one of them. */
struct osm_revision {
    unsigned items;
    double asked, given;
};

enum osm_monitored_item_place {
    OSM_MONITORED_ITEM_ON_SERVER,
    OSM_MONITORED_ITEM_MISSING, /* to be made */
    OSM_MONITORED_ITEM_REFUSED, /* the server would not; it is asked again later */
    OSM_MONITORED_ITEM_CHANGED, /* on the server, with other parameters than it should have */
    OSM_MONITORED_ITEM_DOOMED,  /* to be deleted, perhaps on the server */
    OSM_MONITORED_ITEM_PLACES_
};

struct osm_monitored_item {
    uint32_t id, server_id, handle;   /* server_id is 0 unless it is on the server */
    uint64_t maker;                   /* whose it is (core/link/caller.h) */
    struct osm_monitored_item **wish; /* of whoever wishes it, cleared when it goes; or NULL */
    bool unborn;                      /* never made: the id is nobody's yet */
    bool stale;                       /* changed since it was asked for last */
    bool slowed, shortened;           /* it counts in the subscription's revisions */
    struct osm_monitored_item_params
        params; /* owned; the node id is of the server's present namespaces */
    enum osm_monitored_item_place place;
    struct osm_refusal refusal; /* of REFUSED; the failures outlive it until it is made */
    UA_String absent_namespace; /* of the node id, while the server has none of that URI; owned */
    bool by_uri;                /* its path or fields name namespaces by URI (names.h) */
    struct osm_alarms *alarms;  /* what its events have said, owned; NULL = nothing yet */
    struct osm_monitored_item *prev, *next; /* in the list of its place */
    UT_hash_handle hh;                      /* by id */
    UT_hash_handle hh_handle;               /* by handle */
};

/* Ids of callers. */
struct osm_trigger_link {
    uint32_t trigger, item;
    bool tried;  /* the server has it, or would not have it … */
    bool doomed; /* … and is to have it no longer: then the same of its end */
    struct osm_trigger_link *prev, *next;
};

enum osm_subscription_place {
    OSM_SUBSCRIPTION_HERE,      /* in the present session on the server */
    OSM_SUBSCRIPTION_ELSEWHERE, /* perhaps still on the server, in a session that is over */
    OSM_SUBSCRIPTION_DOUBTFUL,  /* here, but what it holds is not known: to be deleted */
    OSM_SUBSCRIPTION_GONE       /* to be made anew */
};

struct osm_subscription {
    uint32_t id, server_id; /* server_id is 0 when it is GONE */
    uint64_t maker;         /* whose it is (core/link/caller.h) */
    enum osm_subscription_place place;
    struct osm_subscription **wish; /* of whoever wishes it, cleared when it goes; or NULL */
    bool unborn;                    /* never made: the id is nobody's yet */
    bool changed;                   /* other parameters than it should have … */
    bool doomed;                    /* to be deleted */
    bool refresh_due;               /* its conditions are to be asked for */
    bool odd;                       /* what the server said of its items makes no sense */
    bool refused;                   /* one of these, or its making; it is asked again later */
    struct osm_refusal refusal;
    osm_msec made_at; /* when it was made anew last, 0 = never */
    bool adopted;     /* it came by a transfer: what was asked of it is not known */
    struct osm_subscription_params params;
    double revised_interval; /* milliseconds */
    uint32_t revised_lifetime;
    uint32_t revised_keep_alive;
    struct osm_revision sampling, queue; /* of its items: milliseconds; values */
    struct osm_monitored_item *items;    /* uthash, in order of creation */
    struct osm_monitored_item *by_handle;
    unsigned item_count;
    /* Those that are not ON_SERVER, in order of creation, as far as known. */
    struct osm_monitored_item *missing, *refused_items, *changed_items, *doomed_items;
    uint32_t next_handle;
    uint32_t next_item_id;
    struct osm_trigger_link *links;
    unsigned link_count;
    struct osm_sequence track; /* of its messages */
    osm_msec silent_since; /* when it was last heard of, if that is too long ago; 0 = it is not */
    UT_hash_handle hh;     /* by id */
    UT_hash_handle hh_server; /* by server_id */
};

struct osm_subscriptions {
    struct osm_subscription *by_id; /* uthash, in order of creation */
    struct osm_subscription *by_server_id;
    unsigned item_count;               /* of all of them */
    unsigned unmet_items;              /* of these, not on the server */
    uint32_t next_id;                  /* for those whose server_id is somebody's id already */
    struct osm_publish_budget *budget; /* of their messages that wait; NULL = none */
};

/* --- subscriptions ------------------------------------------------------------------------- */

void osm_subscriptions_clear(struct osm_subscriptions *all);
bool osm_subscriptions_are_full(const struct osm_subscriptions *all);
/* Their ids in order of creation, to be freed: for who goes through them and may remove any of
 * them in doing so. */
uint32_t *osm_subscriptions_ids(const struct osm_subscriptions *all, size_t *size);

/* What creates it. */
void osm_subscription_request(const struct osm_subscription_params *params,
                              UA_CreateSubscriptionRequest *out);
/* Begins to keep what the server has made. */
struct osm_subscription *osm_subscription_add(struct osm_subscriptions *all,
                                              const struct osm_subscription_params *params,
                                              const UA_CreateSubscriptionResponse *created);
/* The same for one that is to be made; its id is nobody's until the server has made it. */
struct osm_subscription *osm_subscription_add_unborn(struct osm_subscriptions *all,
                                                     const struct osm_subscription_params *params);
/* The same for one that somebody else has made; known to callers as `id` if that is free. */
struct osm_subscription *osm_subscription_adopt(struct osm_subscriptions *all, uint32_t id,
                                                uint32_t server_id);
/* Its wish and those of its items are no longer anybody's: the pointers become NULL, the things
 * stay. */
void osm_subscription_disown(struct osm_subscription *subscription);
/* It goes from one session to another, with all that is known of it. */
void osm_subscription_move(struct osm_subscriptions *from, struct osm_subscriptions *to,
                           struct osm_subscription *subscription);
void osm_subscription_remove(struct osm_subscriptions *all, struct osm_subscription *subscription);

struct osm_subscription *osm_subscription_find(const struct osm_subscriptions *all, uint32_t id);
struct osm_subscription *osm_subscription_find_server(const struct osm_subscriptions *all,
                                                      uint32_t server_id);
/* An id that is not known stays what it is: the server will say what it thinks of it. 0, which
 * servers know as no id, where it would mean another one than the caller does. */
uint32_t osm_subscription_server_id(const struct osm_subscriptions *all, uint32_t id);
/* The longest time between two messages of a subscription; OSM_MSEC_NEVER when not known, 0
 * without any. */
osm_msec osm_subscriptions_keep_alive(const struct osm_subscriptions *all);

/* --- places -------------------------------------------------------------------------------- */

/* The server has it no longer; with it go its items. */
void osm_subscription_lose(struct osm_subscriptions *all, struct osm_subscription *subscription);
/* The server has made it, for the first time or anew; a wish gets its id. */
void osm_subscription_made(struct osm_subscriptions *all, struct osm_subscription *subscription,
                           const UA_CreateSubscriptionResponse *created, osm_msec now);
/* Not everything that is meant to be is: something is to be made, or was refused. */
bool osm_subscriptions_are_unmet(const struct osm_subscriptions *all);
/* It is asked for again at once. */
void osm_subscription_pardon(struct osm_subscription *subscription);
/* One more failure, at that time; random: a number of osm_backoff_random(), the same for what was
 * refused together. */
void osm_subscription_note_refusal(struct osm_refusal *refusal, UA_StatusCode status, osm_msec now,
                                   uint32_t random);
void osm_subscription_refuse(struct osm_subscription *subscription, UA_StatusCode status,
                             osm_msec now, uint32_t random);
/* What was refused and is due is to be tried again; false when there is nothing. */
bool osm_subscriptions_retry(struct osm_subscriptions *all, osm_msec now);
/* The same for all of it, with pauses that begin anew: the server may be another one now. */
void osm_subscriptions_retry_all(struct osm_subscriptions *all);
/* When the first of it is due; OSM_MSEC_NEVER when nothing is refused. */
osm_msec osm_subscriptions_next_retry(const struct osm_subscriptions *all);
/* The server's namespaces have changed: items keep meaning the same nodes (namespaces.c). */
void osm_subscriptions_renumber(struct osm_subscriptions *all, const UA_String *before,
                                size_t before_size, const UA_String *after, size_t after_size);

/* What an item names by URI gets the server's index; fields of events may stay unknown. False, with
 * a fault, when its node cannot be named at this server. */
OSM_MUST_CHECK bool osm_subscription_number_item(struct osm_monitored_item *item,
                                                 struct osm_names *names, struct osm_arena *arena,
                                                 struct osm_fault *fault);

/* --- items (monitored_item.c); subscription may be NULL where a find or an id is asked for --- */

bool osm_monitored_items_have_room(const struct osm_subscriptions *all, size_t more);
struct osm_monitored_item *osm_monitored_item_add(struct osm_subscriptions *all,
                                                  struct osm_subscription *subscription,
                                                  const struct osm_monitored_item_params *params,
                                                  uint32_t handle, uint32_t server_id);
/* The same for one that is to be made. */
struct osm_monitored_item *
osm_monitored_item_add_unborn(struct osm_subscriptions *all, struct osm_subscription *subscription,
                              const struct osm_monitored_item_params *params);
void osm_monitored_item_disown(struct osm_monitored_item *item);
void osm_monitored_item_remove(struct osm_subscriptions *all, struct osm_subscription *subscription,
                               struct osm_monitored_item *item);
struct osm_monitored_item *osm_monitored_item_find(const struct osm_subscription *subscription,
                                                   uint32_t id);
/* The item the server calls so. */
struct osm_monitored_item *
osm_monitored_item_find_handle(const struct osm_subscription *subscription, uint32_t handle);
uint32_t osm_monitored_item_server_id(const struct osm_subscription *subscription, uint32_t id);
/* The server has made it; or would not. */
void osm_monitored_item_made(struct osm_subscriptions *all, struct osm_subscription *subscription,
                             struct osm_monitored_item *item, uint32_t server_id);
void osm_monitored_item_refuse(struct osm_subscriptions *all, struct osm_subscription *subscription,
                               struct osm_monitored_item *item, UA_StatusCode status, osm_msec now,
                               uint32_t random);
/* Its parameters on the server are what they should be. */
void osm_monitored_item_modified(struct osm_subscriptions *all,
                                 struct osm_subscription *subscription,
                                 struct osm_monitored_item *item);
/* What the server has made of its sampling interval (milliseconds) and queue size. */
void osm_monitored_item_revised(struct osm_subscription *subscription,
                                struct osm_monitored_item *item, double interval, uint32_t queue);
/* It enters the place; what is on the server stays there. */
void osm_monitored_item_set_place(struct osm_subscriptions *all,
                                  struct osm_subscription *subscription,
                                  struct osm_monitored_item *item,
                                  enum osm_monitored_item_place place);
/* To be made (anew). */
void osm_monitored_item_lose(struct osm_subscriptions *all, struct osm_subscription *subscription,
                             struct osm_monitored_item *item);
/* What a caller calls the item the server calls `handle`. */
uint32_t osm_monitored_item_client_handle(const struct osm_subscription *subscription,
                                          uint32_t handle);
/* Handles for new items: the one asked for where nobody has it yet (so that it still means
 * something to whoever the subscription is transferred to), else an unused one. */
void osm_monitored_item_assign_handles(struct osm_subscription *subscription,
                                       const struct osm_monitored_item_params *items, size_t size,
                                       uint32_t *handles);
/* What creates it. Borrows from params; memory for the filter comes from the arena. */
void osm_monitored_item_create_request(const struct osm_monitored_item_params *params,
                                       uint32_t handle, struct osm_arena *arena,
                                       UA_MonitoredItemCreateRequest *out);
/* The node as it was asked for: browse path or node id. */
const char *osm_monitored_item_text(const struct osm_monitored_item *item, struct osm_arena *arena);
/* The filter of an event item or of data changes, decoded, in the arena or in params; else
 * nothing. */
void osm_monitored_item_filter(const struct osm_monitored_item_params *params,
                               struct osm_arena *arena, UA_ExtensionObject *out);

/* The trigger reports the item too, or does no longer. Beyond the bound it is not kept. */
void osm_monitored_item_set_link(struct osm_subscription *subscription, uint32_t trigger,
                                 uint32_t item, bool linked);

#endif
