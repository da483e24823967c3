/* SPDX-License-Identifier: MIT */
/* See later.h. */
#include "wire/value/later.h"

#include <stdlib.h>

#include "util/alloc.h"

#define FIRST_CAPACITY 16
/* Values that are written before somebody looks how long the text is. */
#define AT_ONCE ((size_t)64)

void osm_later_deinit(struct osm_later *later)
{
    free(later->parts);
    *later = (struct osm_later){0};
}

static struct osm_later_part *add(struct osm_later *later)
{
    if (later->size == later->capacity) {
        later->capacity = later->capacity ? 2 * later->capacity : FIRST_CAPACITY;
        later->parts = osm_alloc_resize(later->parts, later->capacity * sizeof(*later->parts));
    }
    return &later->parts[later->size++];
}

void osm_later_add(struct osm_encoder *encoder, osm_later_fn *write, const void *of,
                   const void *values, size_t count, size_t stride)
{
    struct osm_later *later = encoder->later;
    struct osm_json *json = encoder->json;
    struct osm_later_part *last = later->size ? &later->parts[later->size - 1] : NULL;

    if (last && stride && last->write == write && last->of == of && last->at == json->out->length &&
        last->values + last->count * stride == values) {
        last->count += count;
        return;
    }
    *add(later) = (struct osm_later_part){.at = json->out->length,
                                          .comma = json->comma,
                                          .depth = json->depth,
                                          .write = write,
                                          .of = of,
                                          .values = values,
                                          .count = count,
                                          .stride = stride};
    json->comma = true;
}

/* Some at a time, to see how long it becomes. */
static bool write_part(const struct osm_later_part *part, struct osm_encoder *encoder, size_t most)
{
    size_t step = part->stride ? AT_ONCE : part->count, i = 0;

    do { /* an empty list is written, too */
        part->write(encoder, part->of, part->values + i * part->stride,
                    OSM_MIN(step, part->count - i));
        i += step;
    } while (i < part->count && encoder->json->out->length <= most);
    return encoder->json->out->length <= most;
}

bool osm_later_write(const struct osm_later *later, const struct osm_buf *text,
                     struct osm_encoder *encoder, size_t most)
{
    struct osm_json *json = encoder->json;
    size_t done = 0;

    osm_assert(!encoder->later);
    for (size_t i = 0; i < later->size; i++) {
        const struct osm_later_part *part = &later->parts[i];

        osm_buf_add(json->out, text->data + done, part->at - done);
        done = part->at;
        json->comma = part->comma;
        json->depth = part->depth;
        if (!write_part(part, encoder, most))
            return false;
    }
    if (text->length > done)
        osm_buf_add(json->out, text->data + done, text->length - done);
    return json->out->length <= most;
}
