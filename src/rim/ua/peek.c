/* SPDX-License-Identifier: MIT */
/*
 * Looks at the server's messages on their way to the library, for the few things the library
 * does not hand on: the text of an ERR message, whether the peer speaks OPC UA at all, and the
 * revised session timeout and channel lifetime, from which the keep-alive follows. Only reads;
 * what is encrypted stays unknown and the caller works with cautious defaults.
 *
 * It is also the guard in front of the library: an answer whose type id cannot be decoded makes
 * the library clear a response it has never filled, and it holds as many chunks as a server
 * likes to send. Whatever would do that is refused here, before the library has the end of it.
 *
 * Chunk layout (OPC 10000-6 §6.7.2, §7.1.2): type[3] final[1] size[4], then the body.
 */
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"

/* Bodies worth keeping are small; CreateSessionResponse with endpoints stays below one chunk. */
#define OSM_PEEK_BODY_LIMIT ((size_t)64 * 1024)
#define OSM_PEEK_MAX_CHUNK ((size_t)16 * 1024 * 1024)
#define OSM_PEEK_REASON_LIMIT ((size_t)4096)
/* A list of endpoints, over all its chunks. */
#define OSM_PEEK_MESSAGE_LIMIT ((size_t)4 * 1024 * 1024)
/* HMAC-SHA256 behind each chunk: all policies of policies.c sign with it. */
#define OSM_PEEK_SIGNATURE ((size_t)32)

static const char bad_type_id[] = "Malformed message: its type id cannot be read";
static const char empty_chunk[] = "Malformed message: an intermediate chunk is empty";
static const char too_long[] = "Message too large: more than 16 MiB";
static const char too_many[] = "Message too large: more than 4096 chunks";

void osm_peek_reset(struct osm_peek *peek)
{
    osm_peek_deinit(peek);
    *peek = (struct osm_peek){.session_timeout = peek->session_timeout,
                              .wants_endpoints = peek->wants_endpoints,
                              .cover = peek->cover};
}

void osm_peek_deinit(struct osm_peek *peek)
{
    free(peek->error_reason);
    peek->error_reason = NULL;
    osm_buf_deinit(&peek->body);
    osm_buf_deinit(&peek->message);
    if (peek->endpoints)
        UA_GetEndpointsResponse_delete(peek->endpoints);
    peek->endpoints = NULL;
}

static uint32_t read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool is_type(const struct osm_peek *peek, const char *type)
{
    return memcmp(peek->head, type, 3) == 0;
}

/* Channel lifetime and errors always, services only until the session is up. */
static bool wants_body(const struct osm_peek *peek)
{
    if (is_type(peek, "ERR") || is_type(peek, "OPN"))
        return true;
    return is_type(peek, "MSG") && !peek->settled;
}

/* Skips the encoding id of a service message if it is the wanted one (ns=0;i=id). */
static bool skip_type_id(UA_ByteString *rest, uint16_t id)
{
    const UA_Byte *at = rest->data;
    size_t skip;

    if (rest->length >= 4 && at[0] == 0x01 && at[1] == 0)
        skip = (at[2] | at[3] << 8) == id ? 4 : 0;
    else if (rest->length >= 7 && at[0] == 0x02 && at[1] == 0 && at[2] == 0)
        skip = read_u32(at + 3) == id ? 7 : 0;
    else
        skip = 0;
    rest->data += skip;
    rest->length -= skip;
    return skip > 0;
}

/* The asymmetric header in front of an OPN body: channel id, three byte strings, sequence. */
static size_t open_header_length(const struct osm_buf *body)
{
    const unsigned char *bytes = (const unsigned char *)body->data;
    size_t at = 4;

    for (int i = 0; i < 3; i++) {
        uint32_t length;

        if (body->length - at < 4 || body->length < at)
            return body->length;
        length = read_u32(bytes + at);
        at += 4;
        if (length == UINT32_MAX)
            continue;
        if (length > body->length - at)
            return body->length;
        at += length;
    }
    return at + 8;
}

/* node-opcua refuses a channel by an ERR message that is laid out as an OPN message: the code
 * reads as a channel number then, the text as a policy, and what it means stands in a fault
 * behind them, in clear. */
static void look_at_disguised_fault(struct osm_peek *peek)
{
    static const char prefix[] = "http://opcfoundation.org/UA/SecurityPolicy#";
    size_t header = open_header_length(&peek->body);
    UA_ByteString rest = {peek->body.length, (UA_Byte *)peek->body.data};
    UA_ServiceFault fault;

    if (!peek->error_reason || strncmp(peek->error_reason, prefix, sizeof(prefix) - 1) != 0 ||
        header >= rest.length)
        return;
    rest.data += header;
    rest.length -= header;
    if (!skip_type_id(&rest, UA_NS0ID_SERVICEFAULT_ENCODING_DEFAULTBINARY) ||
        UA_decodeBinary(&rest, &fault, &UA_TYPES[UA_TYPES_SERVICEFAULT], NULL) !=
            UA_STATUSCODE_GOOD)
        return;
    free(osm_steal(peek->error_reason));
    peek->error = fault.responseHeader.serviceResult;
    if (fault.responseHeader.stringTableSize)
        peek->error_reason = osm_strndup((const char *)fault.responseHeader.stringTable[0].data,
                                         fault.responseHeader.stringTable[0].length);
    UA_ServiceFault_clear(&fault);
}

static void look_at_error(struct osm_peek *peek)
{
    const unsigned char *body = (const unsigned char *)peek->body.data;
    size_t length = peek->body.length;

    if (length < 4 || peek->error_seen)
        return;
    peek->error_seen = true;
    peek->error = read_u32(body);
    if (length >= 8) {
        size_t text = read_u32(body + 4);

        if (text <= length - 8 && text <= OSM_PEEK_REASON_LIMIT)
            peek->error_reason = osm_strndup((const char *)body + 8, text);
    }
    look_at_disguised_fault(peek);
}

static void look_at_service(struct osm_peek *peek, size_t header)
{
    UA_ByteString rest = {peek->body.length, (UA_Byte *)peek->body.data};

    if (rest.length <= header)
        return;
    rest.data += header;
    rest.length -= header;
    if (skip_type_id(&rest, UA_NS0ID_CREATESESSIONRESPONSE_ENCODING_DEFAULTBINARY)) {
        UA_CreateSessionResponse response;

        if (UA_decodeBinary(&rest, &response, &UA_TYPES[UA_TYPES_CREATESESSIONRESPONSE], NULL) !=
            UA_STATUSCODE_GOOD)
            return;
        if (response.revisedSessionTimeout >= 1.0 && response.revisedSessionTimeout < 4e9)
            peek->session_timeout = (uint32_t)response.revisedSessionTimeout;
        UA_CreateSessionResponse_clear(&response);
    } else if (skip_type_id(&rest, UA_NS0ID_OPENSECURECHANNELRESPONSE_ENCODING_DEFAULTBINARY)) {
        UA_OpenSecureChannelResponse response;

        if (UA_decodeBinary(&rest, &response, &UA_TYPES[UA_TYPES_OPENSECURECHANNELRESPONSE],
                            NULL) != UA_STATUSCODE_GOOD)
            return;
        peek->channel_lifetime = response.securityToken.revisedLifetime;
        UA_OpenSecureChannelResponse_clear(&response);
    }
}

/* Its id stands in clear in front of what may be encrypted. */
static void look_at_channel(struct osm_peek *peek)
{
    if (peek->body.length >= 4)
        peek->channel_id = read_u32((const unsigned char *)peek->body.data);
    look_at_service(peek, open_header_length(&peek->body));
}

static void look_at_endpoints(struct osm_peek *peek, UA_ByteString rest)
{
    UA_GetEndpointsResponse *response;

    if (peek->endpoints ||
        !skip_type_id(&rest, UA_NS0ID_GETENDPOINTSRESPONSE_ENCODING_DEFAULTBINARY))
        return;
    response = UA_GetEndpointsResponse_new();
    osm_assert(response);
    if (UA_decodeBinary(&rest, response, &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE], NULL) ==
            UA_STATUSCODE_GOOD &&
        response->responseHeader.serviceResult == UA_STATUSCODE_GOOD)
        peek->endpoints = response;
    else
        UA_GetEndpointsResponse_delete(response);
}

/* The list of endpoints is the one message that is put together from its chunks. */
static void gather(struct osm_peek *peek)
{
    const struct osm_buf *body = &peek->body;

    if (!peek->wants_endpoints || body->length < OSM_PEEK_SERVICE_HEADER)
        return;
    if (peek->message.length + body->length <= OSM_PEEK_MESSAGE_LIMIT)
        osm_buf_add(&peek->message, body->data + OSM_PEEK_SERVICE_HEADER,
                    body->length - OSM_PEEK_SERVICE_HEADER);
    if (peek->head[3] == 'C')
        return;
    if (peek->head[3] == 'F')
        look_at_endpoints(peek,
                          (UA_ByteString){peek->message.length, (UA_Byte *)peek->message.data});
    osm_buf_deinit(&peek->message);
}

/* --- the guard ----------------------------------------------------------------------------- */

static void begin_message(struct osm_peek *peek)
{
    peek->message_bytes = 0;
    peek->message_chunks = 0;
    peek->type_id_length = 0;
}

/* Whether what stands at the start of the message is a NodeId of a form that services use
 * (OPC 10000-6 §5.2.2.9: two bytes, four bytes, numeric), all of it. */
static bool is_type_id_whole(const struct osm_peek *peek)
{
    static const size_t lengths[] = {2, 4, 7};

    return peek->type_id_length > 0 && peek->type_id[0] < OSM_ARRAY_SIZE(lengths) &&
           peek->type_id_length >= lengths[peek->type_id[0]];
}

/* What a chunk carries of its message, as far as it was kept. *length counts all of it. False:
 * it is encrypted, nobody knows. */
static bool find_payload(const struct osm_peek *peek, const unsigned char **start, size_t *kept,
                         size_t *length)
{
    const unsigned char *bytes = peek->start;
    size_t have = peek->start_length;
    size_t header = OSM_PEEK_SERVICE_HEADER, behind = 0;

    if (peek->cover == OSM_PEEK_ENCRYPTED || (is_type(peek, "OPN") && peek->cover))
        return false;
    if (is_type(peek, "OPN")) {
        bytes = (const unsigned char *)peek->body.data;
        have = peek->body.length;
        header = OSM_MIN(have, open_header_length(&peek->body));
    } else if (peek->cover == OSM_PEEK_SIGNED) {
        behind = OSM_PEEK_SIGNATURE;
    }
    *length = peek->body_size > header + behind ? peek->body_size - header - behind : 0;
    *kept = have > header ? OSM_MIN(*length, have - header) : 0;
    *start = *kept ? bytes + header : NULL;
    return true;
}

/* Looks at a whole chunk of a message, and at the message when it is the last one. */
static void judge(struct osm_peek *peek)
{
    const unsigned char *start;
    size_t kept, length;
    char final = (char)peek->head[3];

    if (final == 'A' || !find_payload(peek, &start, &kept, &length)) {
        if (final != 'C')
            begin_message(peek);
        return;
    }
    kept = OSM_MIN(kept, sizeof(peek->type_id) - peek->type_id_length);
    if (kept)
        memcpy(peek->type_id + peek->type_id_length, start, kept);
    peek->type_id_length += kept;
    if (final == 'C') {
        if (length == 0)
            peek->refused = empty_chunk;
        return;
    }
    if (!is_type_id_whole(peek))
        peek->refused = bad_type_id;
    begin_message(peek);
}

/* Before the ACK the library reads no service: it says itself that something else came. */
static bool is_judged(const struct osm_peek *peek)
{
    return strncmp(peek->first, "ACK", 3) == 0 && (is_type(peek, "MSG") || is_type(peek, "OPN"));
}

/* A chunk is about to come. */
static void measure(struct osm_peek *peek, size_t size)
{
    peek->body_size = size - sizeof(peek->head);
    peek->start_length = 0;
    if (!is_judged(peek))
        return;
    peek->message_bytes += size;
    peek->message_chunks++;
    if (peek->message_bytes > OSM_PEEK_MESSAGE_BYTES)
        peek->refused = too_long;
    else if (peek->message_chunks > OSM_PEEK_MESSAGE_CHUNKS)
        peek->refused = too_many;
}

/* --- chunks -------------------------------------------------------------------------------- */

static void chunk_complete(struct osm_peek *peek)
{
    if (is_judged(peek))
        judge(peek);
    if (is_type(peek, "ERR"))
        look_at_error(peek);
    else if (is_type(peek, "OPN"))
        look_at_channel(peek);
    else if (peek->body.length)
        look_at_service(peek, OSM_PEEK_SERVICE_HEADER);
    if (is_type(peek, "MSG"))
        gather(peek);
    osm_buf_deinit(&peek->body);
    peek->head_length = 0;
}

static void head_complete(struct osm_peek *peek)
{
    size_t size = read_u32(peek->head + 4);

    if (peek->messages++ == 0)
        memcpy(peek->first, peek->head, 3);
    if (size < sizeof(peek->head) || size > OSM_PEEK_MAX_CHUNK) {
        /* Not our protocol, or hopeless: the library will close; stop looking. */
        peek->size_is_bad = true;
        peek->bad_size = (uint32_t)size;
        peek->body_left = SIZE_MAX;
        return;
    }
    measure(peek, size);
    peek->body_left = size - sizeof(peek->head);
    if (peek->body_left == 0)
        chunk_complete(peek);
}

static void keep(struct osm_peek *peek, const char *data, size_t length)
{
    size_t room = sizeof(peek->start) - peek->start_length;

    memcpy(peek->start + peek->start_length, data, OSM_MIN(length, room));
    peek->start_length += OSM_MIN(length, room);
    if (wants_body(peek) && peek->body.length + length <= OSM_PEEK_BODY_LIMIT)
        osm_buf_add(&peek->body, data, length);
}

bool osm_peek_bytes(struct osm_peek *peek, const char *data, size_t length)
{
    while (length > 0 && !peek->refused) {
        size_t step;

        if (peek->head_length < sizeof(peek->head)) {
            step = OSM_MIN(length, sizeof(peek->head) - peek->head_length);
            memcpy(peek->head + peek->head_length, data, step);
            peek->head_length += step;
            data += step;
            length -= step;
            if (peek->head_length == sizeof(peek->head))
                head_complete(peek);
            continue;
        }
        step = OSM_MIN(length, peek->body_left);
        keep(peek, data, step);
        if (peek->body_left != SIZE_MAX)
            peek->body_left -= step;
        data += step;
        length -= step;
        if (peek->body_left == 0)
            chunk_complete(peek);
    }
    return !peek->refused;
}
