/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_FAULT_H
#define OSM_UTIL_FAULT_H
/*
 * What a caller of the daemon is told when something fails: a type from one table (contract:
 * ipc-protocol.md §8) and a message. Faults travel upwards unchanged from where they arise to
 * the reply; whether a message is sanitised is a property of the type, not of the place.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/macros.h"

/* enum suffix, name on the wire, message comes from an operation and is sanitised (§9) */
#define OSM_FAULT_TABLE(X)                                                                         \
    X(NONE, "", false)                                                                             \
    X(TOO_MANY_CONNECTIONS, "too_many_connections", false)                                         \
    X(CONNECTION_TIMEOUT, "connection_timeout", false)                                             \
    X(PAYLOAD_TOO_LARGE, "payload_too_large", false)                                               \
    X(INVALID_JSON, "invalid_json", false)                                                         \
    X(AUTH_FAILED, "auth_failed", false)                                                           \
    X(ACCESS_DENIED, "access_denied", false)                                                       \
    X(QUOTA_EXCEEDED, "quota_exceeded", false)                                                     \
    X(UNKNOWN_COMMAND, "unknown_command", false)                                                   \
    X(FORBIDDEN_METHOD, "forbidden_method", false)                                                 \
    X(UNKNOWN_METHOD, "unknown_method", false)                                                     \
    X(INVALID_ARGUMENT, "invalid_argument", false)                                                 \
    X(SESSION_NOT_FOUND, "session_not_found", false)                                               \
    X(MAX_SESSIONS_REACHED, "max_sessions_reached", false)                                         \
    X(AUTO_PUBLISH_ACTIVE, "auto_publish_active", false)                                           \
    X(CONNECTION, "ConnectionException", true)                                                     \
    X(SERVICE, "ServiceException", true)                                                           \
    X(SERVICE_UNSUPPORTED, "ServiceUnsupportedException", true)                                    \
    X(HANDSHAKE, "HandshakeException", true)                                                       \
    X(MESSAGE_TYPE, "MessageTypeException", true)                                                  \
    X(PROTOCOL, "ProtocolException", true)                                                         \
    X(SECURITY, "SecurityException", true)                                                         \
    X(OPENSSL, "OpenSslException", true)                                                           \
    X(SIGNATURE, "SignatureVerificationException", true)                                           \
    X(UNTRUSTED_CERTIFICATE, "UntrustedCertificateException", true)                                \
    X(CERTIFICATE_PARSE, "CertificateParseException", true)                                        \
    X(UNSUPPORTED_CURVE, "UnsupportedCurveException", true)                                        \
    X(CONFIGURATION, "ConfigurationException", true)                                               \
    X(INVALID_NODE_ID, "InvalidNodeIdException", true)                                             \
    /* the same, of namespaces: their URIs are no addresses to hide */                             \
    X(UNKNOWN_NAMESPACE, "InvalidNodeIdException", false)                                          \
    X(ENCODING, "EncodingException", true)                                                         \
    X(WRITE_TYPE_DETECTION, "WriteTypeDetectionException", true)                                   \
    X(INVALID_ARGUMENT_EXCEPTION, "InvalidArgumentException", true)                                \
    X(VALUE_ERROR, "ValueError", true)                                                             \
    X(TYPE_ERROR, "TypeError", true)                                                               \
    X(ERROR, "Error", true)                                                                        \
    X(SERIALIZATION, "SerializationException", true)                                               \
    X(DATE_MALFORMED, "DateMalformedStringException", true)

enum osm_fault_type {
#define X(id, name, sanitised) OSM_FAULT_##id,
    OSM_FAULT_TABLE(X)
#undef X
        OSM_FAULT_COUNT_
};

/*
 * A fault in the making. The message lives in the arena of the request it belongs to (or in
 * static memory); a zeroed struct means "no fault".
 */
struct osm_fault {
    enum osm_fault_type type;
    const char *message; /* valid UTF-8 or not; never NULL once type is set */
};

static inline bool osm_fault_is_set(const struct osm_fault *fault)
{
    return fault->type != OSM_FAULT_NONE;
}

/* An answer of a server did not come in time. */
#define OSM_FAULT_LATE "Read timeout"
extern const struct osm_fault osm_fault_late;

/* Sets type and message. The first fault wins: a set fault is left alone. Returns false, so that
 * decoders can end with `return osm_fault_set(…)`. */
bool osm_fault_set(struct osm_fault *fault, struct osm_arena *arena, enum osm_fault_type type,
                   const char *format, ...) OSM_PRINTF(4, 5);

/* Name on the wire, e.g. "ConnectionException". */
const char *osm_fault_name(enum osm_fault_type type);
/* Whether ipc-protocol.md §9 applies to messages of this type. */
bool osm_fault_is_sanitised(enum osm_fault_type type);

#endif
