/* SPDX-License-Identifier: MIT */
/*
 * Hides standard structures from the library's lookup by encoding id; see raw_types.h. The table
 * of types is the library's own and writable; an id in a namespace no server has makes an entry
 * one that is never found, while everything that names the type directly still works.
 */
#include "wire/value/raw_types.h"

#include <pthread.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <open62541/types.h>
#include <open62541/types_generated.h>

#include "util/macros.h"

#define NOBODYS_NAMESPACE 0xFFFF
/* What ends like this is a value and never part of a service. */
#define VALUE_SUFFIX "DataType"

static const char *const value_structures[] = {
    "Annotation",
    "Argument",
    "AxisInformation",
    "BuildInfo",
    "ComplexNumberType",
    "CurrencyUnitType",
    "DoubleComplexNumberType",
    "EUInformation",
    "EndpointType",
    "EnumValueType",
    "IdentityMappingRuleType",
    "KeyValuePair",
    "OptionSet",
    "PortableNodeId",
    "PortableQualifiedName",
    "PriorityMappingEntryType",
    "Range",
    "RationalNumber",
    "RolePermissionType",
    "SignedSoftwareCertificate",
    "StatusResult",
    "ThreeDCartesianCoordinates",
    "ThreeDFrame",
    "ThreeDOrientation",
    "ThreeDVector",
    "TransactionErrorType",
    "UnsignedRationalNumber",
    "XVType",
};

static bool is_value_structure(const UA_DataType *type)
{
    size_t length = strlen(type->typeName), suffix = strlen(VALUE_SUFFIX);

    if (type->typeKind < UA_DATATYPEKIND_STRUCTURE)
        return false;
    if (length > suffix && !strcmp(type->typeName + length - suffix, VALUE_SUFFIX))
        return true;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(value_structures); i++) {
        if (!strcmp(type->typeName, value_structures[i]))
            return true;
    }
    return false;
}

/* The encoding ids that were, by type; 0 where none is hidden. All are in namespace 0. */
static uint32_t hidden_ids[UA_TYPES_COUNT];

static void hide_types(void)
{
    for (size_t i = 0; i < UA_TYPES_COUNT; i++) {
        UA_NodeId *id = &UA_TYPES[i].binaryEncodingId;

        if (!is_value_structure(&UA_TYPES[i]))
            continue;
        /* Both libraries may be in a process, and open62541's table once: the number stays. */
        hidden_ids[i] = id->identifier.numeric;
        *id = UA_NODEID_NUMERIC(NOBODYS_NAMESPACE, hidden_ids[i]);
    }
}

void osm_raw_types_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* clients of the library have threads */

    (void)pthread_once(&once, hide_types);
}

/* --- looking up ---------------------------------------------------------------------------- */

static struct {
    struct known {
        uint32_t id; /* of the binary encoding, in namespace 0 */
        const UA_DataType *type;
    } list[UA_TYPES_COUNT];
    size_t count;
} known_types; /* sorted */

static int by_id(const void *a, const void *b)
{
    const struct known *one = a, *other = b;

    return (one->id > other->id) - (one->id < other->id);
}

static void fill_known_types(void)
{
    for (size_t i = 0; i < UA_TYPES_COUNT; i++) {
        uint32_t shown = UA_TYPES[i].binaryEncodingId.identifier.numeric;
        uint32_t id = hidden_ids[i] ? hidden_ids[i] : shown;

        if (UA_TYPES[i].typeKind >= UA_DATATYPEKIND_STRUCTURE && id)
            known_types.list[known_types.count++] = (struct known){id, &UA_TYPES[i]};
    }
    qsort(known_types.list, known_types.count, sizeof(known_types.list[0]), by_id);
}

const UA_DataType *osm_raw_types_find(const UA_NodeId *encoding_id)
{
    static pthread_once_t filled = PTHREAD_ONCE_INIT;
    const struct known key = {.id = encoding_id->identifier.numeric}, *found;

    if (encoding_id->namespaceIndex || encoding_id->identifierType != UA_NODEIDTYPE_NUMERIC)
        return NULL;
    (void)pthread_once(&filled, fill_known_types);
    found = bsearch(&key, known_types.list, known_types.count, sizeof(key), by_id);
    return found ? found->type : NULL;
}

const UA_DataType *osm_raw_types_decoded(const UA_NodeId *encoding_id)
{
    const UA_DataType *type = osm_raw_types_find(encoding_id);

    return type && !type->binaryEncodingId.namespaceIndex ? type : NULL;
}
