/* SPDX-License-Identifier: MIT */
/*
 * One connection that stays, requests with ids, several under way (extensions: persistent mode).
 * For every reply that has come a new request goes out; those of one read leave with one send.
 * Times are taken in order: reply n belongs to request n, which holds for what answers at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "socket.h"

struct stream {
    struct bench_load *load;
    int fd;
    uint64_t next_id;
    uint64_t oldest;  /* id the next reply belongs to */
    uint64_t *began;  /* by id modulo callers */
    char *out;        /* requests to be sent together */
    size_t line_size; /* room of one */
    char *in;
    size_t in_length;
    bool running;
};

static void send_requests(struct stream *stream, unsigned count)
{
    uint64_t now = bench_now();
    size_t length = 0;

    for (unsigned i = 0; i < count; i++) {
        uint64_t id = stream->next_id++;

        stream->began[id % stream->load->callers] = now;
        length += (size_t)snprintf(stream->out + length, stream->line_size, "{\"id\":%llu,%s\n",
                                   (unsigned long long)id, stream->load->line);
    }
    bench_send(stream->fd, stream->out, length);
}

/* Counts the complete replies and keeps the incomplete one. */
static unsigned take_replies(struct stream *stream, size_t fresh)
{
    char *at = stream->in, *from = stream->in + stream->in_length - fresh;
    char *end = stream->in + stream->in_length, *newline;
    unsigned count = 0;

    while ((newline = memchr(from, '\n', (size_t)(end - from)))) {
        bench_expect(at, (size_t)(newline - at), stream->load->expect);
        if (!bench_run_count(&stream->load->run,
                             stream->began[stream->oldest++ % stream->load->callers]))
            stream->running = false;
        at = from = newline + 1;
        count++;
    }
    stream->in_length = (size_t)(end - at);
    memmove(stream->in, at, stream->in_length);
    return count;
}

static unsigned receive(struct stream *stream)
{
    ssize_t got =
        recv(stream->fd, stream->in + stream->in_length, BENCH_REPLY - stream->in_length, 0);

    if (got <= 0)
        bench_die("the connection ended, or a reply is longer than %zu bytes", BENCH_REPLY);
    stream->in_length += (size_t)got;
    return take_replies(stream, (size_t)got);
}

void bench_load_persistent(struct bench_load *load)
{
    struct stream stream = {.load = load, .fd = bench_connect(), .running = true};
    unsigned answered;

    stream.line_size = strlen(load->line) + 40;
    stream.began = calloc(load->callers, sizeof(*stream.began));
    stream.out = malloc(stream.line_size * load->callers);
    stream.in = malloc(BENCH_REPLY);
    if (!stream.began || !stream.out || !stream.in)
        bench_die("out of memory");
    bench_run_start(&load->run, load->seconds);
    send_requests(&stream, load->callers);
    while (stream.running) {
        answered = receive(&stream);
        if (answered)
            send_requests(&stream, answered);
    }
    while (stream.oldest < stream.next_id)
        (void)receive(&stream);
    close(stream.fd);
    free(stream.began);
    free(stream.out);
    free(stream.in);
}
