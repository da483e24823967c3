/* SPDX-License-Identifier: MIT */
/* console (extensions.md §12): the lines are understood above this floor (src/admin). */
#include "core/manager/admin_source.h"
#include "serve/command/command_internal.h"

void osm_command_console(struct osm_manager *manager, struct osm_request *request)
{
    const struct osm_admin_source *admin = osm_manager_admin(manager);

    if (admin->run)
        admin->run(admin->context, request);
    else
        osm_request_failf(request, OSM_FAULT_UNKNOWN_COMMAND, "Unknown command: console");
}
