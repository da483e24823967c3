/* SPDX-License-Identifier: MIT */
/*
 * Reading a map of fields as the structure the session has learnt: the counterpart of
 * encode_structure.c, for the same memory layout. Fields that are missing keep their zero; of
 * optional ones null means absent.
 */
#include <string.h>

#include "wire/plain/plain_reader.h"

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
    struct osm_list list;
    char *items;

    if (osm_is_null(value))
        return true;
    if (!osm_cast_list(value, &list))
        return osm_reader_error(reader, value, "a field of the structure is a list");
    items = list.size ? osm_arena_array(reader->decode->arena, list.size, type->memSize)
                      : UA_EMPTY_ARRAY_SENTINEL;
    for (size_t i = 0; i < list.size; i++) {
        if (!read_member_value(reader, osm_cast_list_next(&list), type, items + i * type->memSize))
            return false;
    }
    memcpy(out, &list.size, sizeof(list.size));
    memcpy(out + sizeof(size_t), &items, sizeof(items));
    return true;
}

/* The member whose place is `at`. */
static bool read_member(const struct osm_reader *reader, yyjson_val *value,
                        const UA_DataTypeMember *member, char *at)
{
    const UA_DataType *type = member->memberType;
    void *target = at;

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

    if (!yyjson_is_obj(value) && !(yyjson_is_arr(value) && !yyjson_arr_size(value)))
        return osm_reader_error(reader, value, "a map of fields is needed");
    if (type->typeKind == UA_DATATYPEKIND_UNION)
        return read_union(reader, value, type, at);
    if (type->typeKind != UA_DATATYPEKIND_STRUCTURE && type->typeKind != UA_DATATYPEKIND_OPTSTRUCT)
        return osm_reader_error(reader, value, "a field of the structure cannot be written");
    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];

        at += member->padding;
        if (!read_member(reader, osm_json_get(value, member->memberName), member, at))
            return false;
        at += member_size(member);
    }
    return true;
}
