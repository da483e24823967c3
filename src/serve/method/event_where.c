/* SPDX-License-Identifier: MIT */
/*
 * See event_where.h. Conditions become the elements of a ContentFilter in the order in which they
 * are met: those an element refers to come behind it, as OPC 10000-4 §7.7.4.2 demands.
 */
#include "serve/method/event_where.h"

#include <string.h>
#include <strings.h>

#include <open62541/nodeids.h>

#include "core/subscription/event_filter.h"
#include "serve/method/event_select.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/json.h"

struct reader {
    struct osm_decode at;
    bool tagged;
    UA_ContentFilter *out;
};

/* --- elements ------------------------------------------------------------------------------ */

/* A new element, the index of it in *index; NULL = they are too many. */
static UA_ContentFilterElement *add(struct reader *reader, UA_FilterOperator operator,
                                    size_t operands, uint32_t *index)
{
    UA_ContentFilterElement *element;

    if (reader->out->elementsSize == OSM_EVENT_WHERE_CONDITIONS) {
        (void)osm_decode_type_error(&reader->at, "simpler: it has more than 200 conditions");
        return NULL;
    }
    *index = (uint32_t)reader->out->elementsSize++;
    element = &reader->out->elements[*index];
    element->filterOperator = operator;
    element->filterOperands =
        osm_arena_array(reader->at.arena, operands, sizeof(*element->filterOperands));
    element->filterOperandsSize = operands;
    return element;
}

static void refer(struct reader *reader, UA_ExtensionObject *operand, uint32_t index)
{
    UA_ElementOperand *element = osm_arena_alloc(reader->at.arena, sizeof(*element));

    element->index = index;
    UA_ExtensionObject_setValueNoDelete(operand, element, &UA_TYPES[UA_TYPES_ELEMENTOPERAND]);
}

static UA_SimpleAttributeOperand *add_field(struct reader *reader, UA_ExtensionObject *operand)
{
    UA_SimpleAttributeOperand *field = osm_arena_alloc(reader->at.arena, sizeof(*field));

    UA_ExtensionObject_setValueNoDelete(operand, field, &UA_TYPES[UA_TYPES_SIMPLEATTRIBUTEOPERAND]);
    return field;
}

static UA_Variant *add_literal(struct reader *reader, UA_ExtensionObject *operand)
{
    UA_LiteralOperand *literal = osm_arena_alloc(reader->at.arena, sizeof(*literal));

    UA_ExtensionObject_setValueNoDelete(operand, literal, &UA_TYPES[UA_TYPES_LITERALOPERAND]);
    return &literal->value;
}

/* --- places -------------------------------------------------------------------------------- */

/* Steps into a member, or an item of it; returns where the reader stood. */
static const char *into(struct reader *reader, const char *name)
{
    const char *before = reader->at.key;

    reader->at.key = before ? osm_arena_printf(reader->at.arena, "%s.%s", before, name) : name;
    return before;
}

static const char *into_item(struct reader *reader, size_t index)
{
    const char *before = reader->at.key;

    reader->at.key = osm_arena_printf(reader->at.arena, "%s[%zu]", before ? before : "", index);
    return before;
}

/* --- values -------------------------------------------------------------------------------- */

/* What fields of BaseEventType and ConditionType are compared with; others by how it is written. */
static const struct {
    const char *path;
    uint32_t type;
} known_fields[] = {
    {"Severity", UA_NS0ID_UINT16},      {"Time", UA_NS0ID_DATETIME},
    {"ReceiveTime", UA_NS0ID_DATETIME}, {"EventId", UA_NS0ID_BYTESTRING},
    {"EventType", UA_NS0ID_NODEID},     {"SourceNode", UA_NS0ID_NODEID},
    {"BranchId", UA_NS0ID_NODEID},      {"ConditionClassId", UA_NS0ID_NODEID},
    {"InputNode", UA_NS0ID_NODEID},
};

static uint32_t type_of_field(const UA_SimpleAttributeOperand *field)
{
    if (field && field->attributeId == UA_ATTRIBUTEID_NODEID)
        return UA_NS0ID_NODEID;
    for (size_t i = 0; field && i < OSM_ARRAY_SIZE(known_fields); i++)
        if (osm_event_filter_is(field, known_fields[i].path))
            return known_fields[i].type;
    return 0;
}

static uint32_t type_of_value(yyjson_val *value)
{
    uint64_t bits;
    bool negative;

    if (yyjson_is_bool(value))
        return UA_NS0ID_BOOLEAN;
    if (yyjson_is_obj(value))
        return UA_NS0ID_NODEID;
    if (!osm_cast_is_number(value))
        return UA_NS0ID_STRING;
    if (yyjson_is_real(value) || !osm_cast_number_integer(value, &bits, &negative))
        return UA_NS0ID_DOUBLE;
    if (negative)
        return (int64_t)bits >= INT32_MIN ? UA_NS0ID_INT32 : UA_NS0ID_INT64;
    return bits <= INT32_MAX   ? UA_NS0ID_INT32
           : bits <= INT64_MAX ? UA_NS0ID_INT64
                               : UA_NS0ID_UINT64;
}

static bool read_node_id(struct reader *reader, yyjson_val *value, UA_Variant *out)
{
    UA_NodeId *id = osm_arena_alloc(reader->at.arena, sizeof(*id));

    UA_Variant_setScalar(out, id, &UA_TYPES[UA_TYPES_NODEID]);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    return reader->tagged ? osm_tagged_read_node_id(&reader->at, value, id)
                          : osm_plain_read_node_id(&reader->at, value, id);
}

static bool read_literal(struct reader *reader, yyjson_val *value, uint32_t type, UA_Variant *out)
{
    yyjson_val *own = yyjson_obj_get(value, "value"), *named = yyjson_obj_get(value, "type");

    if (own) {
        value = own;
        type = 0;
        if (!osm_is_null(named) && !osm_plain_read_builtin_type(&reader->at, named, &type))
            return false;
    }
    if (osm_is_null(value) || yyjson_is_arr(value))
        return osm_decode_type_error(&reader->at, "one value");
    if (!type)
        type = type_of_value(value);
    if (type == UA_NS0ID_NODEID)
        return read_node_id(reader, value, out);
    return osm_plain_read_value(&reader->at, value, type, out);
}

/* The first one is a field, unless it says otherwise; the others are values of its type. */
static bool read_operand(struct reader *reader, yyjson_val *value, bool first,
                         const UA_SimpleAttributeOperand **field, UA_ExtensionObject *out)
{
    yyjson_val *named = yyjson_obj_get(value, "field");
    UA_SimpleAttributeOperand *own;

    if (named)
        value = named;
    if (!named && !osm_event_select_is(value) && !(first && yyjson_is_str(value)))
        return read_literal(reader, value, type_of_field(*field), add_literal(reader, out));
    own = add_field(reader, out);
    if (first)
        *field = own;
    return osm_event_select_decode(&reader->at, reader->tagged, value, own);
}

/* --- operators ----------------------------------------------------------------------------- */

enum kind {
    CONDITIONS, /* all operands are conditions, joined two by two */
    DENIED,     /* one condition */
    VALUES,
    UNEQUAL, /* the contrary of Equals */
    TYPE,
    LEAST_SEVERITY,
    SOURCE,
};

static const struct operator
{
    const char *name, *sign;
    enum kind kind;
    UA_FilterOperator operator;
    size_t least, most; /* operands */
}
operators[] = {
    {"And", "&&", CONDITIONS, UA_FILTEROPERATOR_AND, 1, OSM_EVENT_WHERE_CONDITIONS},
    {"Or", "||", CONDITIONS, UA_FILTEROPERATOR_OR, 1, OSM_EVENT_WHERE_CONDITIONS},
    {"Not", "!", DENIED, UA_FILTEROPERATOR_NOT, 1, 1},
    {"Equals", "=", VALUES, UA_FILTEROPERATOR_EQUALS, 2, 2},
    {"Equals", "==", VALUES, UA_FILTEROPERATOR_EQUALS, 2, 2},
    {"NotEquals", "!=", UNEQUAL, UA_FILTEROPERATOR_EQUALS, 2, 2},
    {"IsNull", "IsNull", VALUES, UA_FILTEROPERATOR_ISNULL, 1, 1},
    {"GreaterThan", ">", VALUES, UA_FILTEROPERATOR_GREATERTHAN, 2, 2},
    {"LessThan", "<", VALUES, UA_FILTEROPERATOR_LESSTHAN, 2, 2},
    {"GreaterThanOrEqual", ">=", VALUES, UA_FILTEROPERATOR_GREATERTHANOREQUAL, 2, 2},
    {"LessThanOrEqual", "<=", VALUES, UA_FILTEROPERATOR_LESSTHANOREQUAL, 2, 2},
    {"Like", "Like", VALUES, UA_FILTEROPERATOR_LIKE, 2, 2},
    {"Between", "Between", VALUES, UA_FILTEROPERATOR_BETWEEN, 3, 3},
    {"InList", "In", VALUES, UA_FILTEROPERATOR_INLIST, 2, 1000},
    {"BitwiseAnd", "&", VALUES, UA_FILTEROPERATOR_BITWISEAND, 2, 2},
    {"BitwiseOr", "|", VALUES, UA_FILTEROPERATOR_BITWISEOR, 2, 2},
    {"OfType", "OfType", TYPE, UA_FILTEROPERATOR_OFTYPE, 1, OSM_EVENT_WHERE_CONDITIONS},
    {"Severity", "MinSeverity", LEAST_SEVERITY, UA_FILTEROPERATOR_GREATERTHANOREQUAL, 1, 1},
    {"Source", "SourceIs", SOURCE, UA_FILTEROPERATOR_EQUALS, 1, OSM_EVENT_WHERE_CONDITIONS},
};

#define EXPECTED                                                                                   \
    "And, Or, Not, Equals, NotEquals, IsNull, GreaterThan, GreaterThanOrEqual, LessThan, "         \
    "LessThanOrEqual, Like, Between, InList, BitwiseAnd, BitwiseOr, OfType, severity or source"

static const struct operator* find(const char *name)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(operators); i++)
        if (strcasecmp(operators[i].name, name) == 0 || strcasecmp(operators[i].sign, name) == 0)
            return &operators[i];
    return NULL;
}

static bool read_condition(struct reader *reader, yyjson_val *value, uint32_t *index);

/* One operand, or the list of them. */
struct operands {
    yyjson_val *value;
    size_t size;
};

static yyjson_val *operand_at(const struct operands *operands, size_t i)
{
    return yyjson_is_arr(operands->value) ? yyjson_arr_get(operands->value, i) : operands->value;
}

typedef bool one_fn(struct reader *reader, yyjson_val *value, uint32_t *index);

/* a and (b and (c …)): each pair refers to the next one. */
static bool join(struct reader *reader, const struct operands *operands, UA_FilterOperator operator,
                 one_fn * one, uint32_t *index)
{
    UA_ExtensionObject *last = NULL;
    UA_ContentFilterElement *pair;
    uint32_t next;

    for (size_t i = 0; i < operands->size; i++) {
        const char *before = into_item(reader, i);

        if (i + 1 < operands->size) {
            pair = add(reader, operator, 2, &next);
            if (!pair)
                return false;
            if (last)
                refer(reader, last, next);
            else
                *index = next;
            last = &pair->filterOperands[1];
            if (!one(reader, operand_at(operands, i), &next))
                return false;
            refer(reader, &pair->filterOperands[0], next);
        } else if (!one(reader, operand_at(operands, i), last ? &next : index)) {
            return false;
        } else if (last) {
            refer(reader, last, next);
        }
        reader->at.key = before;
    }
    return true;
}

static bool compare(struct reader *reader, const struct operands *operands,
                    UA_FilterOperator operator, uint32_t * index)
{
    UA_ContentFilterElement *element = add(reader, operator, operands->size, index);
    const UA_SimpleAttributeOperand *field = NULL;

    for (size_t i = 0; element && i < operands->size; i++) {
        const char *before = into_item(reader, i);

        if (!read_operand(reader, operand_at(operands, i), i == 0, &field,
                          &element->filterOperands[i]))
            return false;
        reader->at.key = before;
    }
    return element;
}

static bool deny(struct reader *reader, const struct operands *operands, bool equals,
                 uint32_t *index)
{
    UA_ContentFilterElement *element = add(reader, UA_FILTEROPERATOR_NOT, 1, index);
    uint32_t denied;

    if (!element || !(equals ? compare(reader, operands, UA_FILTEROPERATOR_EQUALS, &denied)
                             : read_condition(reader, operand_at(operands, 0), &denied)))
        return false;
    refer(reader, element->filterOperands, denied);
    return true;
}

static bool of_type(struct reader *reader, yyjson_val *value, uint32_t *index)
{
    UA_ContentFilterElement *element = add(reader, UA_FILTEROPERATOR_OFTYPE, 1, index);

    return element && read_literal(reader, value, UA_NS0ID_NODEID,
                                   add_literal(reader, element->filterOperands));
}

/* A field of that name compared with the value. */
static bool named(struct reader *reader, const char *field, UA_FilterOperator operator,
                  yyjson_val * value, uint32_t *index)
{
    UA_ContentFilterElement *element = add(reader, operator, 2, index);
    UA_SimpleAttributeOperand *own;

    if (!element)
        return false;
    own = add_field(reader, element->filterOperands);
    osm_event_filter_path(UA_STRING((char *)(uintptr_t)field), reader->at.arena, own);
    return read_literal(reader, value, type_of_field(own),
                        add_literal(reader, &element->filterOperands[1]));
}

/* A NodeId means the node, any other text its name. */
static bool is_source(struct reader *reader, yyjson_val *value, uint32_t *index)
{
    const char *text = yyjson_get_str(value);
    bool name = text && !osm_parameter_is_node_id(text);

    return named(reader, name ? "SourceName" : "SourceNode", UA_FILTEROPERATOR_EQUALS, value,
                 index);
}

static bool apply(struct reader *reader, const struct operator* row,
                  const struct operands *operands, uint32_t *index)
{
    switch (row->kind) {
    case CONDITIONS:
        return join(reader, operands, row->operator, read_condition, index);
    case DENIED:
    case UNEQUAL:
        return deny(reader, operands, row->kind == UNEQUAL, index);
    case VALUES:
        return compare(reader, operands, row->operator, index);
    case TYPE:
        return join(reader, operands, UA_FILTEROPERATOR_OR, of_type, index);
    case LEAST_SEVERITY:
        return named(reader, "Severity", row->operator, operand_at(operands, 0), index);
    case SOURCE:
        return join(reader, operands, UA_FILTEROPERATOR_OR, is_source, index);
    }
    return false;
}

/* --- conditions ---------------------------------------------------------------------------- */

static bool read_operator(struct reader *reader, const char *name, yyjson_val *value,
                          uint32_t *index)
{
    const struct operator* row = find(name);
    const struct operands operands = {value, yyjson_is_arr(value) ? yyjson_arr_size(value) : 1};

    if (!row)
        return osm_decode_type_error(&reader->at, EXPECTED);
    if (operands.size < row->least || operands.size > row->most)
        return osm_decode_type_error(
            &reader->at, row->least == row->most
                             ? osm_arena_printf(reader->at.arena, "a list of %zu", row->least)
                             : osm_arena_printf(reader->at.arena, "a list of %zu to %zu",
                                                row->least, row->most));
    return apply(reader, row, &operands, index);
}

/* The members of a condition from that one on: all must hold. */
static bool read_members(struct reader *reader, yyjson_obj_iter *iter, size_t left, uint32_t *index)
{
    yyjson_val *key = yyjson_obj_iter_next(iter);
    const char *name = yyjson_get_str(key), *before;
    UA_ContentFilterElement *both = NULL;
    uint32_t next = 0;

    osm_assert(name);
    if (left > 1) {
        both = add(reader, UA_FILTEROPERATOR_AND, 2, index);
        if (!both)
            return false;
        index = &next;
    }
    before = into(reader, name);
    if (!read_operator(reader, name, yyjson_obj_iter_get_val(key), index))
        return false;
    reader->at.key = before;
    if (!both)
        return true;
    refer(reader, &both->filterOperands[0], next);
    if (!read_members(reader, iter, left - 1, &next))
        return false;
    refer(reader, &both->filterOperands[1], next);
    return true;
}

static bool read_condition(struct reader *reader, yyjson_val *value, uint32_t *index)
{
    yyjson_val *name = osm_json_get(value, "operator"), *operands = osm_json_get(value, "operands");
    yyjson_obj_iter iter;

    if (yyjson_is_str(name)) {
        (void)into(reader, yyjson_get_str(name));
        return read_operator(reader, yyjson_get_str(name), operands, index);
    }
    if (!yyjson_is_obj(value) || !yyjson_obj_size(value))
        return osm_decode_type_error(&reader->at, "an object with a condition");
    iter = yyjson_obj_iter_with(value);
    return read_members(reader, &iter, yyjson_obj_size(value), index);
}

bool osm_event_where_decode(const struct osm_decode *decode, bool tagged, yyjson_val *value,
                            UA_ContentFilter *out)
{
    struct reader reader = {*decode, tagged, out};
    uint32_t index;

    *out = (UA_ContentFilter){0};
    if (osm_is_null(value) || (yyjson_is_arr(value) && !yyjson_arr_size(value)))
        return true;
    out->elements =
        osm_arena_array(decode->arena, OSM_EVENT_WHERE_CONDITIONS, sizeof(*out->elements));
    return read_condition(&reader, value, &index);
}
