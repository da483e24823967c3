/* SPDX-License-Identifier: MIT */
#ifndef OSM_BENCH_SOCKET_H
#define OSM_BENCH_SOCKET_H
/* Blocking Unix sockets and lines on them. Whatever fails ends the program with a message. */
#include <stddef.h>

/* Sets the socket all connections go to. */
void bench_socket_path(const char *path);
int bench_connect(void);
void bench_send(int fd, const char *text, size_t length);
/* Reads up to and including a '\n'; the line ends at out[length]. */
size_t bench_receive_line(int fd, char *out, size_t size);
/* Ends the program unless the first bytes of a reply contain the text. */
void bench_expect(const char *reply, size_t length, const char *expected);
void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
