/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_STORE_H
#define OSM_TESTING_TESTING_STORE_H
/*
 * For tests: a store that is a list in memory. It outlives the stores that are opened on it, as a
 * disk does, until test_store_wipe().
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <utlist.h>

#include "port/store_ops.h"
#include "util/alloc.h"

struct test_store_entry {
    uint8_t *subject, *rest, *value;
    size_t subject_length, rest_length, length;
    int64_t expires;
    struct test_store_entry *prev, *next;
};

struct test_store_disk {
    struct test_store_entry *entries;
    bool fails; /* everything, with -EIO */
    bool fails_to_commit;
    unsigned commits; /* so far */
};

extern struct test_store_disk test_store_disk;
void test_store_wipe(void);
extern const struct osm_store_ops test_store_ops;

#endif
