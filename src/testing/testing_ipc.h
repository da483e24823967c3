/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_IPC_H
#define OSM_TESTING_TESTING_IPC_H
/*
 * For tests of serve/ipc: a real server on a real socket in a loop that the test turns, callers
 * with plain sockets, and in place of the commands (osm_command_dispatch is defined here):
 *
 *   ping          answers at once: "pong"
 *   hold          answers when the test says so (test_ipc_answer_held): its name, or `bytes` bytes
 *   big           answers at once with `bytes` bytes of text
 *   busy          answers at once, TEST_IPC_BUSY microseconds later
 *
 * Nothing sleeps: every wait turns the loop until its condition holds, or fails after ten
 * seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/command/command.h"
#include "serve/ipc/server.h"
#include "util/alloc.h"
#include "util/log.h"

#define TEST_IPC_PATIENCE ((osm_msec)60000)
#define TEST_IPC_BUSY 200

struct test_ipc {
    char folder[32];
    uv_loop_t loop;
    struct osm_ipc_config config;
    struct osm_address endpoint;
    struct osm_ipc_server *server;
    const struct osm_ipc_stats *stats;
    struct osm_request *held[1024];
    size_t n_held, n_abandoned;
    bool closed;
};

extern struct test_ipc test_ipc;

/* --- the commands --------------------------------------------------------------------------- */

/* Answers the held request of that name. */
void test_ipc_answer_held(const char *name);

void test_ipc_answer_all_held(void);

/* --- the loop ------------------------------------------------------------------------------- */

void test_ipc_turn(int fd, short events);

/* Whether the next turn would find something to do. */
bool test_ipc_loop_has_events(void);

/* Turns the loop until the condition holds. */
#define test_ipc_wait_until(condition)                                                             \
    do {                                                                                           \
        osm_msec end_ = osm_clock_now(osm_clock_system()) + TEST_IPC_PATIENCE;                     \
        while (!(condition)) {                                                                     \
            if (osm_clock_now(osm_clock_system()) > end_)                                          \
                fail_msg("waited in vain for: %s", #condition);                                    \
            test_ipc_turn(-1, 0);                                                                  \
        }                                                                                          \
    } while (0)

/* --- callers -------------------------------------------------------------------------------- */

int test_ipc_dial(void);

/* Sends all of it, turning the loop; false when the other side does not want it any more. */
bool test_ipc_try_send(int fd, const char *data, size_t size);

void test_ipc_send_bytes(int fd, const char *data, size_t size);
void test_ipc_send_text(int fd, const char *text);

/* One line, byte by byte so that the next one stays in the socket; "" at the end of input,
 * "RESET" if the connection was reset. */
const char *test_ipc_read_line(int fd);

void test_ipc_expect_line(int fd, const char *expected);

#define PONG "{\"success\":true,\"data\":\"pong\"}"
#define PONG_ID(id) "{\"id\":" id ",\"success\":true,\"data\":\"pong\"}"
#define HELD_ID(id, name) "{\"id\":" id ",\"success\":true,\"data\":\"" name "\"}"
#define ERROR(type, message)                                                                       \
    "{\"success\":false,\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"}}"
#define ERROR_ID(id, type, message)                                                                \
    "{\"id\":" id ",\"success\":false,\"error\":{\"type\":\"" type "\",\"message\":\"" message     \
    "\"}}"

/* A reply, then the end. */
void test_ipc_expect_last_line(int fd, const char *expected);

/* --- set-up --------------------------------------------------------------------------------- */

/* Starts a server as test_ipc.config says; endpoint NULL = a fresh Unix socket. */
void test_ipc_start_server(const char *endpoint);

int test_ipc_setup(void **state);
void test_ipc_stop_server(void);

/* For osm_ipc_server_close; context is &test_ipc. */
void test_ipc_closed(void *context);

int test_ipc_teardown(void **state);

#endif
