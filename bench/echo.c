/* SPDX-License-Identifier: MIT */
/*
 * osm-bench-echo <socket> close|keep
 *
 * The least a line server on libuv can do: sends every line back as it came. With `close` it
 * answers one line and closes, as the daemon does in its classic mode; with `keep` the connection
 * stays. No parser, no limits, no time-outs; all lines of one read are answered by one write.
 * What this costs is what sockets, kernel and libuv cost. Prints "ready" once it listens.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#define ECHO_BACKLOG 512
#define ECHO_INPUT ((size_t)65536)

/* A line that is not complete yet stays at the start of `text`. */
struct peer {
    uv_pipe_t pipe;
    size_t length;
    char text[ECHO_INPUT];
};

/* What the socket did not take at once. */
struct rest {
    uv_write_t request;
    char text[];
};

static bool one_line;
static char input[ECHO_INPUT];

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void hang_up(struct peer *peer)
{
    if (!uv_is_closing((uv_handle_t *)&peer->pipe))
        uv_close((uv_handle_t *)&peer->pipe, on_closed);
}

static void on_written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
}

static void answer(struct peer *peer, const char *text, size_t length)
{
    uv_buf_t all = uv_buf_init((char *)(size_t)text, (unsigned)length);
    int taken = uv_try_write((uv_stream_t *)&peer->pipe, &all, 1);
    struct rest *rest;

    if (taken == (int)length)
        return;
    taken = taken < 0 ? 0 : taken;
    rest = malloc(sizeof(*rest) + length);
    if (!rest)
        abort();
    rest->request.data = rest;
    memcpy(rest->text, text + taken, length - (size_t)taken);
    all = uv_buf_init(rest->text, (unsigned)(length - (size_t)taken));
    if (uv_write(&rest->request, (uv_stream_t *)&peer->pipe, &all, 1, on_written) < 0)
        free(rest);
}

static void give_input(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct peer *peer = handle->data;

    (void)suggested;
    if (peer->length)
        *buf = uv_buf_init(peer->text + peer->length, (unsigned)(ECHO_INPUT - peer->length));
    else
        *buf = uv_buf_init(input, (unsigned)sizeof(input));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct peer *peer = stream->data;
    const char *text = peer->length ? peer->text : buf->base;
    const char *newline;
    size_t length, lines;

    if (count < 0) {
        hang_up(peer);
        return;
    }
    length = peer->length + (size_t)count;
    newline = one_line ? memchr(text, '\n', length) : memrchr(text, '\n', length);
    lines = newline ? (size_t)(newline - text) + 1 : 0;
    if (lines)
        answer(peer, text, lines);
    if (lines && one_line) {
        hang_up(peer);
        return;
    }
    peer->length = length - lines;
    memmove(peer->text, text + lines, peer->length);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct peer *peer = malloc(sizeof(*peer));

    if (!peer || status < 0)
        abort();
    peer->length = 0;
    (void)uv_pipe_init(server->loop, &peer->pipe, 0);
    peer->pipe.data = peer;
    if (uv_accept(server, (uv_stream_t *)&peer->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&peer->pipe, give_input, on_read) < 0)
        hang_up(peer);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    uv_pipe_t server;

    if (argc != 3 || (strcmp(argv[2], "close") != 0 && strcmp(argv[2], "keep") != 0)) {
        fprintf(stderr, "usage: %s <socket> close|keep\n", argv[0]);
        return 2;
    }
    one_line = strcmp(argv[2], "close") == 0;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)uv_pipe_init(loop, &server, 0);
    if (uv_pipe_bind(&server, argv[1]) < 0 ||
        uv_listen((uv_stream_t *)&server, ECHO_BACKLOG, on_connection) < 0) {
        fprintf(stderr, "%s: cannot listen on %s\n", argv[0], argv[1]);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
