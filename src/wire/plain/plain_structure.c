/* SPDX-License-Identifier: MIT */
/*
 * Reading a map of fields as the structure the session has learnt: the counterpart of
 * encode_structure.c, for the same memory layout. Fields that are missing keep their zero; of
 * optional ones null means absent. Structures may contain each other this deep only.
 */
#include <string.h>

#include "wire/plain/plain_reader.h"
#include "wire/value/encode.h"
#include "wire/value/structure.h"

/* The library's encoder gives up at 100. */
#define OSM_MAX_NESTING 60

/* The decoder at a member of where it stands: refusals name the way there. */
static struct osm_decode step_into(const struct osm_reader *reader, const char *name)
{
    struct osm_decode at = *reader->decode;
    const char *key = at.key ? at.key : "";

    if (at.element >= 0)
        at.key = osm_arena_printf(at.arena, "%s[%d].%s", key, at.element, name);
    else
        at.key = at.key ? osm_arena_printf(at.arena, "%s.%s", key, name) : name;
    at.element = -1;
    return at;
}

static bool read_member_value(const struct osm_reader *reader, yyjson_val *value,
                              const UA_DataType *type, void *out)
{
    struct osm_reader at = *reader;

    if (type->typeKind < UA_DATATYPEKIND_DIAGNOSTICINFO) {
        at.element = true; /* a Variant field is a Variant of its own */
        return osm_read_as(&at, type->typeKind + 1, value, out);
    }
    if (type->typeKind == UA_DATATYPEKIND_ENUM)
        return osm_read_as(&at, UA_DATATYPEKIND_INT32 + 1, value, out);
    return osm_read_structure(reader, value, type, out);
}

static bool read_member_list(const struct osm_reader *reader, yyjson_val *value,
                             const UA_DataType *type, char *out)
{
    struct osm_decode at = *reader->decode;
    struct osm_reader item = *reader;
    struct osm_list list;
    char *items;

    item.decode = &at;
    if (osm_is_null(value))
        return true;
    if (!osm_cast_list(value, &list))
        return osm_reader_error(reader, value, "a field of the structure is a list");
    items = list.size ? osm_arena_array(reader->decode->arena, list.size, type->memSize)
                      : UA_EMPTY_ARRAY_SENTINEL;
    for (size_t i = 0; i < list.size; i++) {
        at.element = (int)i;
        if (!read_member_value(&item, osm_cast_list_next(&list), type, items + i * type->memSize))
            return false;
    }
    memcpy(out, &list.size, sizeof(list.size));
    memcpy(out + sizeof(size_t), &items, sizeof(items));
    return true;
}

/* The member whose place is `at`. */
static bool read_member(const struct osm_reader *around, yyjson_val *value,
                        const UA_DataTypeMember *member, char *at)
{
    const UA_DataType *type = member->memberType;
    struct osm_decode decode = step_into(around, member->memberName);
    struct osm_reader inner = *around, *reader = &inner;
    void *target = at;

    inner.decode = &decode;
    inner.depth++;
    if (member->isArray)
        return read_member_list(reader, value, type, at);
    if (!value || (member->isOptional && osm_is_null(value)))
        return true;
    if (member->isOptional) {
        target = osm_arena_alloc(reader->decode->arena, type->memSize);
        memcpy(at, &target, sizeof(target));
    }
    return read_member_value(reader, value, type, target);
}

/* --- matrices --- */

struct matrix {
    const struct osm_reader *reader; /* stands at the matrix */
    const UA_DataType *type;
    UA_Int32 sizes[OSM_MATRIX_DIMENSIONS];
    size_t dimensions;
    size_t count; /* of elements */
    char *items;
    size_t taken;
};

/* The dimensions by what comes first at each level. */
static bool measure(struct matrix *matrix, yyjson_val *value)
{
    uint64_t count = 1;

    for (; yyjson_is_arr(value); value = yyjson_arr_get_first(value)) {
        if (matrix->dimensions == OSM_MATRIX_DIMENSIONS)
            return osm_reader_error(matrix->reader, value, "a matrix has at most 16 dimensions");
        matrix->sizes[matrix->dimensions++] = (UA_Int32)yyjson_arr_size(value);
        count = count > INT32_MAX ? count : count * yyjson_arr_size(value);
    }
    matrix->count = count > INT32_MAX ? 0 : count;
    return matrix->dimensions >= 2 || !matrix->count ||
           osm_reader_error(matrix->reader, value, "a matrix is lists in a list");
}

/* Whether all lists are as the first ones say: nothing is allocated for what is not there. */
static bool check_lists(const struct matrix *matrix, yyjson_val *list, size_t level)
{
    yyjson_arr_iter iter;
    yyjson_val *value;

    if (!yyjson_is_arr(list) || yyjson_arr_size(list) != (size_t)matrix->sizes[level])
        return osm_reader_error(matrix->reader, list, "the lists of a matrix are equally long");
    if (level + 1 == matrix->dimensions)
        return true;
    yyjson_arr_iter_init(list, &iter);
    while ((value = yyjson_arr_iter_next(&iter)))
        if (!check_lists(matrix, value, level + 1))
            return false;
    return true;
}

/* The lists are as check_lists() wants them. */
static bool take_elements(struct matrix *matrix, yyjson_val *list, size_t level)
{
    bool innermost = level + 1 == matrix->dimensions;
    yyjson_arr_iter iter;
    yyjson_val *value;

    yyjson_arr_iter_init(list, &iter);
    while ((value = yyjson_arr_iter_next(&iter)))
        if (!(innermost ? read_member_value(matrix->reader, value, matrix->type,
                                            matrix->items + matrix->taken++ * matrix->type->memSize)
                        : take_elements(matrix, value, level + 1)))
            return false;
    return true;
}

static void put_list(char *at, size_t size, const void *items)
{
    memcpy(at, &size, sizeof(size));
    memcpy(at + sizeof(size), &items, sizeof(items));
}

/* Both members of it, the first of which begins at `at`; nothing is a matrix of nothing. */
static bool read_matrix(const struct osm_reader *around, yyjson_val *value,
                        const UA_DataTypeMember *members, char *at)
{
    struct osm_decode decode = step_into(around, members[1].memberName);
    struct osm_reader reader = *around;
    struct matrix matrix = {.reader = &reader, .type = members[1].memberType};
    UA_Int32 *sizes;

    reader.decode = &decode;
    if (osm_is_null(value))
        return true;
    if (!yyjson_is_arr(value))
        return osm_reader_error(&reader, value, "a matrix is lists in a list");
    if (!measure(&matrix, value) || !check_lists(&matrix, value, 0))
        return false;
    if (!matrix.count)
        return true;
    matrix.items = osm_arena_array(decode.arena, matrix.count, matrix.type->memSize);
    sizes = osm_arena_array(decode.arena, matrix.dimensions, sizeof(*sizes));
    memcpy(sizes, matrix.sizes, matrix.dimensions * sizeof(*sizes));
    if (!take_elements(&matrix, value, 0))
        return false;
    put_list(at, matrix.dimensions, sizes);
    put_list(at + sizeof(size_t) + sizeof(void *) + members[1].padding, matrix.count, matrix.items);
    return true;
}

static size_t member_size(const UA_DataTypeMember *member)
{
    if (member->isArray)
        return sizeof(size_t) + sizeof(void *);
    return member->isOptional ? sizeof(void *) : member->memberType->memSize;
}

static bool read_union(const struct osm_reader *reader, yyjson_val *value, const UA_DataType *type,
                       char *out)
{
    uint32_t selected;

    if (!osm_read_as(reader, 7, osm_json_get(value, "_switchField"), &selected))
        return false;
    if (selected > type->membersSize)
        return osm_reader_error(reader, value, "the union has no such _switchField");
    memcpy(out, &selected, sizeof(selected));
    if (!selected)
        return true;
    return read_member(reader, osm_json_get(value, type->members[selected - 1].memberName),
                       &type->members[selected - 1], out + type->members[selected - 1].padding);
}

bool osm_read_structure(const struct osm_reader *reader, yyjson_val *value, const UA_DataType *type,
                        void *out)
{
    char *at = out;

    if (reader->depth > OSM_MAX_NESTING)
        return osm_reader_error(reader, value, "its structures contain each other too deeply");
    if (!yyjson_is_obj(value) && !(yyjson_is_arr(value) && !yyjson_arr_size(value)))
        return osm_reader_error(reader, value, "a map of fields is needed");
    if (type->typeKind == UA_DATATYPEKIND_UNION)
        return read_union(reader, value, type, at);
    if (type->typeKind != UA_DATATYPEKIND_STRUCTURE && type->typeKind != UA_DATATYPEKIND_OPTSTRUCT)
        return osm_reader_error(reader, value, "a field of the structure cannot be written");
    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];

        at += member->padding;
        if (osm_member_is_dimensions(member)) {
            if (!read_matrix(reader, osm_json_get(value, member[1].memberName), member, at))
                return false;
            i++;
            at += 2 * member_size(member) + member[1].padding;
            continue;
        }
        if (!read_member(reader, osm_json_get(value, member->memberName), member, at))
            return false;
        at += member_size(member);
    }
    return true;
}
