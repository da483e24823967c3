/* SPDX-License-Identifier: MIT */
/* A session that is opened for one value: from the first connect to that value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "socket.h"

#define ROOM ((size_t)4096)
#define ID_KEY "\"sessionId\":\""

/* Sends one line on a connection of its own; the reply stays in `reply`. */
static void ask(const struct bench_load *load, const char *line, int length, char *reply)
{
    int fd = bench_connect();
    size_t got;

    if (length < 0 || (size_t)length >= ROOM)
        bench_die("the request is too long");
    bench_send(fd, line, (size_t)length);
    got = bench_receive_line(fd, reply, BENCH_REPLY - 1);
    reply[got] = '\0';
    bench_expect(reply, got, load->expect);
    close(fd);
}

static const char *session_of(char *reply)
{
    char *id = strstr(reply, ID_KEY), *end;

    if (!id || !(end = strchr(id + strlen(ID_KEY), '"')))
        bench_die("no session: %s", reply);
    *end = '\0';
    return id + strlen(ID_KEY);
}

void bench_load_cold(struct bench_load *load, const char *endpoint_url)
{
    char *reply = malloc(BENCH_REPLY), line[ROOM], session[ROOM];
    bool running = true;

    if (!reply)
        bench_die("out of memory");
    bench_run_start(&load->run, load->seconds);
    while (running) {
        uint64_t began = bench_now();

        ask(load, line,
            snprintf(line, sizeof(line),
                     "{\"command\":\"open\",\"endpointUrl\":\"%s\",\"config\":[],"
                     "\"forceNew\":true}\n",
                     endpoint_url),
            reply);
        (void)snprintf(session, sizeof(session), "%.*s", 64, session_of(reply));
        ask(load, line,
            snprintf(line, sizeof(line), "{\"sessionId\":\"%s\",%s\n", session, load->line), reply);
        running = bench_run_count(&load->run, began);
        ask(load, line,
            snprintf(line, sizeof(line), "{\"command\":\"close\",\"sessionId\":\"%s\"}\n", session),
            reply);
    }
    free(reply);
}
