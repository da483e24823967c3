/* SPDX-License-Identifier: MIT */
/*
 * Reading lists: arrays, and lists in lists as matrices (types.md §4, differences.md M30). The
 * shape is looked at as a whole before anything is allocated: dimensions are what the first row
 * says, and every other one has to agree.
 */
#include <string.h>

#include "wire/plain/plain_reader.h"

#define RANK_MAX 32

struct shape {
    uint32_t sizes[RANK_MAX];
    size_t rank;
    size_t total;        /* elements */
    size_t at[RANK_MAX]; /* the row that is looked at */
};

/* Whether an object stands for a list: all keys are decimal numbers. */
static bool keys_are_numbers(yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        size_t length = yyjson_get_len(key);

        if (!length || strspn(yyjson_get_str(key), "0123456789") != length)
            return false;
    }
    return true;
}

bool osm_read_is_list(const struct osm_reader *reader, yyjson_val *value)
{
    if (yyjson_is_arr(value))
        return true;
    return yyjson_is_obj(value) && !osm_read_rule(reader->type)->object &&
           !(reader->read_tagged && osm_json_get(value, "__t")) && keys_are_numbers(value);
}

/* An element of a list that is a row of a matrix. A DiagnosticInfo is a list itself. */
static bool is_row(const struct osm_reader *reader, yyjson_val *value)
{
    return reader->type != UA_DATATYPEKIND_DIAGNOSTICINFO + 1 && yyjson_is_ctn(value) &&
           osm_read_is_list(reader, value);
}

static bool open_list(const struct osm_reader *reader, yyjson_val *value, struct osm_list *list)
{
    if (osm_cast_list(value, list))
        return true;
    return osm_reader_error(reader, value, "its keys are repeated");
}

/* What the first rows say. */
static bool measure(const struct osm_reader *reader, yyjson_val *value, struct shape *shape)
{
    struct osm_list list;

    *shape = (struct shape){0};
    do {
        if (shape->rank == RANK_MAX)
            return osm_reader_error(reader, value, "nested too deeply");
        if (!open_list(reader, value, &list))
            return false;
        shape->sizes[shape->rank++] = (uint32_t)OSM_MIN(list.size, UINT32_MAX);
        value = list.size ? osm_cast_list_next(&list) : NULL;
    } while (value && is_row(reader, value));
    return true;
}

/* Where in the matrix it is ragged: the element of `depth` rows. */
static bool ragged(const struct osm_reader *reader, const struct shape *shape, size_t depth,
                   const char *expected)
{
    struct osm_decode at = *reader->decode;

    for (size_t i = 0; i < depth; i++)
        at.key = osm_arena_printf(at.arena, "%s[%zu]", at.key ? at.key : "", shape->at[i]);
    at.element = -1;
    return osm_decode_type_error(&at, expected);
}

static bool check_size(const struct osm_reader *reader, const struct shape *shape, size_t level,
                       size_t size)
{
    if (size == shape->sizes[level])
        return true;
    return ragged(reader, shape, level,
                  osm_arena_printf(reader->decode->arena,
                                   "a list of %u elements as the first row is, not of %zu: the "
                                   "rows of a matrix are equally long",
                                   shape->sizes[level], size));
}

/* Whether everything below is as the shape says; counts the elements. */
static bool check(const struct osm_reader *reader, yyjson_val *value, struct shape *shape,
                  size_t level)
{
    bool rows = level + 1 < shape->rank;
    struct osm_list list;
    yyjson_val *item;

    if (!open_list(reader, value, &list) || !check_size(reader, shape, level, list.size))
        return false;
    shape->total += rows ? 0 : list.size;
    for (shape->at[level] = 0; (item = osm_cast_list_next(&list)); shape->at[level]++) {
        if (is_row(reader, item) != rows)
            return ragged(reader, shape, level + 1,
                          rows ? "a list as the first row is"
                               : "a single value as the first one of the list is");
        if (rows && !check(reader, item, shape, level + 1))
            return false;
    }
    return true;
}

/* Reads the elements of one row, or of the rows below it, one behind the other. */
static bool fill(const struct osm_reader *reader, yyjson_val *value, const struct shape *shape,
                 size_t level, char **next)
{
    struct osm_decode place = *reader->decode;
    struct osm_reader at = *reader;
    struct osm_list list;

    if (!open_list(reader, value, &list))
        return false;
    at.element = true;
    at.decode = &place;
    for (size_t i = 0; i < list.size; i++) {
        yyjson_val *item = osm_cast_list_next(&list);

        if (reader->decode->element < 0)
            place.element = (int)OSM_MIN(i, (size_t)INT32_MAX);
        if (level + 1 < shape->rank) {
            if (!fill(&at, item, shape, level + 1, next))
                return false;
            continue;
        }
        if (!osm_read_scalar(&at, item, *next))
            return false;
        *next += osm_builtin_type(reader->type)->memSize;
    }
    return true;
}

bool osm_read_list(const struct osm_reader *reader, yyjson_val *value, UA_Variant *out)
{
    const UA_DataType *type = osm_builtin_type(reader->type);
    struct osm_arena *arena = reader->decode->arena;
    struct shape shape;
    char *items, *next;

    if (!measure(reader, value, &shape) || !check(reader, value, &shape, 0))
        return false;
    items =
        shape.total ? osm_arena_array(arena, shape.total, type->memSize) : UA_EMPTY_ARRAY_SENTINEL;
    next = items;
    if (!fill(reader, value, &shape, 0, &next))
        return false;
    UA_Variant_setArray(out, items, shape.total, type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    if (shape.rank > 1 && shape.total) { /* dimensions are greater than zero (10000-6 §5.2.2.16) */
        out->arrayDimensions = osm_arena_array(arena, shape.rank, sizeof(uint32_t));
        memcpy(out->arrayDimensions, shape.sizes, shape.rank * sizeof(uint32_t));
        out->arrayDimensionsSize = shape.rank;
    }
    return true;
}

/* --- dimensions that stand beside the list -------------------------------------------------- */

static bool read_sizes(const struct osm_reader *reader, struct osm_list *list, uint32_t *sizes,
                       uint64_t *product)
{
    *product = 1;
    for (size_t i = 0; i < list->size; i++) {
        if (!osm_read_as(reader, 7, osm_cast_list_next(list), &sizes[i]))
            return false;
        if (__builtin_mul_overflow(*product, sizes[i], product))
            *product = UINT64_MAX;
    }
    return true;
}

/* A matrix: the product of its dimensions is its length, and rows that were given agree. */
bool osm_read_dimensions(const struct osm_reader *reader, yyjson_val *value, UA_Variant *out)
{
    uint64_t product;
    struct osm_list list;
    uint32_t *sizes;

    if (osm_is_null(value))
        return true;
    if (!osm_cast_list(value, &list))
        return osm_reader_error(reader, value, "dimensions must be a list of integers");
    if (!list.size)
        return true;
    sizes = osm_arena_array(reader->decode->arena, list.size, sizeof(*sizes));
    if (!read_sizes(reader, &list, sizes, &product))
        return false;
    if (UA_Variant_isScalar(out) || product != out->arrayLength)
        return osm_reader_error(reader, value, "dimensions do not fit the length of value");
    if (out->arrayDimensionsSize &&
        (out->arrayDimensionsSize != list.size ||
         memcmp(out->arrayDimensions, sizes, list.size * sizeof(*sizes)) != 0))
        return osm_reader_error(reader, value, "dimensions do not fit the rows of value");
    out->arrayDimensions = sizes;
    out->arrayDimensionsSize = list.size;
    return true;
}
