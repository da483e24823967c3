/* SPDX-License-Identifier: MIT */
/*
 * From libyaml's events to a tree; see yaml_tree.h. The reader keeps the open lists and maps on a
 * stack of its own: the depth is bounded before anything recurses.
 */
#include "yaml/yaml_tree.h"

#include <string.h>

#include <uthash.h>
#include <yaml.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/hex.h"
#include "util/utf8.h"

struct anchor {
    const char *name;
    const struct osm_node *node; /* NULL while it is still being read */
    UT_hash_handle hh;
};

/* A list or map that is being read. */
struct level {
    struct osm_node *node;
    struct anchor *anchor;
    const struct osm_node *key; /* of a map: read, its value is not */
    size_t capacity;
};

struct reader {
    struct osm_arena *arena;
    const char *file;
    struct osm_faults *faults;
    struct level levels[OSM_TREE_DEPTH];
    unsigned depth;
    struct anchor *anchors;
    const struct osm_node *root;
};

static bool refuse(struct reader *reader, unsigned line, const char *message)
{
    return osm_findings_error(reader->faults, reader->file, line, "%s", message);
}

static unsigned line_of(const yaml_event_t *event)
{
    return (unsigned)event->start_mark.line + 1;
}

/* --- anchors ------------------------------------------------------------------------------- */

static struct anchor *anchor_begin(struct reader *reader, const yaml_char_t *name)
{
    struct anchor *anchor;
    size_t length;

    if (!name)
        return NULL;
    length = strlen((const char *)name);
    HASH_FIND(hh, reader->anchors, name, length, anchor);
    if (!anchor) {
        anchor = osm_arena_alloc(reader->arena, sizeof(*anchor));
        anchor->name = osm_arena_text(reader->arena, (const char *)name, length);
        HASH_ADD_KEYPTR(hh, reader->anchors, anchor->name, length, anchor);
    }
    anchor->node = NULL;
    return anchor;
}

static const struct osm_node *anchor_find(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct anchor *anchor;

    HASH_FIND(hh, reader->anchors, name, strlen(name), anchor);
    if (!anchor)
        osm_findings_error(reader->faults, reader->file, line_of(event), "unknown alias *%s", name);
    else if (!anchor->node)
        osm_findings_error(reader->faults, reader->file, line_of(event),
                           "alias *%s stands inside of what it names", name);
    return anchor ? anchor->node : NULL;
}

/* --- merging ------------------------------------------------------------------------------- */

static void *grown(struct reader *reader, void *old, size_t length, size_t *capacity, size_t size)
{
    size_t before = *capacity;

    if (length < before)
        return old;
    *capacity = before ? 2 * before : 8;
    return osm_arena_grow(reader->arena, old, before * size, *capacity * size);
}

static void add_pair(struct reader *reader, struct level *level, const struct osm_node *key,
                     const struct osm_node *value, bool merged)
{
    struct osm_node *map = level->node;

    map->pairs = grown(reader, map->pairs, map->length, &level->capacity, sizeof(struct osm_pair));
    map->pairs[map->length++] = (struct osm_pair){key, value, merged};
    map->weight += key->weight + value->weight;
}

static bool same_key(const struct osm_node *a, const struct osm_node *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool has_key(const struct osm_node *map, const struct osm_node *key)
{
    for (size_t i = 0; i < map->length; i++)
        if (same_key(map->pairs[i].key, key))
            return true;
    return false;
}

/* Maps that are merged are small ones, defaults; and the look-up is bounded by this. */
#define MERGED_PAIRS 256

static bool merge_map(struct reader *reader, struct level *level, const struct osm_node *from,
                      unsigned line)
{
    if (from->kind != OSM_NODE_MAP)
        return refuse(reader, line, "<<: must name a map, or a list of maps");
    if (from->length + level->node->length > MERGED_PAIRS)
        return refuse(reader, line, "<<: more than 256 keys in one map");
    for (size_t i = 0; i < from->length; i++)
        if (!has_key(level->node, from->pairs[i].key))
            add_pair(reader, level, from->pairs[i].key, from->pairs[i].value, true);
    return true;
}

static bool is_merge(const struct osm_node *key)
{
    return key->plain && strcmp(key->text, "<<") == 0;
}

/* Replaces `<<` by what it stands for. Of several maps the first one counts. */
static bool merge(struct reader *reader, struct level *level)
{
    struct osm_node *map = level->node;
    const struct osm_node *source = NULL;
    unsigned line = 0;
    size_t kept = 0;

    for (size_t i = 0; i < map->length; i++) {
        if (is_merge(map->pairs[i].key)) {
            source = map->pairs[i].value;
            line = map->pairs[i].key->line;
        } else {
            map->pairs[kept++] = map->pairs[i];
        }
    }
    map->length = kept;
    if (!source)
        return true;
    if (source->kind != OSM_NODE_LIST)
        return merge_map(reader, level, source, line);
    for (size_t i = 0; i < source->length; i++)
        if (!merge_map(reader, level, source->members[i], line))
            return false;
    return true;
}

/* --- repeated keys ------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct osm_node *left = *(const struct osm_node *const *)a;
    const struct osm_node *right = *(const struct osm_node *const *)b;
    int order = memcmp(left->text, right->text, OSM_MIN(left->length, right->length));

    if (order == 0)
        order = (left->length > right->length) - (left->length < right->length);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static void find_repeated(struct reader *reader, const struct osm_node *map)
{
    _cleanup_(osm_freep) const struct osm_node **keys = NULL;

    if (map->length < 2)
        return;
    keys = osm_alloc(map->length * sizeof(struct osm_node *));
    for (size_t i = 0; i < map->length; i++)
        keys[i] = map->pairs[i].key;
    qsort(keys, map->length, sizeof(struct osm_node *), by_key);
    for (size_t i = 1; i < map->length; i++)
        if (same_key(keys[i - 1], keys[i]))
            osm_findings_error(reader->faults, reader->file, keys[i]->line,
                               "key \"%s\" was given before, in line %u", keys[i]->text,
                               keys[i - 1]->line);
}

/* --- building ------------------------------------------------------------------------------ */

static bool take_into_map(struct reader *reader, struct level *level, const struct osm_node *node)
{
    if (level->key) {
        add_pair(reader, level, osm_steal(level->key), node, false);
        return true;
    }
    if (node->kind != OSM_NODE_SCALAR)
        return refuse(reader, node->line, "a key must be a text");
    if (memchr(node->text, '\0', node->length))
        return refuse(reader, node->line, "a key must not contain a NUL character");
    level->key = node;
    return true;
}

/* A node is complete: it goes where it belongs. */
static bool take(struct reader *reader, const struct osm_node *node)
{
    struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;
    struct osm_node *list;

    if (!level) {
        reader->root = node;
    } else if (level->node->kind == OSM_NODE_MAP) {
        if (!take_into_map(reader, level, node))
            return false;
    } else {
        list = level->node;
        list->members =
            grown(reader, list->members, list->length, &level->capacity, sizeof(struct osm_node *));
        list->members[list->length++] = node;
        list->weight += node->weight;
    }
    if (level && level->node->weight > OSM_TREE_WEIGHT)
        return refuse(reader, level->node->line, "too many values with its aliases written out");
    return true;
}

static struct osm_node *node_new(struct reader *reader, const yaml_event_t *event,
                                 enum osm_node_kind kind)
{
    struct osm_node *node = osm_arena_alloc(reader->arena, sizeof(*node));

    node->kind = kind;
    node->line = line_of(event);
    node->weight = 1;
    return node;
}

static bool has_tag(struct reader *reader, const yaml_event_t *event, const yaml_char_t *tag)
{
    if (!tag || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, YAML_STR_TAG) == 0)
        return false;
    osm_findings_error(reader->faults, reader->file, line_of(event), "tags are not supported: %s",
                       (const char *)tag);
    return true;
}

static bool read_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct anchor *anchor = anchor_begin(reader, event->data.scalar.anchor);
    struct osm_node *node = node_new(reader, event, OSM_NODE_SCALAR);

    if (has_tag(reader, event, event->data.scalar.tag))
        return false;
    node->plain =
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.plain_implicit;
    node->length = event->data.scalar.length;
    node->text =
        osm_arena_text(reader->arena, (const char *)event->data.scalar.value, node->length);
    if (anchor)
        anchor->node = node;
    return take(reader, node);
}

static bool open_level(struct reader *reader, const yaml_event_t *event, enum osm_node_kind kind,
                       const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (has_tag(reader, event, tag))
        return false;
    if (reader->depth == OSM_TREE_DEPTH)
        return refuse(reader, line_of(event), "nested too deeply");
    reader->levels[reader->depth++] = (struct level){.node = node_new(reader, event, kind),
                                                     .anchor = anchor_begin(reader, anchor)};
    return true;
}

static bool close_level(struct reader *reader)
{
    struct level *level = &reader->levels[reader->depth - 1];

    osm_assert(level->node);
    if (level->node->kind == OSM_NODE_MAP) {
        find_repeated(reader, level->node);
        if (!merge(reader, level))
            return false;
    }
    if (level->anchor)
        level->anchor->node = level->node;
    reader->depth--;
    return take(reader, level->node);
}

static bool read_alias(struct reader *reader, const yaml_event_t *event)
{
    const struct osm_node *node = anchor_find(reader, event);

    return node && take(reader, node);
}

static bool read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return !reader->root || refuse(reader, line_of(event), "a second document begins here");
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(reader, event, OSM_NODE_LIST, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_level(reader, event, OSM_NODE_MAP, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_level(reader);
    case YAML_ALIAS_EVENT:
        return read_alias(reader, event);
    default:
        return true;
    }
}

/* --- the file ------------------------------------------------------------------------------ */

/* libyaml's own words are good, but do not always know the line. */
static void explain(struct reader *reader, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "not readable";

    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        osm_findings_error(reader->faults, reader->file, (unsigned)parser->problem_mark.line + 1,
                           "%s (%s from line %zu on)", problem, parser->context,
                           parser->context_mark.line + 1);
    else
        osm_findings_error(reader->faults, reader->file, (unsigned)parser->problem_mark.line + 1,
                           "%s%s%s", problem, parser->context ? " " : "",
                           parser->context ? parser->context : "");
}

static bool read_events(struct reader *reader, yaml_parser_t *parser)
{
    bool more = true, good = true;

    while (more && good) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event)) {
            explain(reader, parser);
            return false;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        good = read_event(reader, &event);
        yaml_event_delete(&event);
    }
    return good;
}

static unsigned line_at(const char *text, size_t offset)
{
    unsigned line = 1;

    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

/* libyaml names no line for what is no text at all. */
static bool is_text(struct reader *reader, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        unsigned char byte = (unsigned char)text[at];
        size_t step = osm_utf8_sequence(text + at, length - at);

        if (step == 0)
            return refuse(reader, line_at(text, at), "the file is not UTF-8");
        if ((byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r') || byte == 127)
            return osm_findings_error(reader->faults, reader->file, line_at(text, at),
                                      "control character 0x%02x", byte);
        at += step;
    }
    return true;
}

/* The UTF-16 unit of a JSON escape, 0 when there is none. */
static unsigned unit_at(const char *text, size_t length)
{
    unsigned unit = 0;

    if (length < 6 || text[0] != '\\' || text[1] != 'u')
        return 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = osm_hex_digit(text[i]);

        if (digit < 0)
            return 0;
        unit = unit << 4 | (unsigned)digit;
    }
    return unit;
}

/* JSON writes what is beyond U+FFFF as two escapes, YAML as one. Lone ones are libyaml's to refuse.
 */
static void join_surrogates(struct osm_buf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned high = unit_at(text + i, length - i);
        unsigned low = high >> 10 == 0x36 ? unit_at(text + i + 6, length - i - 6) : 0;

        if (low >> 10 == 0x37) {
            osm_buf_printf(out, "\\U%08X", 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF)));
            i += 11;
            continue;
        }
        osm_buf_add_byte(out, text[i]);
        if (text[i] == '\\' && i + 1 < length)
            osm_buf_add_byte(out, text[++i]);
    }
}

const struct osm_node *osm_tree_read(struct osm_arena *arena, const char *file, const char *text,
                                     size_t length, struct osm_faults *faults)
{
    struct reader reader = {.arena = arena, .file = file, .faults = faults};
    _cleanup_(osm_buf_deinit) struct osm_buf joined = {0};
    yaml_parser_t parser;
    bool good;

    if (!is_text(&reader, text, length))
        return NULL;
    if (!yaml_parser_initialize(&parser)) {
        (void)refuse(&reader, 0, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    join_surrogates(&joined, text, length);
    yaml_parser_set_input_string(&parser, (const unsigned char *)osm_buf_text(&joined),
                                 joined.length);
    good = read_events(&reader, &parser);
    yaml_parser_delete(&parser);
    HASH_CLEAR(hh, reader.anchors);
    return good ? reader.root : NULL;
}
