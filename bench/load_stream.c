/* SPDX-License-Identifier: MIT */
/*
 * A stream of events, counted. Lines of any other kind than the expected text end the program;
 * only StreamGap may come between them and is not counted, nor is what it says was left out.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "socket.h"

#define ROOM ((size_t)4 << 20)

struct lines {
    char *data;
    size_t length;
};

/* Counts the whole lines and keeps what is left of the last one. */
static bool count_lines(struct bench_load *load, struct lines *lines)
{
    char *line = lines->data, *end;
    size_t left = lines->length;
    bool running = true;

    while (running && (end = memchr(line, '\n', left))) {
        size_t length = (size_t)(end - line);

        if (!memmem(line, length, "\"StreamGap\"", 11)) {
            bench_expect(line, length, load->expect);
            running = bench_run_count(&load->run, bench_now());
        }
        left -= length + 1;
        line = end + 1;
    }
    memmove(lines->data, line, left);
    lines->length = left;
    return running;
}

void bench_load_stream(struct bench_load *load)
{
    struct lines lines = {.data = malloc(ROOM)};
    int fd = bench_connect();
    ssize_t got;

    if (!lines.data)
        bench_die("out of memory");
    bench_send(fd, "{\"id\":1,", 8);
    bench_send(fd, load->line, strlen(load->line));
    bench_send(fd, "\n", 1);
    lines.length = bench_receive_line(fd, lines.data, ROOM);
    bench_expect(lines.data, lines.length, "\"success\":true");
    lines.length = 0;
    bench_run_start(&load->run, load->seconds);
    do {
        got = read(fd, lines.data + lines.length, ROOM - lines.length);
        if (got <= 0)
            bench_die("the stream ended");
        lines.length += (size_t)got;
    } while (count_lines(load, &lines));
    close(fd);
    free(lines.data);
}
