/* SPDX-License-Identifier: MIT */
/* See context.h. */
#include "wire/value/context.h"

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "util/macros.h"
#include "wire/text/names_table.h"
#include "wire/value/type_registry.h"

struct osm_wire_context osm_wire_context_keep(const struct osm_wire_context *from)
{
    struct osm_wire_context kept = *from;

    kept.namespaces_table = NULL;
    if (from->namespaces_size &&
        UA_Array_copy(from->namespaces, from->namespaces_size, (void **)(uintptr_t)&kept.namespaces,
                      &UA_TYPES[UA_TYPES_STRING]) != UA_STATUSCODE_GOOD)
        osm_alloc_failed(from->namespaces_size * sizeof(*from->namespaces));
    kept.data_type = NULL; /* for writing only */
    if (from->structure == osm_type_registry_find) {
        kept.structure = osm_type_registry_find_shared;
        kept.structures = osm_type_registry_share(from->structures);
    }
    return kept;
}

void osm_wire_context_prepare(struct osm_wire_context *context)
{
    if (context->namespaces_size)
        context->namespaces_table =
            osm_names_table_new(context->namespaces, context->namespaces_size);
}

void osm_wire_context_release(struct osm_wire_context *context)
{
    if (context->structure == osm_type_registry_find_shared)
        osm_type_registry_free(context->structures);
    if (context->namespaces_size)
        UA_Array_delete((void *)(uintptr_t)context->namespaces, context->namespaces_size,
                        &UA_TYPES[UA_TYPES_STRING]);
    osm_names_table_free((struct osm_names_table *)(uintptr_t)context->namespaces_table);
    *context = (struct osm_wire_context){0};
}
