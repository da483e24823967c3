/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_CLIENT_INTERNAL_H
#define OSM_CLIENT_CLIENT_INTERNAL_H
/*
 * A client as the files of this folder see it: requests on their way, each with what turns its
 * reply into the caller's result.
 *
 *   read.c, write.c … ──▶ call.c ──▶ client.c ──line──▶ back_end
 *                  result ◀── decode ◀── reply ◀──────────┘
 *
 * Invariants
 *  - A call is told exactly once, from opcua_process() or opcua_client_free(), unless it is
 * forgotten.
 *  - Calls made before the session is open wait in `held`, in order; they are sent when it is.
 *  - `inside` counts functions that are being called back: nothing is freed under them.
 */
#include <yyjson.h>

#include "client/back_end.h"
#include "client/failure.h"
#include "client/value_read.h"
#include "util/buf.h"
#include "wire/text/json.h"
#include <opcua-session.h>

struct osm_call;
struct osm_streams;

/* data: the reply's `data`, NULL with an error. May free what context points to. */
typedef void osm_call_fn(struct opcua_client *client, const struct opcua_error *error,
                         yyjson_val *data, void *context);

enum osm_client_state { OSM_CLIENT_NEW, OSM_CLIENT_OPENING, OSM_CLIENT_OPEN, OSM_CLIENT_GONE };

struct opcua_client {
    struct osm_back_end_user user;
    struct osm_back_end *back_end;
    bool managed, keep, force_new;
    enum osm_client_state state;
    char *url;        /* NULL: without session */
    char *session_id; /* NULL until it is open */
    char *token;
    char *config; /* of `open`, as JSON */
    opcua_event_fn *event;
    opcua_cancel_fn *cancel;
    opcua_log_fn *log;
    void *context;
    uint64_t next_id;
    struct osm_call *calls, *held; /* sent; waiting for the session */
    struct opcua_error gone;       /* why, in state GONE and when it has ended */
    osm_msec heard;                /* when the last line came, or the first call was sent */
    bool asked;                    /* a ping is on its way since nothing was heard */
    unsigned inside;
    bool doomed;                  /* opcua_client_free() was called from a function called back */
    bool ending;                  /* opcua_client_free() is under way: it is not begun again */
    bool ended;                   /* and calls have been told: none is sent any more */
    uint64_t stream;              /* id of the stream of events; 0 = none */
    struct opcua_error no_stream; /* why there is none */
    struct opcua_subscription *subscriptions;
    unsigned deleting; /* subscriptions whose end has not been answered */
    bool all_deleted;  /* none is */
};

/* NULL without client or server. */
const char *osm_client_url(const struct opcua_client *client);
/* Takes what has come from the back-end; the user.line of every client. */
void osm_client_line(struct osm_back_end_user *user, char *line, size_t length);

/* ---- call.c --------------------------------------------------------------------------- */

/* A request in the making: members are added to json until it is sent. object: what errors are
 * about, copied; NULL = the connection. */
struct osm_call *osm_call_new(struct opcua_client *client, const char *command, const char *object);
/* Without a client (NULL) a call is told at once that there is none. */
/* Of a call that has not been sent. */
void osm_call_free(struct osm_call *call);
struct osm_json *osm_call_json(struct osm_call *call);
/* Of method `method`, ready for its parameters in `params`, which osm_call_send() closes. */
struct osm_call *osm_call_query(struct opcua_client *client, const char *method,
                                const char *object);
/* The same of a method that only `invoke` has: its arguments are in the tagged encoding (types.md
 * §5), and so is the result, which done gets without its envelope. */
struct osm_call *osm_call_invoke(struct opcua_client *client, const char *method,
                                 const char *object);
uint64_t osm_call_id(const struct osm_call *call);
const char *osm_call_object(const struct osm_call *call);
/* Unless it holds, the call is refused when it is sent: the argument of that name is NULL. */
bool osm_call_needs(struct osm_call *call, bool holds, const char *name);
/* How many there are of a list that must be there when it has any: 0 when it is not, and then the
 * call is refused. */
static inline size_t osm_call_count(struct osm_call *call, const void *list, size_t count,
                                    const char *name)
{
    if (count && !list)
        (void)osm_call_needs(call, false, name);
    return list ? count : 0;
}
/* The call is refused when it is sent. */
void osm_call_wrong(struct osm_call *call, const struct opcua_error *error);
/* Takes the call over; done is told later. */
void osm_call_send(struct osm_call *call, osm_call_fn *done, void *context);
/* The call is refused here: told at the next opcua_process(). */
void osm_call_refuse(struct osm_call *call, const struct opcua_error *error, osm_call_fn *done,
                     void *context);
/* The same for what needs no session: `open` and commands of the daemon. */
void osm_call_send_at_once(struct osm_call *call, osm_call_fn *done, void *context);
/* The same for what is said when the client has ended. */
void osm_call_send_last(struct osm_call *call, osm_call_fn *done, void *context);
/* A reply line that has been parsed. False when nobody waits for it. */
bool osm_calls_reply(struct opcua_client *client, uint64_t id, yyjson_val *reply);
/* Sends what is held, or tells all of them the error. */
void osm_calls_release(struct opcua_client *client);
void osm_calls_fail(struct opcua_client *client, const struct opcua_error *error, bool held_too);
/* Calls longer than limit bytes were refused as too large. */
void osm_calls_too_large(struct opcua_client *client, size_t limit, yyjson_val *reply);
void osm_calls_fail_held(struct opcua_client *client, const struct opcua_error *error);
/* Tells what was refused here; whether there was anything. */
bool osm_calls_refused(struct opcua_client *client);
bool osm_calls_have_refused(const struct opcua_client *client);
/* Nobody is told of what is left. */
void osm_calls_forget(struct opcua_client *client);
/* A node id parameter. */
void osm_call_node(struct osm_call *call, const char *node);
/* The members that say which attribute (0 = Value) and which part (NULL = all) of a node is meant.
 */
void osm_call_part(struct osm_call *call, uint32_t attribute, const char *range);

/* ---- stream.c ------------------------------------------------------------------------- */

/* A line of a stream. */
void osm_stream_line(struct opcua_client *client, yyjson_val *line, const char *text,
                     size_t length);
/* Asks for the stream of the session's events, once. */
void osm_stream_begin(struct opcua_client *client);
void osm_stream_free_subscriptions(struct opcua_client *client);
/* Ends those that are left at the server; all_deleted says when it has answered. */
void osm_stream_delete_subscriptions(struct opcua_client *client);
/* Frees those that were ended from a function called back. */
void osm_stream_sweep(struct opcua_client *client);

/* ---- wait.c --------------------------------------------------------------------------- */

/* Whether a waiting call may begin: not inside a function called back, where its answer could not
 * be met. To be asked before anything is sent. */
bool osm_wait_may(const struct opcua_client *client, struct opcua_error *error);
/* Whether a pointer the caller must give is there. */
bool osm_wait_needs(const void *pointer, const char *name, struct opcua_error *error);
/* Runs the client until *done; false with *error when it is of no use any more. */
bool osm_wait(struct opcua_client *client, const bool *done, struct opcua_error *error);
/* The same until the clock is at `until`; false when it was. */
bool osm_wait_until(struct opcua_client *client, const bool *done, osm_msec until,
                    struct opcua_error *error);

#endif
