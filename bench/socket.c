/* SPDX-License-Identifier: MIT */
/* Lines over Unix sockets; see socket.h. */
#include "socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* How far into a reply its envelope may lie. */
#define BENCH_ENVELOPE ((size_t)64)

static struct sockaddr_un address = {.sun_family = AF_UNIX};

void bench_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}

void bench_socket_path(const char *path)
{
    if (strlen(path) >= sizeof(address.sun_path))
        bench_die("path too long: %s", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
}

int bench_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        bench_die("cannot connect to %s: %s", address.sun_path, strerror(errno));
    return fd;
}

void bench_send(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);

        if (sent < 0)
            bench_die("cannot send: %s", strerror(errno));
        text += sent;
        length -= (size_t)sent;
    }
}

size_t bench_receive_line(int fd, char *out, size_t size)
{
    size_t length = 0;

    for (;;) {
        ssize_t got = recv(fd, out + length, size - length, 0);

        if (got <= 0)
            bench_die("no reply: %s", got < 0 ? strerror(errno) : "connection closed");
        length += (size_t)got;
        if (out[length - 1] == '\n')
            return length;
        if (length == size)
            bench_die("a reply of more than %zu bytes", size);
    }
}

void bench_expect(const char *reply, size_t length, const char *expected)
{
    if (length > BENCH_ENVELOPE)
        length = BENCH_ENVELOPE;
    if (!memmem(reply, length, expected, strlen(expected)))
        bench_die("unexpected reply: %.*s", (int)length, reply);
}
