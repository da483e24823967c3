/* SPDX-License-Identifier: MIT */
/* See stack_error.h. */
#include "rim/ua/stack_error.h"

#include <stdarg.h>

bool osm_stack_error_set(struct osm_stack_error *error, enum osm_stack_origin origin,
                         enum osm_fault_type type, UA_StatusCode status, const char *format, ...)
{
    va_list args;

    osm_assert(origin != OSM_ORIGIN_NONE);
    if (osm_stack_error_is_set(error))
        return false;
    error->origin = origin;
    error->type = type;
    error->status = status;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    return false;
}
