/* SPDX-License-Identifier: MIT */
/* Namespace URIs in texts; see names.h. */
#include "wire/text/names.h"

#include <string.h>

#include "util/utf8.h"
#include "wire/text/qualified_name.h"
#include "wire/text/string.h"

#define PREFIX "nsu="
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

/* Of a message: what it names at most. */
#define URIS_SHOWN 8
#define URI_SHOWN 120
#define SHOWN 350

bool osm_names_is_uri(const char *text, size_t length)
{
    return length >= PREFIX_LENGTH && memcmp(text, PREFIX, PREFIX_LENGTH) == 0;
}

/* %3B and %25 are the reserved characters; other escapes are part of the URI. */
static char escaped(const char *at, size_t length)
{
    if (length < 3 || at[0] != '%')
        return 0;
    if (at[1] == '3' && (at[2] == 'B' || at[2] == 'b'))
        return ';';
    return at[1] == '2' && at[2] == '5' ? '%' : 0;
}

static UA_String unescape(const char *text, size_t length, struct osm_arena *arena)
{
    UA_String uri = {0, NULL};

    if (!memchr(text, '%', length))
        return osm_string_view(text, length);
    uri.data = osm_arena_alloc(arena, length);
    for (size_t i = 0; i < length; i++) {
        char plain = escaped(text + i, length - i);

        uri.data[uri.length++] = (UA_Byte)(plain ? plain : text[i]);
        i += plain ? 2 : 0;
    }
    return uri;
}

size_t osm_names_split(const char *text, size_t length, struct osm_arena *arena, UA_String *uri)
{
    const char *end;

    if (!osm_names_is_uri(text, length))
        return 0;
    end = memchr(text, ';', length);
    if (!end || end == text + PREFIX_LENGTH)
        return 0;
    *uri = unescape(text + PREFIX_LENGTH, (size_t)(end - text) - PREFIX_LENGTH, arena);
    return (size_t)(end - text) + 1;
}

void osm_names_print_uri(struct osm_buf *out, const UA_String *uri)
{
    osm_buf_printf(out, PREFIX);
    for (size_t i = 0; i < uri->length; i++) {
        if (uri->data[i] == ';' || uri->data[i] == '%')
            osm_buf_printf(out, "%%%02X", uri->data[i]);
        else
            osm_buf_add_byte(out, (char)uri->data[i]);
    }
    osm_buf_add_byte(out, ';');
}

/* --- refusing ------------------------------------------------------------------------------ */

static void add_uri(struct osm_buf *out, const UA_String *uri)
{
    const char *text = (const char *)uri->data;
    size_t length = uri->length ? strnlen(text, uri->length) : 0;
    size_t shown = osm_utf8_cut(text, length, URI_SHOWN);

    osm_buf_add(out, uri->data, shown);
    if (shown < uri->length)
        osm_buf_printf(out, "…");
}

static bool unknown(const struct osm_names *names, const UA_String *uri, struct osm_arena *arena,
                    struct osm_fault *fault)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    size_t shown = 0;

    osm_buf_printf(&text, "The server has no namespace ");
    add_uri(&text, uri);
    osm_buf_printf(&text, names->size ? "; it has " : "; its NamespaceArray could not be read");
    for (; shown < OSM_MIN(names->size, (size_t)URIS_SHOWN) && text.length < SHOWN; shown++) {
        osm_buf_printf(&text, shown ? ", " : "");
        add_uri(&text, &names->uris[shown]);
    }
    if (shown < names->size)
        osm_buf_printf(&text, " and %zu more", names->size - shown);
    return osm_fault_set(fault, arena, OSM_FAULT_UNKNOWN_NAMESPACE, "%.*s",
                         osm_clamp_int(text.length), text.data);
}

/* Of several the server refuses this one; the first ones are told by name. */
static bool note_missing(struct osm_names *names, const UA_String *uri, struct osm_arena *arena)
{
    struct osm_fault fault = {0};

    if (++names->missing <= OSM_NAMES_NOTES) {
        (void)unknown(names, uri, arena, &fault);
        names->missed = fault.message;
    }
    return true;
}

bool osm_names_resolve(struct osm_names *names, const UA_String *uri, uint16_t *index,
                       struct osm_arena *arena, struct osm_fault *fault)
{
    if (!names)
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_NODE_ID, "%s",
                             "Namespaces cannot be given by URI (nsu=) here");
    names->by_uri = true;
    *index = OSM_NO_NAMESPACE;
    if (!names->known) {
        names->open = true;
        return true;
    }
    if (!names->last.data || !UA_String_equal(&names->last, uri)) {
        if (!osm_names_find(names->uris, names->table, names->size, uri, index))
            return names->lenient && names->size < OSM_NO_NAMESPACE
                       ? note_missing(names, uri, arena)
                       : unknown(names, uri, arena, fault);
        names->last = names->uris[*index]; /* which stays; what was asked for may not */
        names->last_index = *index;
    }
    *index = names->last_index;
    return true;
}

/* --- paths --------------------------------------------------------------------------------- */

size_t osm_names_segment(const char *text, size_t length)
{
    const char *from = text, *end;

    if (osm_names_is_uri(text, length) && (end = memchr(text, ';', length)))
        from = end;
    end = memchr(from, '/', length - (size_t)(from - text));
    return end ? (size_t)(end - text) : length;
}

static bool number_segment(struct osm_names *names, const char *segment, size_t length,
                           struct osm_arena *arena, struct osm_fault *fault, struct osm_buf *out)
{
    UA_String uri;
    uint16_t index = 0;
    size_t prefix = osm_names_split(segment, length, arena, &uri);

    if (prefix) {
        if (!osm_names_resolve(names, &uri, &index, arena, fault))
            return false;
        osm_buf_printf(out, "%u:", index);
    } else if (osm_qualified_name_prefix(segment, length, &index)) {
        osm_names_note(names, index);
    }
    osm_buf_add(out, segment + prefix, length - prefix);
    return true;
}

bool osm_names_number_path(struct osm_names *names, UA_String *path, struct osm_arena *arena,
                           struct osm_fault *fault)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    const char *rest = (const char *)path->data;
    size_t left = path->length;
    bool by_uri = false;

    while (left) {
        size_t length = osm_names_segment(rest, left);

        by_uri |= osm_names_is_uri(rest, length);
        if (!number_segment(names, rest, length, arena, fault, &out))
            return false;
        rest += length;
        left -= length;
        if (left) {
            osm_buf_add_byte(&out, '/');
            rest++;
            left--;
        }
    }
    if (by_uri)
        *path = (UA_String){out.length,
                            (UA_Byte *)(uintptr_t)osm_arena_text(arena, out.data, out.length)};
    return true;
}
