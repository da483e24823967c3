/* SPDX-License-Identifier: MIT */
/* Allocation that aborts instead of failing; see alloc.h for why. */
#include "util/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(size_t size) __attribute__((noreturn));
static void out_of_memory(size_t size)
{
    fprintf(stderr, "opcua-session-manager: out of memory (%zu bytes)\n", size);
    abort();
}

void *osm_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        out_of_memory(size);
    return memory;
}

void *osm_realloc(void *memory, size_t size)
{
    void *moved = realloc(memory, size ? size : 1);

    if (!moved)
        out_of_memory(size);
    return moved;
}

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

char *osm_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        out_of_memory(strlen(format));
    va_end(args);
    return text;
}

void osm_wipe(void *memory, size_t size)
{
    if (memory && size)
        explicit_bzero(memory, size);
}

void osm_free_secret(char *text)
{
    if (text)
        osm_wipe(text, strlen(text));
    free(text);
}
