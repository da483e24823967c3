/* SPDX-License-Identifier: MIT */
/* Cells are apart, come again, and their slabs go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/slab.h"

#define MANY (3 * OSM_SLAB_CELLS + 1) /* four slabs */
#define SLAB (OSM_SLAB_CELL * OSM_SLAB_CELLS)

struct cell {
    struct osm_slab *home;
    char *memory;
};

static struct cell cells[MANY];

/* Under a sanitizer there are none. */
static void begin(size_t spare)
{
    struct osm_slab *home;
    void *cell;

    osm_slab_begin(spare);
    cell = osm_slab_take(&home);
    if (!cell)
        skip();
    osm_slab_give(home, cell);
}

static void take_all(void)
{
    for (size_t i = 0; i < MANY; i++) {
        cells[i].memory = osm_slab_take(&cells[i].home);
        assert_non_null(cells[i].memory);
        assert_non_null(cells[i].home);
        memset(cells[i].memory, (int)i, OSM_SLAB_CELL);
    }
}

static void give_all(void)
{
    for (size_t i = 0; i < MANY; i++) {
        size_t k = i * 5 % MANY; /* in another order */

        for (size_t at = 0; at < OSM_SLAB_CELL; at++)
            assert_int_equal(cells[k].memory[at], (char)k);
        osm_slab_give(cells[k].home, cells[k].memory);
    }
}

static void test_none_before_it_begins(void **state)
{
    struct osm_slab *home = (struct osm_slab *)cells;

    (void)state;
    assert_null(osm_slab_take(&home));
    assert_null(home);
    assert_int_equal(osm_slab_trim(), 0);
}

static void test_spares_are_kept_and_trimmed(void **state)
{
    size_t before;

    (void)state;
    begin(2);
    before = osm_slab_moves();
    take_all();
    assert_int_equal(osm_slab_moves(), before + MANY);
    assert_int_equal(osm_slab_trim(), 0); /* all are used */
    give_all();
    assert_int_equal(osm_slab_moves(), before + MANY + MANY);
    assert_int_equal(osm_slab_trim(), 2 * SLAB); /* the others went at once */
    assert_int_equal(osm_slab_trim(), 0);
    take_all();
    give_all();
    take_all(); /* out of spare ones as well */
    give_all();
    assert_int_equal(osm_slab_trim(), 2 * SLAB);
}

static void test_a_cell_comes_again(void **state)
{
    struct osm_slab *home, *again;
    char *cell, *other;

    (void)state;
    begin(1);
    cell = osm_slab_take(&home);
    osm_slab_give(home, cell);
    other = osm_slab_take(&again);
    assert_ptr_equal(cell, other);
    assert_ptr_equal(home, again);
    osm_slab_give(again, other);
    assert_int_equal(osm_slab_trim(), SLAB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_before_it_begins), /* the first one */
        cmocka_unit_test(test_spares_are_kept_and_trimmed),
        cmocka_unit_test(test_a_cell_comes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
