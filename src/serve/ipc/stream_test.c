/* SPDX-License-Identifier: MIT */
/* Lines of streams: their way to the caller, its bounds, and what streams change (output.c). */
#include "testing/testing_ipc.h"

#include "serve/ipc/ipc_internal.h"

/* What is shared and at least as large is not copied. */
#define LARGE ((size_t)64 * 1024)

struct stream {
    struct osm_push_user user;
    unsigned rooms, ends;
};

static struct stream *stream_of(struct osm_push_user *user)
{
    return osm_container_of(user, struct stream, user);
}

static void note_room(struct osm_push_user *user)
{
    stream_of(user)->rooms++;
}

static void note_gone(struct osm_push_user *user)
{
    stream_of(user)->ends++;
}

/* A persistent caller, and a stream to him. */
static int begin_stream(struct stream *stream)
{
    int fd = test_ipc_dial();

    *stream = (struct stream){.user = {.room = note_room, .gone = note_gone}};
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_line(fd, PONG_ID("1"));
    osm_push_join(&test_ipc.server->open->channel, &stream->user);
    return fd;
}

static void end_stream(int fd, struct stream *stream)
{
    close(fd);
    test_ipc_wait_until(stream->ends == 1);
}

static void push_parts(struct stream *stream, const struct osm_rope_part *parts, size_t count)
{
    struct osm_push *channel = stream->user.channel;

    channel->ops->push(channel, parts, count);
}

static void push_text(struct stream *stream, const char *text)
{
    push_parts(stream, &(struct osm_rope_part){.data = text, .length = strlen(text)}, 1);
}

static bool has_room(struct stream *stream)
{
    return stream->user.channel->ops->has_room(stream->user.channel);
}

static struct osm_shared_text *shared_text(size_t length)
{
    struct osm_buf bytes = {0};

    memset(osm_buf_reserve(&bytes, length), 's', length);
    bytes.length = length;
    return osm_rope_text_new(&bytes);
}

/* "<begin>sss…s<end>\n" with so many of the shared text. */
static void push_around(struct stream *stream, char begin, struct osm_shared_text *text, char end)
{
    char tail[] = {end, '\n'};
    const struct osm_rope_part parts[] = {
        {.data = &begin, .length = 1},
        {.data = text->bytes.data, .length = text->bytes.length, .shared = text},
        {.data = tail, .length = 2}};

    push_parts(stream, parts, OSM_ARRAY_SIZE(parts));
}

static void expect_around(int fd, char begin, size_t length, char end)
{
    const char *line = test_ipc_read_line(fd);

    assert_int_equal(strlen(line), length + 2);
    assert_int_equal(line[0], begin);
    assert_int_equal(strspn(line + 1, "s"), length);
    assert_int_equal(line[length + 1], end);
}

static void test_large_shared_texts_are_not_copied(void **state)
{
    struct osm_shared_text *large = shared_text(LARGE), *small = shared_text(LARGE - 1);
    struct stream stream;
    int fd;

    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    push_around(&stream, 'a', large, 'b');
    push_around(&stream, 'c', small, 'd');
    push_text(&stream, "between\n");
    push_around(&stream, 'e', large, 'f');
    assert_int_equal(large->references, 3);
    assert_int_equal(small->references, 1);
    assert_int_equal(test_ipc.stats->pushed, 4);
    assert_int_equal(test_ipc.stats->unsent_bytes, 2 * LARGE + LARGE - 1 + 3 * 3 + 8);
    expect_around(fd, 'a', LARGE, 'b');
    expect_around(fd, 'c', LARGE - 1, 'd');
    test_ipc_expect_line(fd, "between");
    expect_around(fd, 'e', LARGE, 'f');
    test_ipc_send_text(fd, "{\"command\":\"big\",\"id\":1,\"bytes\":100000}\n");
    assert_true(strlen(test_ipc_read_line(fd)) > 100000);
    assert_int_equal(large->references, 1);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    osm_rope_text_leave(large);
    osm_rope_text_leave(small);
    end_stream(fd, &stream);
}

static void test_replies_and_lines_keep_their_order(void **state)
{
    struct osm_shared_text *text = shared_text(300000);
    struct stream stream;
    int fd;

    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"id\":1,\"name\":\"x\"}\n"
                           "{\"command\":\"hold\",\"id\":2,\"name\":\"y\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 2);
    push_around(&stream, 'a', text, 'b');
    test_ipc_answer_held("x");
    push_around(&stream, 'c', text, 'd');
    test_ipc_answer_held("y");
    push_text(&stream, "last\n");
    expect_around(fd, 'a', 300000, 'b');
    test_ipc_expect_line(fd, HELD_ID("1", "x"));
    expect_around(fd, 'c', 300000, 'd');
    test_ipc_expect_line(fd, HELD_ID("2", "y"));
    test_ipc_expect_line(fd, "last");
    assert_int_equal(test_ipc.stats->replies, 3);
    osm_rope_text_leave(text);
    end_stream(fd, &stream);
}

/* Who has gone holds nothing. */
static void test_what_is_not_taken_is_left(void **state)
{
    struct osm_shared_text *text = shared_text(4000000);
    struct stream stream;
    int fd;

    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    push_around(&stream, 'a', text, 'b');
    push_around(&stream, 'c', text, 'd');
    for (int i = 0; i < 10; i++)
        test_ipc_turn(-1, 0);
    assert_true(test_ipc.stats->unsent_bytes > 4000000);
    assert_int_equal(text->references, 3);
    end_stream(fd, &stream);
    test_ipc_wait_until(text->references == 1);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    assert_int_equal(stream.rooms, 0);
    osm_rope_text_leave(text);
}

/* A stream has room below the bound, and is told when half of it is free again. */
static void test_room(void **state)
{
    static char line[OSM_IPC_PUSH_BYTES];
    struct stream stream;
    int fd, size = 4096;

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    assert_int_equal(
        setsockopt(test_ipc.server->open->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    push_text(&stream, line);
    assert_true(has_room(&stream)); /* one byte below */
    push_text(&stream, "\n");
    assert_false(has_room(&stream));
    for (int i = 0; i < 10; i++)
        test_ipc_turn(-1, 0);
    push_text(&stream, line);
    push_text(&stream, line);
    assert_false(has_room(&stream));
    stream.user.channel->awaited = true;
    for (int i = 0; i < 10; i++)
        test_ipc_turn(-1, 0);
    assert_int_equal(stream.rooms, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(strlen(test_ipc_read_line(fd)), i == 1 ? 0 : sizeof(line) - 2);
    test_ipc_wait_until(stream.rooms == 1);
    assert_false(stream.user.channel->awaited);
    push_text(&stream, "more\n"); /* nobody waits: nobody is told */
    test_ipc_expect_line(fd, "more");
    assert_int_equal(stream.rooms, 1);
    end_stream(fd, &stream);
}

/* Streams may be silent, and whoever reads them slowly costs a bounded buffer: no deadline ends
 * the connection. */
static void test_streams_have_no_deadline(void **state)
{
    struct osm_connection *connection;
    struct stream stream;
    int fd, other;

    test_ipc.config.idle_timeout = 400;
    test_ipc.config.stall_timeout = 400;
    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    connection = test_ipc.server->open;
    push_text(&stream, "line\n");
    test_ipc_expect_line(fd, "line");
    test_ipc_wait_until(!connection->deadline.list);
    other = test_ipc_dial();
    test_ipc_send_text(other, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_line(other, PONG_ID("1"));
    test_ipc_expect_line(other, ""); /* idle, without stream */
    assert_int_equal(test_ipc.stats->idle_timeouts, 1);
    assert_int_equal(stream.ends, 0);
    osm_push_leave(&stream.user);
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_line(fd, PONG_ID("1"));
    test_ipc_expect_line(fd, "");
    assert_int_equal(test_ipc.stats->idle_timeouts, 2);
    close(fd);
    close(other);
}

/* Who shuts down his side may still want the lines; who leaves does not. */
static void test_streams_outlive_a_half_close(void **state)
{
    struct stream stream;
    int fd;

    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    shutdown(fd, SHUT_WR);
    test_ipc_wait_until(test_ipc.server->open->eof);
    push_text(&stream, "line\n");
    test_ipc_expect_line(fd, "line");
    for (int i = 0; i < 20; i++)
        test_ipc_turn(-1, 0);
    assert_false(test_ipc_loop_has_events());
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    end_stream(fd, &stream);
    assert_int_equal(test_ipc.stats->persistent_open, 0);
}

/* While the server closes, what is owed goes out and nothing comes behind it. */
static void test_closing_ends_streams(void **state)
{
    struct osm_shared_text *text = shared_text(4000000);
    struct stream stream;
    int fd;

    test_ipc.config.close_timeout = 60000;
    test_ipc_start_server(NULL);
    fd = begin_stream(&stream);
    push_text(&stream, "first\n");
    push_around(&stream, 'a', text, 'b');
    osm_ipc_server_close(test_ipc.server, test_ipc_closed, &test_ipc);
    assert_false(has_room(&stream));
    test_ipc_expect_line(fd, "first");
    expect_around(fd, 'a', 4000000, 'b');
    test_ipc_expect_line(fd, "");
    assert_int_equal(stream.ends, 1);
    test_ipc_wait_until(test_ipc.closed);
    test_ipc.server = osm_ipc_server_free(test_ipc.server);
    assert_int_equal(text->references, 1);
    osm_rope_text_leave(text);
    close(fd);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_large_shared_texts_are_not_copied),
        TEST(test_replies_and_lines_keep_their_order),
        TEST(test_what_is_not_taken_is_left),
        TEST(test_room),
        TEST(test_streams_have_no_deadline),
        TEST(test_streams_outlive_a_half_close),
        TEST(test_closing_ends_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
