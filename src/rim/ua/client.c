/* SPDX-License-Identifier: MIT */
/*
 * The library's client as this daemon uses it: everything shareable is shared, nothing happens
 * on its own (no reconnects, no subscriptions, no connectivity checks). The constants are those
 * callers' servers have always seen (ipc-protocol.md §6, "Core constants").
 */
#include "rim/ua/ua_internal.h"

#include "rim/ua/endpoint_select.h"
#include "util/alloc.h"

#define OSM_PUSH_LIFETIME_MS 3600000
#define OSM_SESSION_TIMEOUT_MS 120000
#define OSM_CHUNK_BYTES 65535
/* The library's time-out for its own handshake requests; ours comes first. */
#define OSM_LIBRARY_TIMEOUT_MS 600000

static UA_StatusCode accept_certificate(const UA_CertificateVerification *verification,
                                        const UA_ByteString *certificate)
{
    return UA_STATUSCODE_GOOD;
}

static UA_StatusCode accept_uri(const UA_CertificateVerification *verification,
                                const UA_ByteString *certificate, const UA_String *uri)
{
    return UA_STATUSCODE_GOOD;
}

/* How far an attempt has come; never backwards, and not from what a failure tears down. */
static void note_stage(struct osm_ua_conn *conn, UA_SecureChannelState channel,
                       UA_SessionState session)
{
    enum osm_conn_stage stage = conn->stage;

    if (channel == UA_SECURECHANNELSTATE_CONNECTED || channel == UA_SECURECHANNELSTATE_HEL_SENT)
        stage = OSM_STAGE_HELLO;
    else if (channel == UA_SECURECHANNELSTATE_ACK_RECEIVED ||
             channel == UA_SECURECHANNELSTATE_OPN_SENT)
        stage = OSM_STAGE_CHANNEL;
    else if (channel != UA_SECURECHANNELSTATE_OPEN)
        return;
    else if (session == UA_SESSIONSTATE_CREATE_REQUESTED)
        stage = OSM_STAGE_CREATE_SESSION;
    else if (session == UA_SESSIONSTATE_ACTIVATE_REQUESTED)
        stage = OSM_STAGE_ACTIVATE_SESSION;
    else if (session == UA_SESSIONSTATE_CLOSED)
        stage = OSM_STAGE_DISCOVERY;
    conn->stage = OSM_MAX(conn->stage, stage);
    if (session == UA_SESSIONSTATE_CREATE_REQUESTED)
        conn->session_created = true;
}

/* Called from deep inside the library: notes, does not act. */
static void state_changed(UA_Client *client, UA_SecureChannelState channel, UA_SessionState session,
                          UA_StatusCode status)
{
    struct osm_ua_conn *conn = osm_conn_of(client);

    if (conn->freed)
        return;
    if (status != UA_STATUSCODE_GOOD && conn->status == UA_STATUSCODE_GOOD)
        conn->status = status;
    if (conn->status == UA_STATUSCODE_GOOD && conn->phase == OSM_CONN_CONNECTING)
        note_stage(conn, channel, session);
    if (session == UA_SESSIONSTATE_CREATED && conn->session_created)
        osm_close_session_note_session(conn); /* only now the library tells it */
    if (conn->secure && channel == UA_SECURECHANNELSTATE_OPN_SENT)
        osm_secure_show_chain(conn->secure, false);
    osm_conn_look(conn);
}

static UA_ClientConfig base_config(struct osm_ua_conn *conn)
{
    return (UA_ClientConfig){
        .clientContext = conn,
        .logging = &conn->ua->logger,
        .timeout = OSM_LIBRARY_TIMEOUT_MS,
        .securityMode = UA_MESSAGESECURITYMODE_NONE,
        .secureChannelLifeTime = OSM_PUSH_LIFETIME_MS,
        .requestedSessionTimeout = OSM_SESSION_TIMEOUT_MS,
        .localConnectionConfig = {.sendBufferSize = OSM_CHUNK_BYTES,
                                  .recvBufferSize = OSM_CHUNK_BYTES,
                                  .localMaxMessageSize = OSM_PEEK_MESSAGE_BYTES,
                                  .localMaxChunkCount = OSM_PEEK_MESSAGE_CHUNKS},
        .eventLoop = &conn->ua->el,
        .externalEventLoop = true,
        .certificateVerification = {.verifyCertificate = accept_certificate,
                                    .verifyApplicationURI = accept_uri,
                                    .logging = &conn->ua->logger},
        .stateCallback = state_changed,
    };
}

UA_Client *osm_client_new(struct osm_ua_conn *conn, const struct osm_ua_params *params)
{
    UA_ClientConfig config = base_config(conn);
    UA_Client *client;

    config.clientDescription.applicationUri = UA_STRING_ALLOC("urn:opcua-client:client");
    config.clientDescription.productUri = UA_STRING_ALLOC("urn:opcua-client");
    config.clientDescription.applicationName = UA_LOCALIZEDTEXT_ALLOC("", "opcua-client");
    config.clientDescription.applicationType = UA_APPLICATIONTYPE_CLIENT;
    config.sessionName = UA_STRING_ALLOC("opcua-client-session");
    config.securityPolicyUri = UA_STRING_ALLOC(OSM_POLICY_NONE);
    if (params->username && params->password)
        (void)UA_ClientConfig_setAuthenticationUsername(&config, params->username,
                                                        params->password);
    client = UA_Client_newWithConfig(&config);
    osm_assert(client);
    return client;
}

/* The library would free what it has got. */
void osm_client_lend(UA_ClientConfig *config, struct osm_policy_set *set)
{
    config->securityPolicies = set ? set->list : NULL;
    config->securityPoliciesSize = set ? set->size : 0;
    config->authSecurityPolicies = set && set->auth_size ? &set->auth : NULL;
    config->authSecurityPoliciesSize = set ? set->auth_size : 0;
}

void osm_client_delete(UA_Client *client)
{
    UA_ClientConfig *config = UA_Client_getConfig(client);
    UA_ExtensionObject *token = &config->userIdentityToken;

    if (token->encoding == UA_EXTENSIONOBJECT_DECODED &&
        token->content.decoded.type == &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]) {
        UA_UserNameIdentityToken *user = token->content.decoded.data;

        osm_wipe(user->password.data, user->password.length);
    }
    osm_client_lend(config, NULL);
    UA_Client_delete(client);
}
