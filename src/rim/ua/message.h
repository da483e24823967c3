/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_MESSAGE_H
#define OSM_RIM_UA_MESSAGE_H
/*
 * Service messages as bytes (OPC 10000-6 §5.2.2.9, §5.2.9): the NodeId of the encoding, then the
 * structure. Requests are encoded by the types' own descriptions; of answers only the id is read
 * here, the rest is the decoder's (binary.h).
 */
#include <stdbool.h>

#include <open62541/types_generated.h>

#include "util/buf.h"

/* Appends the encoded message. Bad status: the value cannot be encoded, nothing was appended. */
UA_StatusCode osm_message_encode(struct osm_buf *out, const UA_DataType *type, const void *value);

/* The same for a Read, several times as fast (message_read.c). False, and nothing appended: it
 * has an additional header. */
bool osm_message_put_read(struct osm_buf *out, const UA_ReadRequest *request);

/* The numeric id of the encoding in namespace 0 that a message begins with; *rest is what follows.
 * False when there is none: another kind of id, another namespace, too short. */
bool osm_message_type(const UA_ByteString *message, uint32_t *id, UA_ByteString *rest);

/* The id that messages of a type begin with. */
uint32_t osm_message_id_of(const UA_DataType *type);

#endif
