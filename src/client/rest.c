/* SPDX-License-Identifier: MIT */
/* Types, endpoints, trust, the session's connection, what the server says of itself. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "util/alloc.h"

/* ---- the connection ------------------------------------------------------------------------- */

void opcua_connection_state_async(struct opcua_client *client, opcua_text_fn *done, void *context)
{
    osm_client_send_text(osm_call_query(client, "getConnectionState", NULL), "getConnectionState",
                         done, context);
}

bool opcua_connection_state(struct opcua_client *client, char **state, struct opcua_error *error)
{
    struct osm_text_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(state, "state", error))
        return false;
    opcua_connection_state_async(client, osm_client_take_text, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    *state = taken.text;
    return true;
}

void opcua_reconnect_async(struct opcua_client *client, opcua_done_fn *done, void *context)
{
    osm_client_send_done(osm_call_query(client, "reconnect", osm_client_url(client)), "reconnect",
                         done, context);
}

bool opcua_reconnect(struct opcua_client *client, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_reconnect_async(client, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

void opcua_forget_async(struct opcua_client *client, const char *node, opcua_done_fn *done,
                        void *context)
{
    struct osm_call *call = osm_call_query(client, node ? "invalidateCache" : "flushCache", node);

    if (node)
        osm_call_node(call, node);
    osm_client_send_done(call, "Cannot forget", done, context);
}

bool opcua_forget(struct opcua_client *client, const char *node, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_forget_async(client, node, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

/* ---- types ---------------------------------------------------------------------------------- */

void opcua_discover_types_async(struct opcua_client *client, opcua_number_fn *done, void *context)
{
    osm_client_send_number(osm_call_query(client, "discoverDataTypes", NULL), "discoverDataTypes",
                           done, context);
}

bool opcua_discover_types(struct opcua_client *client, uint64_t *count, struct opcua_error *error)
{
    struct osm_number_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_discover_types_async(client, osm_client_take_number, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    if (count)
        *count = taken.number;
    return true;
}

/* ---- endpoints ------------------------------------------------------------------------------ */

void opcua_endpoints_free(struct opcua_endpoint *endpoints, size_t count)
{
    for (size_t i = 0; endpoints && i < count; i++) {
        free(endpoints[i].url);
        free(endpoints[i].security_policy);
        free(endpoints[i].certificate.data);
    }
    free(endpoints);
}

static unsigned tokens_of(yyjson_val *list)
{
    yyjson_val *token;
    size_t i, count;
    unsigned tokens = 0;

    yyjson_arr_foreach(list, i, count, token)
    {
        uint64_t type = yyjson_get_uint(yyjson_obj_get(token, "tokenType"));

        if (type < 4)
            tokens |= 1u << type;
    }
    return tokens;
}

struct endpoints_call {
    opcua_endpoints_fn *done;
    void *context;
};

static void on_endpoints(struct opcua_client *client, const struct opcua_error *error,
                         yyjson_val *data, void *context)
{
    struct endpoints_call *call = context;
    size_t length = yyjson_arr_size(data), i, all;
    struct opcua_endpoint *endpoints = osm_alloc((length + 1) * sizeof(*endpoints));
    struct opcua_error shape;
    yyjson_val *object;

    (void)client;
    if (!error && !yyjson_is_arr(data)) {
        osm_failure_of_shape(&shape, "getEndpoints");
        error = &shape;
    }
    yyjson_arr_foreach(data, i, all, object)
    {
        endpoints[i] = (struct opcua_endpoint){
            .url = osm_client_text_of(yyjson_obj_get(object, "endpointUrl")),
            .security_policy = osm_client_text_of(yyjson_obj_get(object, "securityPolicyUri")),
            .security_mode = yyjson_get_int(yyjson_obj_get(object, "securityMode")),
            .security_level = yyjson_get_int(yyjson_obj_get(object, "securityLevel")),
            .tokens = tokens_of(yyjson_obj_get(object, "userIdentityTokens"))};
        (void)osm_value_read_base64(yyjson_obj_get(object, "serverCertificate"),
                                    &endpoints[i].certificate);
    }
    if (call->done)
        call->done(call->context, error, error ? NULL : endpoints, error ? 0 : length);
    opcua_endpoints_free(endpoints, length);
    free(call);
}

void opcua_endpoints_async(struct opcua_client *client, opcua_endpoints_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "getEndpoints", osm_client_url(client));
    struct endpoints_call *endpoints = osm_alloc(sizeof(*endpoints));

    osm_call_node(call, osm_client_url(client));
    osm_json_bool(osm_call_json(call), false); /* what the server offers now */
    *endpoints = (struct endpoints_call){done, context};
    osm_call_send(call, on_endpoints, endpoints);
}

struct endpoints_taken {
    struct osm_taken base;
    struct opcua_endpoint *endpoints;
    size_t count;
};

static void take_endpoints(void *context, const struct opcua_error *error,
                           const struct opcua_endpoint *endpoints, size_t count)
{
    struct endpoints_taken *taken = context;

    if (!osm_client_take(&taken->base, error))
        return;
    taken->count = count;
    taken->endpoints = osm_alloc((count + 1) * sizeof(*endpoints));
    for (size_t i = 0; i < count; i++) {
        struct opcua_endpoint *copy = &taken->endpoints[i];

        *copy = endpoints[i];
        copy->url = osm_strdup(endpoints[i].url);
        copy->security_policy = osm_strdup(endpoints[i].security_policy);
        copy->certificate = (struct opcua_text){0};
        opcua_text_set(&copy->certificate, endpoints[i].certificate.data,
                       endpoints[i].certificate.length);
    }
}

bool opcua_endpoints(struct opcua_client *client, struct opcua_endpoint **endpoints, size_t *count,
                     struct opcua_error *error)
{
    struct endpoints_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(endpoints, "endpoints", error) ||
        !osm_wait_needs(count, "count", error))
        return false;
    opcua_endpoints_async(client, take_endpoints, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    *endpoints = taken.endpoints;
    *count = taken.count;
    return true;
}

/* ---- trust ---------------------------------------------------------------------------------- */

void opcua_trust_async(struct opcua_client *client, const char *der, size_t length,
                       opcua_done_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "trustCertificate", NULL);

    if (osm_call_needs(call, der, "der"))
        osm_json_base64(osm_call_json(call), der, length);
    osm_client_send_done(call, "Cannot trust", done, context);
}

bool opcua_trust(struct opcua_client *client, const char *der, size_t length,
                 struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_trust_async(client, der, length, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

void opcua_untrust_async(struct opcua_client *client, const char *fingerprint, opcua_done_fn *done,
                         void *context)
{
    struct osm_call *call = osm_call_query(client, "untrustCertificate", fingerprint);

    if (osm_call_needs(call, fingerprint, "fingerprint"))
        osm_call_node(call, fingerprint);
    osm_client_send_done(call, "Cannot untrust", done, context);
}

bool opcua_untrust(struct opcua_client *client, const char *fingerprint, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_untrust_async(client, fingerprint, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

/* ---- the server ----------------------------------------------------------------------------- */

/* BuildInfo of the ServerStatus (OPC 10000-5 §12.4): its members, in the order of the struct. */
static const char *const build_nodes[] = {"i=2262", "i=2263", "i=2264", "i=2265", "i=2266"};

struct build_call {
    opcua_build_fn *done;
    void *context;
};

void opcua_build_clear(struct opcua_build *build)
{
    if (!build)
        return;
    free(build->product);
    free(build->manufacturer);
    free(build->version);
    free(build->number);
    *build = (struct opcua_build){0};
}

static char *text_or_empty(const struct opcua_data_value *value)
{
    const char *text = opcua_value_to_text(&value->value);

    return osm_strdup(text ? text : "");
}

static void on_build(void *context, const struct opcua_error *error,
                     const struct opcua_data_value *values, size_t count)
{
    struct build_call *call = context;
    struct opcua_build build = {0};

    if (count == OSM_ARRAY_SIZE(build_nodes)) {
        build = (struct opcua_build){.product = text_or_empty(&values[0]),
                                     .manufacturer = text_or_empty(&values[1]),
                                     .version = text_or_empty(&values[2]),
                                     .number = text_or_empty(&values[3])};
        if (values[4].value.type == OPCUA_TYPE_DATETIME && values[4].value.length == 1)
            build.date = values[4].value.items[0].time;
    }
    if (call->done)
        call->done(call->context, error, error ? NULL : &build);
    opcua_build_clear(&build);
    free(call);
}

void opcua_build_async(struct opcua_client *client, opcua_build_fn *done, void *context)
{
    struct opcua_read_item items[OSM_ARRAY_SIZE(build_nodes)] = {0};
    struct build_call *call = osm_alloc(sizeof(*call));

    *call = (struct build_call){done, context};
    for (size_t i = 0; i < OSM_ARRAY_SIZE(build_nodes); i++)
        items[i].node = build_nodes[i];
    opcua_read_async(client, items, OSM_ARRAY_SIZE(build_nodes), on_build, call);
}

struct build_taken {
    struct osm_taken base;
    struct opcua_build *build;
};

static void take_build(void *context, const struct opcua_error *error,
                       const struct opcua_build *build)
{
    struct build_taken *taken = context;

    if (osm_client_take(&taken->base, error))
        *taken->build = (struct opcua_build){.product = osm_strdup(build->product),
                                             .manufacturer = osm_strdup(build->manufacturer),
                                             .version = osm_strdup(build->version),
                                             .number = osm_strdup(build->number),
                                             .date = build->date};
}

bool opcua_build(struct opcua_client *client, struct opcua_build *build, struct opcua_error *error)
{
    struct build_taken taken = {.build = build, .base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(build, "build", error))
        return false;
    opcua_build_async(client, take_build, &taken);
    return osm_client_await(client, &taken.base);
}
