/* SPDX-License-Identifier: MIT */
/* Connecting and waiting for it. */
#include "client/results_internal.h"

static struct opcua_client *open_now(struct opcua_client *client, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!client)
        return NULL;
    opcua_open_async(client, osm_client_take_done, &taken);
    if (osm_client_await(client, &taken))
        return client;
    opcua_client_free(client);
    return NULL;
}

struct opcua_client *opcua_connect(const char *url, const struct opcua_options *options,
                                   struct opcua_error *error)
{
    return open_now(opcua_client_new(url, options, error), error);
}

struct opcua_client *opcua_connect_managed(const char *socket, const char *url,
                                           const struct opcua_options *options,
                                           struct opcua_error *error)
{
    return open_now(opcua_client_new_managed(socket, url, options, error), error);
}
