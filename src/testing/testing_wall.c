/* SPDX-License-Identifier: MIT */
/* Walls behind the lists of messages (testing_wall.h). */
#include "testing/testing_wall.h"

#include <string.h>

#include "util/alloc.h"

#if defined(OSM_ARENA_GAPS)

enum { WALL = 512, BRICK = 0xb5 }; /* larger than any element */

static void *test_wall_list(char *list, size_t size, const UA_DataType *type)
{
    for (size_t i = 0; i < size; i++)
        test_wall(list + i * type->memSize, type);
    list = osm_alloc_resize(list, size * type->memSize + WALL);
    memset(list + size * type->memSize, BRICK, WALL);
    return list;
}

void test_wall(void *message, const UA_DataType *type)
{
    char *at = message;

    if (type->typeKind != UA_DATATYPEKIND_STRUCTURE)
        return;
    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];

        at += member->padding;
        if (member->isArray) {
            size_t size;
            char *list;

            memcpy(&size, at, sizeof(size));
            memcpy(&list, at + sizeof(size), sizeof(list));
            if (size)
                list = test_wall_list(list, size, member->memberType);
            memcpy(at + sizeof(size), &list, sizeof(list));
            at += sizeof(size) + sizeof(list);
        } else {
            test_wall(at, member->memberType);
            at += member->memberType->memSize;
        }
    }
}

#else

void test_wall(void *message, const UA_DataType *type)
{
    (void)message;
    (void)type;
}

#endif
