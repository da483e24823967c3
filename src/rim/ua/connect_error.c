/* SPDX-License-Identifier: MIT */
/*
 * Why a connection could not be made, or was lost, in the words of the contract
 * (ipc-protocol.md §8.3). The library has one status code for it; the stage the attempt had
 * reached, the socket's error and the server's ERR message tell the rest.
 */
#include <netdb.h>

#include "port/status_code.h"
#include "rim/ua/ua_internal.h"

/* libuv has its own numbers and words for resolver errors; callers know the system's. */
static const char *resolver_text(int error)
{
    static const struct {
        int uv;
        int eai;
    } table[] = {
        {UV_EAI_AGAIN, EAI_AGAIN},       {UV_EAI_BADFLAGS, EAI_BADFLAGS},
        {UV_EAI_FAIL, EAI_FAIL},         {UV_EAI_FAMILY, EAI_FAMILY},
        {UV_EAI_MEMORY, EAI_MEMORY},     {UV_EAI_NODATA, EAI_NODATA},
        {UV_EAI_NONAME, EAI_NONAME},     {UV_EAI_SERVICE, EAI_SERVICE},
        {UV_EAI_SOCKTYPE, EAI_SOCKTYPE}, {UV_EAI_OVERFLOW, EAI_OVERFLOW},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(table); i++)
        if (table[i].uv == error)
            return gai_strerror(table[i].eai);
    return uv_strerror(error);
}

static void explain_socket(const struct osm_ua_conn *conn, struct osm_arena *arena,
                           struct osm_fault *fault)
{
    if (conn->stage == OSM_STAGE_RESOLVE)
        osm_fault_set(fault, arena, OSM_FAULT_CONNECTION,
                      "Failed to connect to %s:%u: [0] php_network_getaddresses: getaddrinfo for "
                      "%s failed: %s",
                      conn->host, (unsigned)conn->port, conn->host, resolver_text(conn->tcp_error));
    else
        osm_fault_set(fault, arena, OSM_FAULT_CONNECTION, "Failed to connect to %s:%u: [%d] %s",
                      conn->host, (unsigned)conn->port, -conn->tcp_error,
                      strerror(-conn->tcp_error));
}

/* The server sent ERR (OPC 10000-6 §7.1.2.5): its name depends on what it answered. */
static void explain_error_message(const struct osm_ua_conn *conn, struct osm_arena *arena,
                                  struct osm_fault *fault)
{
    const char *reason = conn->peek.error_reason ? conn->peek.error_reason : "Unknown error";
    UA_StatusCode code = conn->peek.error;

    if (conn->phase == OSM_CONN_CONNECTED || conn->was_connected || conn->stage > OSM_STAGE_CHANNEL)
        osm_fault_set(fault, arena, OSM_FAULT_SERVICE, "Server error 0x%08X: %s", code, reason);
    else if (conn->stage == OSM_STAGE_CHANNEL)
        osm_fault_set(fault, arena, OSM_FAULT_PROTOCOL, "OPN rejected by server: 0x%08X \u2014 %s",
                      code, conn->peek.error_reason ? reason : UA_StatusCode_name(code));
    else
        osm_fault_set(fault, arena, OSM_FAULT_HANDSHAKE, "Server error during handshake: [%u] %s",
                      code, reason);
}

/* Printable text of the three bytes a peer began with. */
static void explain_stranger(const struct osm_ua_conn *conn, struct osm_arena *arena,
                             struct osm_fault *fault)
{
    if (conn->peek.size_is_bad || memcmp(conn->peek.first, "ACK", 3) == 0)
        osm_fault_set(fault, arena, OSM_FAULT_PROTOCOL, "Invalid message size: %u",
                      conn->peek.bad_size);
    else
        osm_fault_set(fault, arena, OSM_FAULT_MESSAGE_TYPE, "Expected ACK response, got: %.3s",
                      conn->peek.first);
}

static bool is_stranger(const struct osm_ua_conn *conn)
{
    static const char *const known[] = {"ACK", "ERR", "OPN", "MSG", "CLO"};

    if (!conn->peek.messages)
        return false;
    if (conn->peek.size_is_bad)
        return true;
    if (conn->stage > OSM_STAGE_HELLO)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (memcmp(conn->peek.first, known[i], 3) == 0)
            return false;
    return true;
}

static void explain_session(const struct osm_ua_conn *conn, struct osm_arena *arena,
                            struct osm_fault *fault)
{
    switch (conn->stage) {
    case OSM_STAGE_ACTIVATE_SESSION:
        osm_fault_set(fault, arena, OSM_FAULT_SERVICE, "ActivateSession failed with status 0x%08X",
                      conn->status);
        break;
    case OSM_STAGE_DISCOVERY:
        /* No endpoint of the list fits, most often because none takes this kind of user: what
         * ActivateSession would be refused with. */
        if (conn->status == UA_STATUSCODE_BADIDENTITYTOKENREJECTED) {
            osm_fault_set(fault, arena, OSM_FAULT_SERVICE,
                          "ActivateSession failed with status 0x%08X",
                          UA_STATUSCODE_BADIDENTITYTOKENINVALID);
            break;
        }
        osm_status_code_fault(conn->status, arena, fault);
        break;
    default:
        osm_status_code_fault(conn->status, arena, fault);
    }
}

void osm_connect_error(const struct osm_ua_conn *conn, struct osm_arena *arena,
                       struct osm_fault *fault)
{
    bool up = conn->was_connected;

    if (osm_fault_is_set(&conn->reason))
        osm_fault_set(fault, arena, conn->reason.type, "%s", conn->reason.message);
    else if (conn->peek.refused)
        osm_fault_set(fault, arena, OSM_FAULT_PROTOCOL, "%s", conn->peek.refused);
    else if (!up && conn->tcp_error < 0)
        explain_socket(conn, arena, fault);
    else if (conn->peek.error_seen)
        explain_error_message(conn, arena, fault);
    else if (!up && is_stranger(conn))
        explain_stranger(conn, arena, fault);
    else if (!up && !conn->eof && conn->stage == OSM_STAGE_CHANNEL && conn->secure &&
             conn->status == UA_STATUSCODE_BADSECURITYCHECKSFAILED)
        osm_fault_set(fault, arena, OSM_FAULT_SIGNATURE,
                      "OPN response signature verification failed");
    else if (conn->eof || up || conn->stage < OSM_STAGE_DISCOVERY)
        osm_fault_set(fault, arena, OSM_FAULT_CONNECTION, "Connection closed by remote");
    else
        explain_session(conn, arena, fault);
}
