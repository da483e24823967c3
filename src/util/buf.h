/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_BUF_H
#define OSM_UTIL_BUF_H
/*
 * A growing byte buffer with checked operations only. Replies are written straight into one of
 * these and handed to the socket from it.
 *
 * Invariant: length <= capacity; data is NULL only while capacity is 0. Not NUL-terminated
 * unless osm_buf_text() was the last call.
 */
#include <stddef.h>
#include <string.h>

#include "util/macros.h"

struct osm_buf {
    char *data;
    size_t length;
    size_t capacity;
};

static inline void osm_buf_init(struct osm_buf *buf)
{
    *buf = (struct osm_buf){0};
}
void osm_buf_deinit(struct osm_buf *buf);
/* Of a buffer that holds a secret and has not been moved: wiped first. */
void osm_buf_deinit_secret(struct osm_buf *buf);

/* Keeps the memory unless it has grown beyond keep bytes. */
void osm_buf_reset(struct osm_buf *buf, size_t keep);
/* Makes room for size more bytes behind length and returns where they start. */
char *osm_buf_reserve_slow(struct osm_buf *buf, size_t size) __attribute__((returns_nonnull));

/* The same for what will not grow any more: no more memory than that is taken. */
void osm_buf_fit(struct osm_buf *buf, size_t size);

static inline char *osm_buf_reserve(struct osm_buf *buf, size_t size)
{
    if (buf->capacity - buf->length >= size && buf->data)
        return buf->data + buf->length;
    return osm_buf_reserve_slow(buf, size);
}

/* After osm_buf_reserve(): that many bytes have been written there. */
static inline void osm_buf_commit(struct osm_buf *buf, size_t size)
{
    osm_assert(size <= buf->capacity - buf->length);
    buf->length += size;
}

static inline void osm_buf_add(struct osm_buf *buf, const void *data, size_t size)
{
    if (size) {
        memcpy(osm_buf_reserve(buf, size), data, size);
        buf->length += size;
    }
}

static inline void osm_buf_add_byte(struct osm_buf *buf, char byte)
{
    *osm_buf_reserve(buf, 1) = byte;
    buf->length++;
}

static inline void osm_buf_add_text(struct osm_buf *buf, const char *text)
{
    osm_buf_add(buf, text, strlen(text));
}

void osm_buf_printf(struct osm_buf *buf, const char *format, ...) OSM_PRINTF(2, 3);
/* Cuts back to an earlier length. */
void osm_buf_truncate(struct osm_buf *buf, size_t length);
/* Gives that many bytes of its memory back, from its end, and what was in them. */
void osm_buf_cut(struct osm_buf *buf, size_t size);
/* Drops the first size bytes. */
void osm_buf_consume(struct osm_buf *buf, size_t size);
/* The content as NUL-terminated text; valid until the next change. */
const char *osm_buf_text(struct osm_buf *buf);

#endif
