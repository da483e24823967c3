/* SPDX-License-Identifier: MIT */
/*
 * osm-bench-load <socket> connect    <callers> <seconds> <expect> <line>
 * osm-bench-load <socket> persistent <callers> <seconds> <expect> <line>
 * osm-bench-load <socket> stream     <ignored> <seconds> <expect> <line>
 * osm-bench-load <socket> cold       <url>     <seconds> <expect> <line>
 *
 * Requests as fast as they are answered, always as many under way as there are callers, and the
 * times they took as key=value lines. `@<file>` reads the line from a file. It has to cost less
 * than what it measures, so the sockets block: `callers` of them wait in a ring, and while the
 * oldest is waited for, the replies of the others come in. No reply goes unchecked. `stream` asks
once and counts the lines that follow.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "socket.h"

#define MOST_CALLERS 10000

static char *line_of(const char *argument)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file;
    ssize_t length;

    if (argument[0] != '@')
        return strdup(argument);
    file = fopen(argument + 1, "re");
    if (!file)
        bench_die("cannot read %s", argument + 1);
    length = getline(&text, &size, file);
    (void)fclose(file);
    if (length <= 0)
        bench_die("%s is empty", argument + 1);
    if (text[length - 1] == '\n')
        text[length - 1] = '\0';
    return text;
}

int main(int argc, char **argv)
{
    struct bench_load *load = calloc(1, sizeof(*load));
    char *line;
    long callers;

    if (argc != 7)
        bench_die(
            "usage: %s <socket> connect|persistent|stream|cold <callers|url> <seconds> <expect> "
            "<line>",
            argv[0]);
    if (!load)
        bench_die("out of memory");
    bench_socket_path(argv[1]);
    callers = strtol(argv[3], NULL, 10);
    load->callers = (unsigned)callers;
    load->seconds = strtod(argv[4], NULL);
    load->expect = argv[5];
    load->line = line = line_of(argv[6]);
    if (!load->line || !(load->seconds > 0))
        bench_die("nothing to do");
    if (strcmp(argv[2], "cold") == 0)
        bench_load_cold(load, argv[3]);
    else if (strcmp(argv[2], "stream") == 0)
        bench_load_stream(load);
    else if (callers < 1 || callers > MOST_CALLERS)
        bench_die("1 to %d callers", MOST_CALLERS);
    else if (strcmp(argv[2], "connect") == 0)
        bench_load_connect(load);
    else
        bench_load_persistent(load);
    bench_run_print(&load->run);
    free(line);
    free(load);
    return 0;
}
