/* SPDX-License-Identifier: MIT */
/*
 * See framing.h. Chunks are cut out of the bytes where they lie; only what a read left unfinished
 * is copied, once. Every number here comes from a stranger.
 */
#include "rim/ua/framing.h"

#include <string.h>

#include "util/macros.h"

#define OSM_FRAMING_URL ((size_t)4096) /* the longest URL of HEL and RHE (§7.1.2.3) */
#define OSM_FRAMING_VERSION 0u
/* A server must take and may send at least so much in one chunk (§7.1.2.4). Some announce less,
 * and mean it; below this there is no room for headers. */
#define OSM_FRAMING_LEAST_CHUNK 256u

/* --- reading ------------------------------------------------------------------------------- */

uint32_t osm_framing_read_u32(struct osm_framing_reader *reader)
{
    uint32_t value;

    if (!reader->ok || reader->left < 4) {
        reader->ok = false;
        return 0;
    }
    value = osm_framing_u32(reader->at);
    reader->at += 4;
    reader->left -= 4;
    return value;
}

void osm_framing_read_bytes(struct osm_framing_reader *reader, UA_ByteString *out)
{
    uint32_t length = osm_framing_read_u32(reader);

    *out = UA_BYTESTRING_NULL;
    if (!reader->ok || length == UINT32_MAX)
        return;
    if (length > reader->left) {
        reader->ok = false;
        return;
    }
    out->data = (UA_Byte *)(uintptr_t)reader->at;
    out->length = length;
    reader->at += length;
    reader->left -= length;
}

/* --- chunks out of a stream ---------------------------------------------------------------- */

void osm_framing_init(struct osm_framing *framing, uint32_t most, struct osm_stack_error *error)
{
    *framing = (struct osm_framing){.most = most, .error = error};
}

void osm_framing_deinit(struct osm_framing *framing)
{
    osm_buf_deinit(&framing->kept);
}

void osm_framing_feed(struct osm_framing *framing, uint8_t *data, size_t length)
{
    osm_assert(!framing->left);
    framing->at = data;
    framing->left = length;
}

static bool is_known(const uint8_t *head)
{
    static const char *const types[] = {"ACK", "ERR", "OPN", "MSG", "CLO", "RHE"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++)
        if (memcmp(head, types[i], 3) == 0)
            return true;
    return false;
}

/* Three bytes of a stranger, for a text. */
static void printable(const uint8_t *type, char text[4])
{
    for (size_t i = 0; i < 3; i++)
        text[i] = type[i] >= 0x20 && type[i] < 0x7f ? (char)type[i] : '?';
    text[3] = '\0';
}

static bool check_head(struct osm_framing *framing, const uint8_t *head)
{
    uint32_t size = osm_framing_u32(head + 4);
    char type[4];

    if (size < OSM_FRAMING_HEADER || size > framing->most)
        return osm_stack_error_set(framing->error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                                   UA_STATUSCODE_BADTCPMESSAGETOOLARGE, "Invalid message size: %u",
                                   size);
    if (is_known(head))
        return true;
    printable(head, type);
    if (!framing->chunks)
        return osm_stack_error_set(framing->error, OSM_ORIGIN_PEER, OSM_FAULT_MESSAGE_TYPE,
                                   UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                                   "Expected ACK response, got: %s", type);
    return osm_stack_error_set(framing->error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                               UA_STATUSCODE_BADTCPMESSAGETYPEINVALID, "Unknown message type: %s",
                               type);
}

/* Moves bytes of the feed behind what is kept until that is `wanted` long. */
static bool gather(struct osm_framing *framing, size_t wanted)
{
    size_t have = framing->kept.length - framing->used, step;

    if (have >= wanted)
        return true;
    step = OSM_MIN(wanted - have, framing->left);
    osm_buf_add(&framing->kept, framing->at, step);
    framing->at += step;
    framing->left -= step;
    return have + step == wanted;
}

/* A chunk that began in an earlier feed. */
static enum osm_framing_verdict next_kept(struct osm_framing *framing, uint8_t **chunk,
                                          size_t *length)
{
    uint8_t *head;

    if (!gather(framing, OSM_FRAMING_HEADER))
        return OSM_FRAMING_MORE;
    head = (uint8_t *)framing->kept.data + framing->used;
    if (!check_head(framing, head))
        return OSM_FRAMING_BROKEN;
    *length = osm_framing_u32(head + 4);
    if (!gather(framing, *length))
        return OSM_FRAMING_MORE;
    *chunk = (uint8_t *)framing->kept.data + framing->used;
    framing->used += *length;
    framing->chunks++;
    return OSM_FRAMING_CHUNK;
}

static enum osm_framing_verdict next_in_place(struct osm_framing *framing, uint8_t **chunk,
                                              size_t *length)
{
    if (framing->left < OSM_FRAMING_HEADER)
        return OSM_FRAMING_MORE;
    if (!check_head(framing, framing->at))
        return OSM_FRAMING_BROKEN;
    *length = osm_framing_u32(framing->at + 4);
    if (framing->left < *length)
        return OSM_FRAMING_MORE;
    *chunk = framing->at;
    framing->at += *length;
    framing->left -= *length;
    framing->chunks++;
    return OSM_FRAMING_CHUNK;
}

enum osm_framing_verdict osm_framing_next(struct osm_framing *framing, uint8_t **chunk,
                                          size_t *length)
{
    if (osm_stack_error_is_set(framing->error))
        return OSM_FRAMING_BROKEN;
    if (framing->used == framing->kept.length)
        framing->used = framing->kept.length = 0;
    return framing->kept.length ? next_kept(framing, chunk, length)
                                : next_in_place(framing, chunk, length);
}

void osm_framing_keep(struct osm_framing *framing)
{
    if (framing->used)
        osm_buf_consume(&framing->kept, framing->used);
    framing->used = 0;
    osm_buf_add(&framing->kept, framing->at, framing->left);
    framing->at = NULL;
    framing->left = 0;
    if (!framing->kept.length)
        osm_buf_deinit(&framing->kept);
}

/* --- messages of the connection protocol --------------------------------------------------- */

static void put_u32(struct osm_buf *out, uint32_t value)
{
    osm_framing_put_u32((uint8_t *)osm_buf_reserve(out, 4), value);
    osm_buf_commit(out, 4);
}

void osm_framing_put_hello(struct osm_buf *out, const struct osm_stack_limits *limits,
                           const char *url)
{
    size_t length = OSM_MIN(strlen(url), OSM_FRAMING_URL);

    osm_buf_add(out, "HELF", 4);
    put_u32(out, (uint32_t)(OSM_FRAMING_HEADER + 24 + length));
    put_u32(out, OSM_FRAMING_VERSION);
    put_u32(out, limits->chunk_bytes);
    put_u32(out, limits->chunk_bytes);
    put_u32(out, limits->message_bytes);
    put_u32(out, limits->chunks);
    put_u32(out, (uint32_t)length);
    osm_buf_add(out, url, length);
}

static struct osm_framing_reader body_of(const uint8_t *chunk, size_t length)
{
    osm_assert(length >= OSM_FRAMING_HEADER);
    return (struct osm_framing_reader){chunk + OSM_FRAMING_HEADER, length - OSM_FRAMING_HEADER,
                                       true};
}

bool osm_framing_parse_ack(const uint8_t *chunk, size_t length, struct osm_framing_ack *ack,
                           struct osm_stack_error *error)
{
    struct osm_framing_reader reader = body_of(chunk, length);

    ack->version = osm_framing_read_u32(&reader);
    ack->receive_bytes = osm_framing_read_u32(&reader);
    ack->send_bytes = osm_framing_read_u32(&reader);
    ack->message_bytes = osm_framing_read_u32(&reader);
    ack->chunks = osm_framing_read_u32(&reader);
    if (!reader.ok)
        return osm_stack_error_set(error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                                   UA_STATUSCODE_BADTCPMESSAGETOOLARGE,
                                   "The server's ACK ends after %zu bytes", length);
    if (ack->receive_bytes && ack->receive_bytes < OSM_FRAMING_LEAST_CHUNK)
        return osm_stack_error_set(
            error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADCONNECTIONREJECTED,
            "The server's ACK allows messages of %u bytes only", ack->receive_bytes);
    return true;
}

/* The fault behind the asymmetric header and the sequence header of an OPN message in clear; false
 * when there is none. Its first string is the reason. */
static bool parse_disguised(struct osm_framing_reader reader, struct osm_framing_err *err)
{
    UA_ByteString skipped, handle;
    uint32_t strings;
    UA_StatusCode status;

    (void)osm_framing_read_u32(&reader); /* the channel id */
    for (int i = 0; i < 3; i++)
        osm_framing_read_bytes(&reader, &skipped);
    for (int i = 0; i < 2; i++)
        (void)osm_framing_read_u32(&reader);
    /* ServiceFault, four-byte NodeId ns=0;i=397 */
    if (!reader.ok || reader.left < 4 || memcmp(reader.at, "\x01\x00\x8d\x01", 4) != 0)
        return false;
    reader.at += 4;
    reader.left -= 4;
    handle.length = 0;
    for (int i = 0; i < 3; i++) /* timestamp, requestHandle */
        (void)osm_framing_read_u32(&reader);
    status = osm_framing_read_u32(&reader);
    if (!reader.ok || !reader.left || reader.at[0] != 0) /* DiagnosticInfo: only an empty one */
        return false;
    reader.at++;
    reader.left--;
    strings = osm_framing_read_u32(&reader);
    if (reader.ok && strings && strings != UINT32_MAX)
        osm_framing_read_bytes(&reader, &handle);
    err->status = status;
    err->reason = reader.ok ? handle : UA_STRING_NULL;
    return true;
}

static bool is_policy_uri(const UA_String *text)
{
    static const char prefix[] = "http://opcfoundation.org/UA/SecurityPolicy#";

    return text->length >= sizeof(prefix) - 1 &&
           memcmp(text->data, prefix, sizeof(prefix) - 1) == 0;
}

void osm_framing_parse_err(const uint8_t *body, size_t length, struct osm_framing_err *err)
{
    struct osm_framing_reader reader = {body, length, true};

    *err = (struct osm_framing_err){0};
    err->status = osm_framing_read_u32(&reader);
    osm_framing_read_bytes(&reader, &err->reason);
    if (is_policy_uri(&err->reason) &&
        parse_disguised((struct osm_framing_reader){body, length, true}, err))
        return;
    if (err->reason.length > OSM_FRAMING_REASON)
        err->reason.length = OSM_FRAMING_REASON;
}

bool osm_framing_parse_reverse_hello(const uint8_t *chunk, size_t length,
                                     struct osm_framing_reverse_hello *hello,
                                     struct osm_stack_error *error)
{
    struct osm_framing_reader reader = body_of(chunk, length);

    osm_framing_read_bytes(&reader, &hello->server_uri);
    osm_framing_read_bytes(&reader, &hello->endpoint_url);
    if (!reader.ok || hello->server_uri.length > OSM_FRAMING_URL ||
        hello->endpoint_url.length > OSM_FRAMING_URL)
        return osm_stack_error_set(error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                                   UA_STATUSCODE_BADTCPENDPOINTURLINVALID,
                                   "The server's ReverseHello is malformed");
    return true;
}

/* --- messages out of chunks ---------------------------------------------------------------- */

static void skip(struct osm_assembly *assembly, struct osm_stack *stack)
{
    osm_buf_deinit(&assembly->bytes);
    osm_budget_give(&stack->receiving, assembly->taken);
    assembly->taken = 0;
    assembly->skipping = true;
}

static enum osm_assembly_verdict store(struct osm_assembly *assembly, struct osm_stack *stack,
                                       const uint8_t *body, size_t length)
{
    if (assembly->bytes.length + length > stack->limits.message_bytes) {
        skip(assembly, stack);
        return OSM_ASSEMBLY_MORE;
    }
    if (!osm_budget_take(&stack->receiving, length))
        return OSM_ASSEMBLY_NO_BUDGET;
    assembly->taken += length;
    osm_buf_add(&assembly->bytes, body, length);
    return OSM_ASSEMBLY_MORE;
}

enum osm_assembly_verdict osm_framing_add(struct osm_assembly *assembly, struct osm_stack *stack,
                                          char final, const uint8_t *body, size_t length,
                                          UA_ByteString *message)
{
    enum osm_assembly_verdict verdict = OSM_ASSEMBLY_MORE;
    bool last = final == 'F';

    if ((!last && final != 'C') || (!last && !length))
        return OSM_ASSEMBLY_BROKEN;
    if (++assembly->chunks > stack->limits.chunks && !assembly->skipping)
        skip(assembly, stack);
    if (last && assembly->chunks == 1 && length <= stack->limits.message_bytes) {
        *message = (UA_ByteString){length, (UA_Byte *)(uintptr_t)body};
        return OSM_ASSEMBLY_WHOLE;
    }
    if (!assembly->skipping)
        verdict = store(assembly, stack, body, length);
    if (verdict != OSM_ASSEMBLY_MORE || !last)
        return verdict;
    if (assembly->skipping)
        return OSM_ASSEMBLY_TOO_LARGE;
    *message = (UA_ByteString){assembly->bytes.length, (UA_Byte *)assembly->bytes.data};
    return OSM_ASSEMBLY_WHOLE;
}

void osm_framing_reset(struct osm_assembly *assembly, struct osm_stack *stack)
{
    osm_buf_deinit(&assembly->bytes);
    osm_budget_give(&stack->receiving, assembly->taken);
    *assembly = (struct osm_assembly){0};
}
