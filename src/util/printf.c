/* SPDX-License-Identifier: MIT */
/* Printing into new memory; see printf.h. */
#include "util/printf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

char *osm_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        osm_alloc_failed(strlen(format));
    va_end(args);
    return text;
}
