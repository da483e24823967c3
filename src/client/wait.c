/* SPDX-License-Identifier: MIT */
/* Waiting calls are made from the others: the client is run until the answer is there. */
#include <poll.h>

#include "client/client_internal.h"

bool osm_wait_may(const struct opcua_client *client, struct opcua_error *error)
{
    if (!client)
        return osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "client",
                           "There is no client: it is NULL");
    return !client->inside ||
           osm_failure(
               error, OPCUA_SOURCE_HERE, "BadMethodCallException", client->url,
               "A waiting call from a function called back: use the one that does not wait");
}

bool osm_wait_needs(const void *pointer, const char *name, struct opcua_error *error)
{
    return pointer || osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", name,
                                  "%s must be given, and is NULL", name);
}

#define CANCEL_LOOK 200 /* ms */
#define CHAIN 3         /* calls that follow each other within one that waits: the file's close */

/* Whether the caller wants no more of it; then whatever is on its way has been told so. */
static bool is_cancelled(struct opcua_client *client, const bool *done)
{
    struct opcua_error why;
    bool wanted;

    if (!client->cancel || client->ending)
        return false;
    client->inside++;
    wanted = !client->cancel(client->context);
    client->inside--;
    if (wanted)
        return false;
    osm_failure(&why, OPCUA_SOURCE_HERE, "Cancelled", client->url, "Broken off");
    for (int i = 0; i < CHAIN && !*done; i++)
        osm_calls_fail(client, &why, true);
    return *done;
}

static bool wait_once(struct opcua_client *client, int timeout, struct opcua_error *error)
{
    struct pollfd ready = {.fd = opcua_fd(client), .events = opcua_events(client)};
    int due = opcua_timeout(client);

    if (due < 0 || (timeout >= 0 && timeout < due))
        due = timeout;
    if (client->cancel && (due < 0 || due > CANCEL_LOOK))
        due = CANCEL_LOOK;
    (void)poll(&ready, 1, due); /* lint: allow poll – a waiting call waits */
    return opcua_process(client, error) == 0;
}

bool osm_wait(struct opcua_client *client, const bool *done, struct opcua_error *error)
{
    while (!*done && !is_cancelled(client, done)) {
        if (!wait_once(client, -1, error))
            return *done;
    }
    return *done;
}

bool osm_wait_until(struct opcua_client *client, const bool *done, osm_msec until,
                    struct opcua_error *error)
{
    while (!*done) {
        osm_msec now = osm_clock_now(osm_clock_system());

        if (now >= until)
            return osm_failure(error, OPCUA_SOURCE_NETWORK, "ConnectionException", NULL,
                               "No answer in time");
        if (!wait_once(client, (int)(until - now), error))
            return *done;
    }
    return true;
}
