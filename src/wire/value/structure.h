/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_STRUCTURE_H
#define OSM_WIRE_VALUE_STRUCTURE_H
/*
 * How open62541 lays out structures in memory: padding before each member, arrays as length and
 * pointer, optional members behind a pointer, unions as a switch and one member.
 *
 * The library knows no matrices in structures. One is two members here: its dimensions, whose name
 * begins with OSM_DIMENSIONS_MARK, and the list of its elements, which on the wire comes without
 * its length (OPC 10000-6 §5.2.5); body_check.h has both forms.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <open62541/types.h>

/* A member of one value. */
struct osm_member {
    const UA_DataTypeMember *description;
    const void *value; /* the member, or the first of the array; NULL: absent, a null array */
    size_t count;      /* of an array */
};

#define OSM_DIMENSIONS_MARK '\1'

/* The next member is a matrix and this one its dimensions. */
static inline bool osm_member_is_dimensions(const UA_DataTypeMember *member)
{
    return member->memberName[0] == OSM_DIMENSIONS_MARK;
}

static inline bool osm_is_structure(const UA_DataType *type)
{
    return type->typeKind == UA_DATATYPEKIND_STRUCTURE ||
           type->typeKind == UA_DATATYPEKIND_OPTSTRUCT || type->typeKind == UA_DATATYPEKIND_UNION;
}

/* Reads the member whose padding starts at `at`; returns where the next one's starts. */
static inline const char *osm_member_at(const char *at, const UA_DataTypeMember *description,
                                        struct osm_member *out)
{
    at += description->padding;
    *out = (struct osm_member){.description = description, .value = at};
    if (description->isArray) {
        memcpy(&out->count, at, sizeof(out->count));
        memcpy(&out->value, at + sizeof(out->count), sizeof(out->value));
        return at + sizeof(out->count) + sizeof(out->value);
    }
    if (!description->isOptional)
        return at + description->memberType->memSize;
    memcpy(&out->value, at, sizeof(out->value));
    return at + sizeof(out->value);
}

/* Which member of a union is there, from 1; 0 when none is. */
static inline uint32_t osm_union_switch(const void *value, const UA_DataType *type)
{
    uint32_t selected;

    memcpy(&selected, value, sizeof(selected));
    return selected > type->membersSize ? 0 : selected;
}

/* The member of a union that is there; `selected` is not 0. */
static inline struct osm_member osm_union_member(const void *value, const UA_DataType *type,
                                                 uint32_t selected)
{
    struct osm_member member;

    osm_member_at(value, &type->members[selected - 1], &member);
    return member;
}

#endif
