/* SPDX-License-Identifier: MIT */
/* Copies of texts; see str.h. */
#include "util/str.h"

#include <string.h>

#include "util/alloc.h"

char *osm_strndup(const char *text, size_t length)
{
    char *copy = osm_alloc(length + 1);

    if (length) /* an empty text may be none at all */
        memcpy(copy, text, length);
    return copy;
}

char *osm_strdup(const char *text)
{
    return osm_strndup(text, strlen(text));
}
