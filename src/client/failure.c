/* SPDX-License-Identifier: MIT */
/* Errors; see failure.h. */
#include "client/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/utf8.h"

/* Who says it and what helps, by type; the rest is refused before anything is sent (here). */
static const struct speaker {
    const char *kind;
    enum opcua_source source;
    const char *next;
} speakers[] = {
    {"ConnectionException", OPCUA_SOURCE_NETWORK,
     "Look whether the server runs and is reachable at its endpoint URL"},
    {"ServiceException", OPCUA_SOURCE_SERVER, ""},
    {"ServiceUnsupportedException", OPCUA_SOURCE_SERVER, "This server does not offer the service"},
    {"HandshakeException", OPCUA_SOURCE_SERVER, "Look whether the path of the URL is right"},
    {"MessageTypeException", OPCUA_SOURCE_PEER, "Look whether an OPC UA server listens there"},
    {"ProtocolException", OPCUA_SOURCE_PEER, "Look whether an OPC UA server listens there"},
    {"SecurityException", OPCUA_SOURCE_PEER,
     "Compare policy and mode with the endpoints the server offers"},
    {"OpenSslException", OPCUA_SOURCE_HERE, "Look at the certificate and key files"},
    {"SignatureVerificationException", OPCUA_SOURCE_PEER, ""},
    {"UntrustedCertificateException", OPCUA_SOURCE_PEER,
     "Compare the fingerprint with the server's and put the certificate into the trust store"},
    {"CertificateParseException", OPCUA_SOURCE_PEER, ""},
    {"UnsupportedCurveException", OPCUA_SOURCE_PEER, ""},
    {"too_many_connections", OPCUA_SOURCE_DAEMON, "Raise --max-connections of the daemon"},
    {"connection_timeout", OPCUA_SOURCE_DAEMON, ""},
    {"payload_too_large", OPCUA_SOURCE_DAEMON,
     "Raise --max-frame-bytes of the daemon or send less at once"},
    {"auth_failed", OPCUA_SOURCE_DAEMON, "Give the token of the daemon"},
    {"access_denied", OPCUA_SOURCE_DAEMON, "Use a token with the role this takes"},
    {"session_not_found", OPCUA_SOURCE_DAEMON, "Open the session again"},
    {"max_sessions_reached", OPCUA_SOURCE_DAEMON, "Raise --max-sessions of the daemon"},
    {"unknown_command", OPCUA_SOURCE_DAEMON, "The daemon is older than this library"},
    {"unknown_method", OPCUA_SOURCE_DAEMON, ""},
    {"forbidden_method", OPCUA_SOURCE_DAEMON, ""},
};

static void put(char *target, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);

    /* A cut text must not end in the middle of a character. */
    while (text[length] && length && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    memcpy(target, text, length);
    target[length] = '\0';
}

bool osm_failure(struct opcua_error *error, enum opcua_source source, const char *kind,
                 const char *object, const char *format, ...)
{
    char message[1024]; /* twice what is kept */
    va_list args;

    if (!error)
        return false;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    *error = (struct opcua_error){.source = source};
    put(error->kind, sizeof(error->kind), kind);
    put(error->object, sizeof(error->object), object ? object : "");
    put(error->message, sizeof(error->message), message);
    return false;
}

/* The first "0x8…" of a message is the status code the contract puts there. */
static uint32_t status_in(const char *message)
{
    for (const char *at = message; (at = strstr(at, "0x")); at += 2) {
        char *end;
        unsigned long status = strtoul(at, &end, 16);

        if (end == at + 10 && (status & 0xC0000000u))
            return (uint32_t)status;
    }
    return 0;
}

/* Its lines name the sessions of others, and its answer says where they are shown. */
static bool is_of_console(const char *object, const char *kind)
{
    return object && strcmp(object, "console") == 0 && strcmp(kind, "session_not_found") == 0;
}

bool osm_failure_of_reply(struct opcua_error *error, yyjson_val *reply, bool managed,
                          const char *object)
{
    yyjson_val *detail = yyjson_obj_get(reply, "error");
    const char *kind = yyjson_get_str(yyjson_obj_get(detail, "type"));
    const char *message = yyjson_get_str(yyjson_obj_get(detail, "message"));

    if (!error)
        return false;
    osm_failure(error, OPCUA_SOURCE_HERE, kind ? kind : "unknown", object, "%s",
                message ? message : "The answer names no reason");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(speakers); i++) {
        if (strcmp(error->kind, speakers[i].kind) != 0)
            continue;
        error->source = speakers[i].source;
        put(error->next, sizeof(error->next), speakers[i].next);
    }
    if (is_of_console(object, error->kind))
        error->next[0] = '\0';
    if (error->source == OPCUA_SOURCE_DAEMON && !managed)
        error->source = OPCUA_SOURCE_HERE;
    if (error->source == OPCUA_SOURCE_SERVER || error->source == OPCUA_SOURCE_PEER)
        error->status = status_in(error->message);
    return false;
}

bool osm_failure_of_status(struct opcua_error *error, uint32_t status, const char *what,
                           const char *node)
{
    const char *name = opcua_status_name(status);

    osm_failure(error, OPCUA_SOURCE_SERVER, "ServiceException", node,
                "%s: the server answers 0x%08X %s", what, (unsigned)status, name ? name : "");
    if (error)
        error->status = status;
    return false;
}

bool osm_failure_of_shape(struct opcua_error *error, const char *what)
{
    return osm_failure(error, OPCUA_SOURCE_DAEMON, "ProtocolException", what,
                       "The answer to %s is not as docs/protocol.md has it", what);
}
