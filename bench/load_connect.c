/* SPDX-License-Identifier: MIT */
/* One connection per request, as PHP callers do it: connect, send, receive, close. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "socket.h"

struct caller {
    int fd;
    uint64_t began;
};

static void start(struct caller *caller, const char *line, size_t length)
{
    caller->began = bench_now();
    caller->fd = bench_connect();
    bench_send(caller->fd, line, length);
}

static void finish(struct caller *caller, const struct bench_load *load, char *reply)
{
    size_t length = bench_receive_line(caller->fd, reply, BENCH_REPLY);

    bench_expect(reply, length, load->expect);
    close(caller->fd);
}

void bench_load_connect(struct bench_load *load)
{
    struct caller *callers = calloc(load->callers, sizeof(*callers));
    size_t length = strlen(load->line) + 1;
    char *line = malloc(length + 1), *reply = malloc(BENCH_REPLY);
    bool running = true;

    if (!callers || !line || !reply)
        bench_die("out of memory");
    (void)snprintf(line, length + 1, "%s\n", load->line);
    bench_run_start(&load->run, load->seconds);
    for (unsigned i = 0; i < load->callers; i++)
        start(&callers[i], line, length);
    for (unsigned i = 0; running; i = (i + 1) % load->callers) {
        finish(&callers[i], load, reply);
        running = bench_run_count(&load->run, callers[i].began);
        start(&callers[i], line, length);
    }
    for (unsigned i = 0; i < load->callers; i++)
        finish(&callers[i], load, reply);
    free(callers);
    free(line);
    free(reply);
}
