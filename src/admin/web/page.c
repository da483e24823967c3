/* SPDX-License-Identifier: MIT */
/* See page.h. */
#include "admin/web/page.h"

#include <string.h>

const struct osm_page_file *osm_page_find(const char *name)
{
    for (const struct osm_page_file *file = osm_page_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}
