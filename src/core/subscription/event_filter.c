/* SPDX-License-Identifier: MIT */
/* Event filters; see event_filter.h. */
#include "core/subscription/event_filter.h"

#include <string.h>

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "wire/text/node_id.h"
#include "wire/text/qualified_name.h"
#include "wire/text/string.h"

UA_String osm_event_filter_fields[OSM_EVENT_FILTER_FIELDS] = {
    UA_STRING_STATIC("EventId"), UA_STRING_STATIC("EventType"), UA_STRING_STATIC("SourceName"),
    UA_STRING_STATIC("Time"),    UA_STRING_STATIC("Message"),   UA_STRING_STATIC("Severity")};

#define EVENT_ID "EventId"
#define CONDITION_ID "ConditionId"

/* --- making -------------------------------------------------------------------------------- */

UA_QualifiedName osm_event_filter_name(const char *text, size_t length)
{
    if (osm_names_is_uri(text, length))
        return (UA_QualifiedName){.name = osm_string_view(text, length)};
    return osm_qualified_name_parse(text, length);
}

static bool is_by_uri(const UA_QualifiedName *name)
{
    return osm_names_is_uri((const char *)name->name.data, name->name.length);
}

void osm_event_filter_names(UA_String text, struct osm_arena *arena, UA_SimpleAttributeOperand *out)
{
    size_t segments = 1;

    for (size_t i = 0; i < text.length; i++)
        segments += text.data[i] == '/';
    out->browsePath = osm_arena_array(arena, segments, sizeof(*out->browsePath));
    out->browsePathSize = 0;
    for (bool more = true; more;) {
        size_t length = osm_names_segment((const char *)text.data, text.length);

        out->browsePath[out->browsePathSize++] =
            osm_event_filter_name((const char *)text.data, length);
        more = length < text.length; /* a slash */
        length += more;
        text.data += length;
        text.length -= length;
    }
}

static void condition_id(UA_SimpleAttributeOperand *out)
{
    *out = (UA_SimpleAttributeOperand){.typeDefinitionId =
                                           UA_NODEID_NUMERIC(0, UA_NS0ID_CONDITIONTYPE),
                                       .attributeId = UA_ATTRIBUTEID_NODEID};
}

void osm_event_filter_path(UA_String text, struct osm_arena *arena, UA_SimpleAttributeOperand *out)
{
    *out = (UA_SimpleAttributeOperand){.typeDefinitionId =
                                           UA_NODEID_NUMERIC(0, UA_NS0ID_BASEEVENTTYPE),
                                       .attributeId = UA_ATTRIBUTEID_VALUE};
    osm_event_filter_names(text, arena, out);
    if (osm_event_filter_is(out, CONDITION_ID))
        condition_id(out);
}

UA_EventFilter *osm_event_filter_make(const UA_String *fields, size_t size, struct osm_arena *arena)
{
    UA_EventFilter *filter = osm_arena_alloc(arena, sizeof(*filter));

    filter->selectClauses = osm_arena_array(arena, size, sizeof(*filter->selectClauses));
    filter->selectClausesSize = size;
    for (size_t i = 0; i < size; i++)
        osm_event_filter_path(fields[i], arena, &filter->selectClauses[i]);
    return filter;
}

static bool selects(const UA_EventFilter *filter, const UA_SimpleAttributeOperand *field)
{
    for (size_t i = 0; i < filter->selectClausesSize; i++)
        if (UA_order(&filter->selectClauses[i], field,
                     &UA_TYPES[UA_TYPES_SIMPLEATTRIBUTEOPERAND]) == UA_ORDER_EQ)
            return true;
    return false;
}

void osm_event_filter_complete(UA_EventFilter *filter, struct osm_arena *arena)
{
    static UA_String ours[] = {UA_STRING_STATIC(EVENT_ID), UA_STRING_STATIC(CONDITION_ID)};
    const size_t size = filter->selectClausesSize;

    if (!size)
        return;
    filter->selectClauses =
        osm_arena_grow(arena, filter->selectClauses, size * sizeof(*filter->selectClauses),
                       (size + OSM_ARRAY_SIZE(ours)) * sizeof(*filter->selectClauses));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(ours); i++) {
        UA_SimpleAttributeOperand field;

        osm_event_filter_path(ours[i], arena, &field);
        if (!selects(filter, &field))
            filter->selectClauses[filter->selectClausesSize++] = field;
    }
}

/* --- looking ------------------------------------------------------------------------------- */

bool osm_event_filter_is(const UA_SimpleAttributeOperand *field, const char *path)
{
    if (field->attributeId != UA_ATTRIBUTEID_VALUE || !field->browsePathSize)
        return false;
    for (size_t i = 0; i < field->browsePathSize; i++) {
        const UA_QualifiedName *name = &field->browsePath[i];

        if (i && *path++ != '/')
            return false;
        if (name->namespaceIndex || !name->name.length ||
            strncmp(path, (const char *)name->name.data, name->name.length) != 0)
            return false;
        path += name->name.length;
    }
    return !*path;
}

bool osm_event_filter_is_condition_id(const UA_SimpleAttributeOperand *field)
{
    return field->attributeId == UA_ATTRIBUTEID_NODEID && !field->browsePathSize;
}

const char *osm_event_filter_text(const UA_SimpleAttributeOperand *field, struct osm_arena *arena)
{
    const UA_NodeId base = UA_NODEID_NUMERIC(0, UA_NS0ID_BASEEVENTTYPE);
    bool typed = !UA_NodeId_equal(&field->typeDefinitionId, &base) || !field->browsePathSize;
    const char *text = typed ? osm_node_id_text(arena, &field->typeDefinitionId) : "";

    for (size_t i = 0; i < field->browsePathSize; i++) {
        const UA_QualifiedName *name = &field->browsePath[i];
        const char *slash = i || typed ? "/" : "";
        int length = osm_clamp_int(name->name.length);

        text = name->namespaceIndex
                   ? osm_arena_printf(arena, "%s%s%u:%.*s", text, slash, name->namespaceIndex,
                                      length, (const char *)name->name.data)
                   : osm_arena_printf(arena, "%s%s%.*s", text, slash, length,
                                      (const char *)name->name.data);
    }
    if (field->attributeId != UA_ATTRIBUTEID_VALUE)
        text = osm_arena_printf(arena, "%s#%u", text, field->attributeId);
    return text;
}

/* --- namespaces ---------------------------------------------------------------------------- */

/* What is done with each name and id of a filter. */
struct walk {
    void (*name)(struct walk *walk, UA_QualifiedName *name);
    void (*id)(struct walk *walk, UA_NodeId *id);
    const UA_String *uris;
    const uint32_t *map;
    size_t size;
    struct osm_names *names;
    struct osm_arena *arena;
    struct osm_fault *fault;
    bool owned; /* names are on the heap, and so are new ones */
    bool found;
};

static void walk_field(struct walk *walk, UA_SimpleAttributeOperand *field)
{
    walk->id(walk, &field->typeDefinitionId);
    for (size_t i = 0; i < field->browsePathSize; i++)
        walk->name(walk, &field->browsePath[i]);
}

static void walk_operand(struct walk *walk, UA_ExtensionObject *operand)
{
    const UA_DataType *type = operand->content.decoded.type;
    UA_LiteralOperand *literal = operand->content.decoded.data;

    if (type == &UA_TYPES[UA_TYPES_SIMPLEATTRIBUTEOPERAND])
        walk_field(walk, operand->content.decoded.data);
    else if (type != &UA_TYPES[UA_TYPES_LITERALOPERAND])
        return;
    else if (UA_Variant_hasScalarType(&literal->value, &UA_TYPES[UA_TYPES_NODEID]))
        walk->id(walk, literal->value.data);
    else if (UA_Variant_hasScalarType(&literal->value, &UA_TYPES[UA_TYPES_QUALIFIEDNAME]))
        walk->name(walk, literal->value.data);
}

static bool walk_filter(struct walk *walk, UA_EventFilter *filter)
{
    for (size_t i = 0; i < filter->selectClausesSize; i++)
        walk_field(walk, &filter->selectClauses[i]);
    for (size_t i = 0; i < filter->whereClause.elementsSize; i++) {
        UA_ContentFilterElement *element = &filter->whereClause.elements[i];

        for (size_t j = 0; j < element->filterOperandsSize; j++)
            walk_operand(walk, &element->filterOperands[j]);
    }
    return walk->found;
}

static void set_name(const struct walk *walk, UA_QualifiedName *name, UA_QualifiedName to)
{
    UA_String text = to.name;
    UA_StatusCode status;

    if (walk->owned) {
        status = UA_String_copy(&to.name, &text);
        osm_assert(status == UA_STATUSCODE_GOOD);
        UA_String_clear(&name->name);
    }
    *name = (UA_QualifiedName){to.namespaceIndex, text};
}

static void renumber_name(struct walk *walk, UA_QualifiedName *name)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    if (name->namespaceIndex < walk->size && walk->map[name->namespaceIndex] == UINT32_MAX) {
        osm_names_print_uri(&text, &walk->uris[name->namespaceIndex]);
        osm_buf_add(&text, name->name.data, name->name.length);
        set_name(walk, name, (UA_QualifiedName){.name = osm_string_view(text.data, text.length)});
    } else if (name->namespaceIndex < walk->size) {
        name->namespaceIndex = (UA_UInt16)walk->map[name->namespaceIndex];
    }
    walk->found |= is_by_uri(name);
}

static void set_id(const struct walk *walk, UA_NodeId *id, UA_NodeId to)
{
    UA_StatusCode status;

    if (walk->owned) {
        const UA_NodeId borrowed = to;

        status = UA_NodeId_copy(&borrowed, &to);
        osm_assert(status == UA_STATUSCODE_GOOD);
        UA_NodeId_clear(id);
    }
    *id = to;
}

/* One whose namespace is no more is named by its URI (names.h, deferred): its number may be another
 * one's. */
static void renumber_id(struct walk *walk, UA_NodeId *id)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    if (id->namespaceIndex < walk->size && walk->map[id->namespaceIndex] == UINT32_MAX) {
        UA_NodeId bare = *id;

        osm_names_print_uri(&text, &walk->uris[id->namespaceIndex]);
        bare.namespaceIndex = 0;
        osm_node_id_print(&text, &bare);
        set_id(walk, id,
               (UA_NodeId){.identifierType = UA_NODEIDTYPE_STRING,
                           .identifier.string = osm_string_view(text.data, text.length)});
    } else if (id->namespaceIndex < walk->size) {
        id->namespaceIndex = (UA_UInt16)walk->map[id->namespaceIndex];
    }
    walk->found |= osm_node_id_is_deferred(id);
}

bool osm_event_filter_renumber(UA_EventFilter *filter, const UA_String *uris, const uint32_t *map,
                               size_t size)
{
    struct walk walk = {.name = renumber_name,
                        .id = renumber_id,
                        .uris = uris,
                        .map = map,
                        .size = size,
                        .owned = true};

    return walk_filter(&walk, filter);
}

static void number_name(struct walk *walk, UA_QualifiedName *name)
{
    UA_String text = name->name;

    osm_names_note(walk->names, name->namespaceIndex);
    if (!is_by_uri(name))
        return;
    if (osm_names_number_path(walk->names, &text, walk->arena, walk->fault))
        set_name(walk, name, osm_qualified_name_parse((const char *)text.data, text.length));
    else
        walk->found = true;
}

static void number_id(struct walk *walk, UA_NodeId *id)
{
    const UA_String *text = &id->identifier.string;
    UA_NodeId numbered;

    osm_names_note(walk->names, id->namespaceIndex);
    if (!osm_node_id_is_deferred(id))
        return;
    if (osm_node_id_parse((const char *)text->data, text->length, walk->names, &numbered,
                          walk->arena, walk->fault))
        set_id(walk, id, numbered);
    else
        walk->found = true;
}

bool osm_event_filter_number(UA_EventFilter *filter, struct osm_names *names, bool owned,
                             struct osm_arena *arena, struct osm_fault *fault)
{
    struct walk walk = {.name = number_name,
                        .id = number_id,
                        .names = names,
                        .arena = arena,
                        .fault = fault,
                        .owned = owned};

    return !walk_filter(&walk, filter);
}

static void find_name(struct walk *walk, UA_QualifiedName *name)
{
    walk->found |= is_by_uri(name);
}

static void find_id(struct walk *walk, UA_NodeId *id)
{
    walk->found |= osm_node_id_is_deferred(id);
}

bool osm_event_filter_is_by_uri(UA_EventFilter *filter)
{
    struct walk walk = {.name = find_name, .id = find_id};

    return walk_filter(&walk, filter);
}
