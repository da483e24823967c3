/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_AUTO_INTERNAL_H
#define OSM_AUTO_AUTO_INTERNAL_H
/* What the files of auto-connect share; nobody else includes this. */
#include "auto/auto_connect.h"
#include "core/link/op.h"
#include "core/manager/registry.h"
#include "port/loop_ops.h"
#include "serve/request/request.h"

struct osm_auto_connect {
    struct osm_manager *manager;
    struct osm_loop loop; /* outlives the manager */
    osm_auto_ask_fn *ask;
    struct osm_desired *wanted;
    uint64_t generation; /* of `wanted` */
    struct osm_auto_entry *entries;
    struct osm_auto_entry *fresh, *again; /* queues for a slot, the first one goes first */
    unsigned opening;
    bool stopped;
};

/* --- requests (auto_request.c) ------------------------------------------------------------- */

#define OSM_AUTO_BATCH 1000 /* items per request */

struct osm_auto_step;

/* A request of our own. Lives until its reply has been read, even if its entry does not. */
struct osm_auto_call {
    struct osm_request request;
    struct osm_loop loop;
    struct osm_auto_entry *entry; /* NULL = nobody wants to know any more */
    bool done;
    struct osm_timer *burial;
    const struct osm_auto_step *step;
    uint64_t generation;
    struct osm_auto_subscription *subscription;
    struct osm_auto_item **items; /* in the request's arena */
    size_t size;
    struct osm_buf text; /* the request as JSON, while it is written */
    struct osm_json json;
};

struct osm_auto_call *osm_auto_call_new(struct osm_auto_entry *entry);
/* `{"command":"query","sessionId":"…","method":"<method>","params":` */
void osm_auto_call_begin(struct osm_auto_call *call, const char *command, const char *method,
                         const char *parameters);
/* Sends what has been written. */
void osm_auto_call_send(struct osm_auto_call *call);
/* Gives it up, or frees it when it is done. NULL is fine. */
void osm_auto_call_drop(struct osm_auto_call *call);

/* --- steps (auto_step.c) ------------------------------------------------------------------- */

struct osm_auto_step {
    /* Finds something to do and prepares call; false = there is nothing. */
    bool (*prepare)(struct osm_auto_entry *entry, struct osm_session *session,
                    struct osm_auto_call *call);
    void (*good)(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *data);
    /* The server (or a check) refused it. */
    void (*bad)(struct osm_auto_entry *entry, struct osm_auto_call *call, const char *message);
};

/* In the order in which they are looked at; ends with a row without prepare. */
extern const struct osm_auto_step osm_auto_steps[];

/* --- things (auto_thing.c) ----------------------------------------------------------------- */

osm_msec osm_auto_now(const struct osm_auto_connect *all);
/* first, doubled with each failure up to most, at random up to half shorter. */
osm_msec osm_auto_delay(osm_msec first, osm_msec most, unsigned failures);
bool osm_auto_is_due(const struct osm_auto_entry *entry, const struct osm_auto_thing *thing);
/* It was refused: tried again later. Logged when it is news. */
void osm_auto_refuse(struct osm_auto_entry *entry, struct osm_auto_thing *thing, const char *what,
                     const char *message);
/* It is there, as of the generation that the request was made in. */
void osm_auto_made(struct osm_auto_thing *thing, uint32_t id, uint64_t generation);
void osm_auto_item_free(struct osm_auto_subscription *subscription, struct osm_auto_item *item);
void osm_auto_subscription_free(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription);
/* The server has nothing of it any more; what nobody wants is freed. */
void osm_auto_subscription_lose(struct osm_auto_subscription *subscription);
/* Frees what is doomed and not on the server. Only while no request is on its way. */
void osm_auto_sweep(struct osm_auto_entry *entry);
/* When the first refused thing is tried again; OSM_MSEC_NEVER when there is none. */
osm_msec osm_auto_next_retry(const struct osm_auto_entry *entry);

/* --- entries ------------------------------------------------------------------------------- */

/* auto_connect.c: has the entry look again after that many milliseconds. */
void osm_auto_look(struct osm_auto_entry *entry, osm_msec delay);
struct osm_auto_entry *osm_auto_entry_new(struct osm_auto_connect *all, const char *label,
                                          const char *endpoint);
/* auto_diff.c: what of the entry is to change. */
void osm_auto_diff(struct osm_auto_entry *entry, const struct osm_desired_connection *wanted);

#endif
