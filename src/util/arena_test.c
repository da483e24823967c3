/* SPDX-License-Identifier: MIT */
/* The arena: alignment, zeroing, stability of pointers, growth in place, reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/arena.h"

#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
    static struct osm_arena arena;

    osm_arena_init(&arena);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    osm_arena_deinit(*state);
    return 0;
}

static void test_memory_is_zeroed_and_aligned(void **state)
{
    struct osm_arena *arena = *state;

    for (size_t size = 0; size < 200; size++) {
        unsigned char *memory = osm_arena_alloc(arena, size);

        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xAA, size);
    }
}

static void test_zeroed_again_after_reset(void **state)
{
    struct osm_arena *arena = *state;
    char *first = osm_arena_alloc(arena, 64);
    char *again;

    memset(first, 'x', 64);
    osm_arena_reset(arena);
    assert_int_equal(arena->used, 0);
    again = osm_arena_alloc(arena, 64);
    assert_ptr_equal(first, again); /* the first chunk is kept */
    assert_int_equal(again[0], 0);
    assert_int_equal(again[63], 0);
}

static void test_pointers_stay_in_place(void **state)
{
    enum { COUNT = 5000 };
    struct osm_arena *arena = *state;
    static int *numbers[COUNT];

    for (int i = 0; i < COUNT; i++) {
        numbers[i] = osm_arena_alloc(arena, sizeof(int) + (size_t)(i % 97));
        *numbers[i] = i;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(*numbers[i], i);
}

static void test_larger_than_any_chunk(void **state)
{
    struct osm_arena *arena = *state;
    size_t size = (size_t)3 << 20;
    char *memory = osm_arena_alloc(arena, size);

    memory[0] = memory[size - 1] = 1;
    assert_true(arena->used >= size);
    osm_arena_reset(arena);
    assert_non_null(osm_arena_alloc(arena, 1));
}

static void test_grow_in_place_only_for_the_newest(void **state)
{
    struct osm_arena *arena = *state;
    char *text = osm_arena_text(arena, "abc", 3);
    char *grown = osm_arena_grow(arena, text, 4, 100);
    char *moved;

    assert_ptr_equal(grown, text);
    osm_arena_alloc(arena, 1);
    moved = osm_arena_grow(arena, grown, 100, 1000);
    assert_ptr_not_equal(moved, grown);
    assert_string_equal(moved, "abc");
    assert_ptr_equal(osm_arena_grow(arena, moved, 1000, 10), moved);
    assert_non_null(osm_arena_grow(arena, NULL, 0, 10));
}

static void test_grow_across_chunks_keeps_content(void **state)
{
    struct osm_arena *arena = *state;
    size_t size = 16;
    unsigned char *data = osm_arena_alloc(arena, size);

    for (size_t i = 0; i < size; i++)
        data[i] = (unsigned char)i;
    while (size < (size_t)1 << 18) {
        data = osm_arena_grow(arena, data, size, 2 * size);
        for (size_t i = size; i < 2 * size; i++)
            data[i] = (unsigned char)i;
        size *= 2;
    }
    for (size_t i = 0; i < size; i++)
        assert_int_equal(data[i], (unsigned char)i);
}

static void test_text_and_printf(void **state)
{
    struct osm_arena *arena = *state;

    assert_string_equal(osm_arena_text(arena, "abcdef", 3), "abc");
    assert_string_equal(osm_arena_text(arena, "", 0), "");
    assert_string_equal(osm_arena_printf(arena, "%s=%d", "x", 42), "x=42");
    assert_string_equal(osm_arena_printf(arena, "%s", ""), "");
}

static void test_arrays(void **state)
{
    struct osm_arena *arena = *state;
    uint64_t *numbers = osm_arena_array(arena, 100, sizeof(*numbers));

    for (size_t i = 0; i < 100; i++)
        assert_true(numbers[i] == 0);
    assert_non_null(osm_arena_array(arena, 0, sizeof(*numbers)));
}

/* As much is moved as the list is long, however often it grows by one. */
static void test_room_for_one_more(void **state)
{
    struct osm_arena *arena = *state;
    uint64_t *list = osm_arena_room(arena, NULL, 0, sizeof(*list)), *before;
    unsigned moves = 0;

    for (size_t count = 0; count < 1000; count++) {
        before = list;
        list = osm_arena_room(arena, list, count, sizeof(*list));
        moves += list != before;
        list[count] = count * 7;
        (void)osm_arena_alloc(arena, 1); /* so that it is not the newest */
    }
    assert_in_range(moves, 1, 11);
    for (size_t i = 0; i < 1000; i++)
        assert_true(list[i] == i * 7);
}

#if defined(OSM_ARENA_GAPS)

static void test_what_writes_behind_its_own_is_noticed(void **state)
{
    struct osm_arena *arena = *state;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        char *text = osm_arena_alloc(arena, 5);

        (void)osm_arena_alloc(arena, 5);
        (void)close(STDERR_FILENO);
        text[5] = '\0';
        osm_arena_reset(arena);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_memory_is_zeroed_and_aligned),
        T(test_zeroed_again_after_reset),
        T(test_pointers_stay_in_place),
        T(test_larger_than_any_chunk),
        T(test_grow_in_place_only_for_the_newest),
        T(test_grow_across_chunks_keeps_content),
        T(test_text_and_printf),
        T(test_arrays),
        T(test_room_for_one_more),
#if defined(OSM_ARENA_GAPS)
        T(test_what_writes_behind_its_own_is_noticed),
#endif
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
