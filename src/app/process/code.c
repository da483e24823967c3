/* SPDX-License-Identifier: MIT */
/*
 * Loads the libraries that libc would load when they are first needed, before no code can be
 * mapped any more (seccomp.c): those of the name service that /etc/nsswitch.conf names for hosts,
 * users and groups, and the one threads are ended with. What is not installed is not missed.
 */
#include "app/process/sandbox.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

#define CONFIGURATION "/etc/nsswitch.conf"

static void load(const char *name)
{
    /* cppcheck-suppress leakReturnValNotUsed ; it stays */
    (void)dlopen(name, RTLD_NOW | RTLD_NODELETE);
}

/* `hosts: files mymachines [NOTFOUND=return] dns`: a library for each word. */
static void load_services(char *line)
{
    char *rest = NULL;

    for (char *word = strtok_r(line, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
        _cleanup_(osm_freep) char *name = NULL;

        if (*word == '[' || strchr(word, '/') || strchr(word, ']'))
            continue;
        if (*word == '#')
            return;
        name = osm_printf("libnss_%s.so.2", word);
        load(name);
    }
}

void osm_sandbox_load_code(void)
{
    static const char *const databases[] = {"hosts:", "passwd:", "group:"};
    FILE *file = fopen(CONFIGURATION, "re");
    char line[512];

    load("libgcc_s.so.1");
    while (file && fgets(line, sizeof(line), file))
        for (size_t i = 0; i < OSM_ARRAY_SIZE(databases); i++)
            if (strncmp(line, databases[i], strlen(databases[i])) == 0)
                load_services(line + strlen(databases[i]));
    if (file)
        (void)fclose(file);
}
