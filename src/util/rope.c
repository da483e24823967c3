/* SPDX-License-Identifier: MIT */
/* See rope.h. */
#include "util/rope.h"

#include <stdlib.h>

#include "util/alloc.h"

struct osm_shared_text *osm_rope_text_new(struct osm_buf *bytes)
{
    struct osm_shared_text *text = osm_alloc(sizeof(*text));

    text->references = 1;
    text->bytes = *bytes;
    osm_buf_init(bytes);
    return text;
}

struct osm_shared_text *osm_rope_text_hold(struct osm_shared_text *text)
{
    text->references++;
    return text;
}

void osm_rope_text_leave(struct osm_shared_text *text)
{
    if (!text || --text->references > 0)
        return;
    osm_buf_deinit(&text->bytes);
    free(text);
}

static void add_part(struct osm_rope_part *parts, size_t *count, const char *data, size_t length,
                     struct osm_shared_text *shared)
{
    if (length)
        parts[(*count)++] = (struct osm_rope_part){data, length, shared};
}

size_t osm_rope_parts(const struct osm_rope *rope, struct osm_rope_part *parts)
{
    size_t count = 0, done = 0;

    for (size_t i = 0; i < rope->count; i++) {
        struct osm_shared_text *text = rope->pieces[i].text;
        size_t at = rope->pieces[i].at;

        add_part(parts, &count, rope->text + done, at - done, NULL);
        add_part(parts, &count, text->bytes.data, text->bytes.length, text);
        done = at;
    }
    add_part(parts, &count, rope->text + done, rope->text_length - done, NULL);
    return count;
}

size_t osm_rope_length(const struct osm_rope *rope)
{
    size_t length = rope->text_length;

    for (size_t i = 0; i < rope->count; i++)
        length += rope->pieces[i].text->bytes.length;
    return length;
}

void osm_rope_add_to(const struct osm_rope *rope, struct osm_buf *out)
{
    size_t done = 0;

    if (rope->count)
        osm_buf_fit(out, osm_rope_length(rope));
    for (size_t i = 0; i < rope->count; i++) {
        const struct osm_buf *bytes = &rope->pieces[i].text->bytes;

        osm_buf_add(out, rope->text + done, rope->pieces[i].at - done);
        osm_buf_add(out, bytes->data, bytes->length);
        done = rope->pieces[i].at;
    }
    osm_buf_add(out, rope->text + done, rope->text_length - done);
}

void osm_rope_hold(const struct osm_rope *rope, struct osm_rope_piece *pieces)
{
    for (size_t i = 0; i < rope->count; i++) {
        pieces[i] = rope->pieces[i];
        (void)osm_rope_text_hold(pieces[i].text);
    }
}

void osm_rope_leave(const struct osm_rope_piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        osm_rope_text_leave(pieces[i].text);
}
