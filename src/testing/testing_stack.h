/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_STACK_H
#define OSM_TESTING_TESTING_STACK_H
/*
 * For tests of the client stack: a channel on a scripted stream, on a loop whose clock only
 * moves when nothing else is to do, so no machine is too slow. What the channel sends is read
 * message by message; what the server says is written by the test, in clear or sealed with the
 * server's half of the keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "rim/ua/message.h"
#include "rim/ua/secure_channel.h"
#include "testing/testing_loop.h"
#include "util/alloc.h"

struct test_script {
    struct osm_transport base;
    struct osm_buf out;
    uint64_t queued, written;
    size_t room; /* unsent bytes it takes */
    bool closed, paused;
};

struct test_stack {
    struct test_loop loop;
    struct osm_stack stack;
    struct test_script script;
    struct osm_secure_channel *channel;
    unsigned opened, closed, chunks;
    uint32_t last_request;
    char last_final;
    struct osm_buf last_body;
    struct osm_stack_error error;
    bool free_in_chunk;
    /* the server's side */
    uint32_t sequence, channel_id, token_id, request_id;
};

/* --- events -------------------------------------------------------------------------------- */

void test_stack_opened(void *context);
void test_closed(void *context, const struct osm_stack_error *error);
extern const struct osm_channel_events test_channel_events;
void test_stack_init(struct test_stack *test);

/* A channel whose stream is connected; it has said HEL. */
void test_stack_begin(struct test_stack *test, const struct osm_channel_config *config,
                      const struct osm_channel_events *events, void *context);

/* Lets a job of the channel come back, or if there is none the next timer fire. */
void test_stack_turn(struct test_stack *test);

#define TEST_TURNS 1000

/* Runs the loop until a counter has reached a value. */
void test_stack_until(struct test_stack *test, const unsigned *counter, unsigned value);

void test_stack_deinit(struct test_stack *test);

/* Setup and teardown of a test: a channel in clear that has said HEL. */
int test_stack_setup(void **state);
int test_stack_teardown(void **state);
/* It ends with that error, told at the end of a turn. */
void test_stack_ends(struct test_stack *test, enum osm_stack_origin origin,
                     enum osm_fault_type type, const char *text);

/* --- what the channel said ------------------------------------------------------------------ */

/* Takes the next message off what was sent into *message (owned). */
void test_sent(struct test_stack *test, const char *type, struct osm_buf *message);

/* Runs the loop until the channel has sent something. */
void test_until_sent(struct test_stack *test);

void test_nothing_sent(const struct test_stack *test);

/* --- what the server says ------------------------------------------------------------------- */

void test_say_u32(struct osm_buf *out, uint32_t value);
void test_say_bytes(struct osm_buf *out, const void *bytes, size_t length);

/* Gives the channel bytes, as one read brings them. */
void test_say(struct test_stack *test, const void *bytes, size_t length);

/* A message of the given type (four letters) around a body. */
void test_say_message(struct test_stack *test, const char *type, const void *body, size_t length);

void test_say_ack(struct test_stack *test, uint32_t receive, uint32_t message, uint32_t chunks);
void test_say_err(struct test_stack *test, uint32_t code, const char *reason);

/* A chunk in clear, with the server's present numbers. */
void test_say_chunk(struct test_stack *test, const char *type, const void *body, size_t length);

/* The plain part of an OPN response. */
void test_open_body(struct test_stack *test, uint32_t lifetime, const UA_ByteString *nonce,
                    UA_StatusCode result, struct osm_buf *out);

#define TEST_NONE_URI "http://opcfoundation.org/UA/SecurityPolicy#None"

/* OPN response in clear to the request that was taken last. */
void test_say_open(struct test_stack *test, uint32_t lifetime, UA_StatusCode result);

/* Takes the OPN request in clear and notes its request id. */
void test_take_open(struct test_stack *test);

/* HEL, ACK, OPN, all well, without limits but the given ones. */
void test_open_plain(struct test_stack *test, uint32_t receive, uint32_t message, uint32_t chunks);

struct osm_channel_config test_plain_config(void);

#endif
