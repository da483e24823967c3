/* SPDX-License-Identifier: MIT */
/* The growing byte buffer; see buf.h. */
#include "util/buf.h"

#include <stdarg.h>

#include "util/alloc.h"
#include "util/wipe.h"

#define OSM_BUF_FIRST ((size_t)512)

void osm_buf_deinit(struct osm_buf *buf)
{
    if (!buf)
        return;
    free(buf->data);
    osm_buf_init(buf);
}

void osm_buf_deinit_secret(struct osm_buf *buf)
{
    if (buf->data)
        osm_wipe(buf->data, buf->capacity);
    osm_buf_deinit(buf);
}

void osm_buf_reset(struct osm_buf *buf, size_t keep)
{
    if (buf->capacity > keep)
        osm_buf_deinit(buf);
    buf->length = 0;
}

char *osm_buf_reserve_slow(struct osm_buf *buf, size_t size)
{
    size_t capacity = buf->capacity ? buf->capacity : OSM_BUF_FIRST;

    osm_assert(size < (size_t)1 << 40);
    while (capacity - buf->length < size)
        capacity *= 2;
    buf->data = osm_alloc_resize(buf->data, capacity);
    buf->capacity = capacity;
    return buf->data + buf->length;
}

void osm_buf_fit(struct osm_buf *buf, size_t size)
{
    if (buf->data && buf->capacity - buf->length >= size)
        return;
    buf->capacity = buf->length + size;
    buf->data = osm_alloc_resize(buf->data, buf->capacity);
}

void osm_buf_printf(struct osm_buf *buf, const char *format, ...)
{
    va_list args, again;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    osm_assert(length >= 0);
    (void)vsnprintf(osm_buf_reserve(buf, (size_t)length + 1), (size_t)length + 1, format, again);
    va_end(again);
    buf->length += (size_t)length;
}

void osm_buf_truncate(struct osm_buf *buf, size_t length)
{
    osm_assert(length <= buf->length);
    buf->length = length;
}

void osm_buf_cut(struct osm_buf *buf, size_t size)
{
    if (size >= buf->capacity) {
        osm_buf_deinit(buf);
        return;
    }
    buf->capacity -= size;
    buf->data = osm_alloc_resize(buf->data, buf->capacity);
    buf->length = OSM_MIN(buf->length, buf->capacity);
}

void osm_buf_consume(struct osm_buf *buf, size_t size)
{
    osm_assert(size <= buf->length);
    if (size && size < buf->length)
        memmove(buf->data, buf->data + size, buf->length - size);
    buf->length -= size;
}

const char *osm_buf_text(struct osm_buf *buf)
{
    *osm_buf_reserve(buf, 1) = '\0';
    return buf->data;
}
