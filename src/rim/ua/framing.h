/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_FRAMING_H
#define OSM_RIM_UA_FRAMING_H
/*
 * OPC UA Connection Protocol as bytes (OPC 10000-6 §6.7.2, §6.7.3, §7.1): message headers, HEL,
 * ACK, ERR and RHE, and messages put together from chunks. Pure: no sockets, no keys, no time.
 */
#include "rim/ua/stack.h"
#include "rim/ua/stack_error.h"

#define OSM_FRAMING_HEADER ((size_t)8)    /* type[3], final, MessageSize */
#define OSM_FRAMING_SEQUENCE ((size_t)8)  /* sequence number, request id */
#define OSM_FRAMING_REASON ((size_t)4096) /* the longest text of ERR, abort, RHE (§7.1.2.5) */

/* Little-endian numbers at any address. */
static inline uint32_t osm_framing_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void osm_framing_put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A cursor over received bytes. Each read fails softly: ok becomes false and zeros are read. */
struct osm_framing_reader {
    const uint8_t *at;
    size_t left;
    bool ok;
};

uint32_t osm_framing_read_u32(struct osm_framing_reader *reader);
/* A String or ByteString: a view into the bytes; null is length 0. */
void osm_framing_read_bytes(struct osm_framing_reader *reader, UA_ByteString *out);

/* --- chunks out of a stream ------------------------------------------------------------------- */

enum osm_framing_verdict { OSM_FRAMING_CHUNK, OSM_FRAMING_MORE, OSM_FRAMING_BROKEN };

/* A stream being cut. Bytes that do not end a chunk are kept, nothing else: an idle one has no
 * memory. */
struct osm_framing {
    struct osm_buf kept;
    uint8_t *at; /* bytes of the present feed, borrowed; NULL between feeds */
    size_t left;
    size_t used;     /* of kept: what has been handed out */
    uint32_t most;   /* the longest chunk allowed */
    uint64_t chunks; /* counter: chunks seen on this stream */
    struct osm_stack_error *error;
};

/* What breaks the stream is set in error, borrowed. */
void osm_framing_init(struct osm_framing *framing, uint32_t most, struct osm_stack_error *error);
void osm_framing_deinit(struct osm_framing *framing);
/* Gives it bytes, which stay the caller's and must stay in place until osm_framing_keep. */
void osm_framing_feed(struct osm_framing *framing, uint8_t *data, size_t length);
/* The next whole chunk, in place and writable, valid until the next call. BROKEN: the stream
 * cannot be read any further; error says why ("Invalid message size: …", "Expected ACK response,
 * got: …" for a first message of no known type). */
enum osm_framing_verdict osm_framing_next(struct osm_framing *framing, uint8_t **chunk,
                                          size_t *length);
/* The feed ends: copies what has not been handed out. */
void osm_framing_keep(struct osm_framing *framing);

/* --- messages of the connection protocol ------------------------------------------------------ */

/* Appends HEL; the URL is cut at 4096 bytes (§7.1.2.3). */
void osm_framing_put_hello(struct osm_buf *out, const struct osm_stack_limits *limits,
                           const char *url);

/* What the server allows us to send, from ACK (§7.1.2.4). 0 = no limit. */
struct osm_framing_ack {
    uint32_t version;
    uint32_t receive_bytes; /* the longest chunk it takes */
    uint32_t send_bytes;    /* the longest chunk it will send */
    uint32_t message_bytes;
    uint32_t chunks;
};

/* chunk is whole, header included; so below. False with an error of the peer. */
bool osm_framing_parse_ack(const uint8_t *chunk, size_t length, struct osm_framing_ack *ack,
                           struct osm_stack_error *error);

/* ERR, or the body of an abort chunk: a status and a reason, a view into the bytes. */
struct osm_framing_err {
    UA_StatusCode status;
    UA_String reason; /* length 0 = none */
};

/* Reads the body: the bytes behind the header of ERR, or behind the sequence header of an abort
 * chunk. A short or odd one gives what there is. node-opcua refuses a channel by an ERR that is
 * laid out as an OPN message with a fault in it: that fault is found. */
void osm_framing_parse_err(const uint8_t *body, size_t length, struct osm_framing_err *err);

struct osm_framing_reverse_hello {
    UA_String server_uri, endpoint_url; /* views */
};

/* RHE (§7.1.2.6). */
bool osm_framing_parse_reverse_hello(const uint8_t *chunk, size_t length,
                                     struct osm_framing_reverse_hello *hello,
                                     struct osm_stack_error *error);

/* --- messages out of chunks (§6.7.3) ---------------------------------------------------------- */

enum osm_assembly_verdict {
    OSM_ASSEMBLY_MORE,
    OSM_ASSEMBLY_WHOLE,
    OSM_ASSEMBLY_TOO_LARGE, /* or too many chunks; told with the last, the rest was skipped */
    OSM_ASSEMBLY_BROKEN,    /* an empty intermediate chunk, no such kind: the peer's fault */
    OSM_ASSEMBLY_NO_BUDGET, /* the sum over all sessions is used up: this channel has to go */
};

/* One message in the making. Zeroed = empty. */
struct osm_assembly {
    struct osm_buf bytes;
    size_t taken;    /* from the budget */
    uint32_t chunks; /* so far */
    bool skipping;   /* too large: the rest is not stored */
};

/*
 * One more chunk, final 'C' or 'F'. With WHOLE, *message is the message: the chunk's own bytes when
 * it is the only one, else those of the assembly, which stays the owner until it is reset.
 */
enum osm_assembly_verdict osm_framing_add(struct osm_assembly *assembly, struct osm_stack *stack,
                                          char final, const uint8_t *body, size_t length,
                                          UA_ByteString *message);
/* Empty again, memory and budget given back. */
void osm_framing_reset(struct osm_assembly *assembly, struct osm_stack *stack);

#endif
