/* SPDX-License-Identifier: MIT */
/* The store that is a list in memory (testing_store.h). */
#include "testing/testing_store.h"

struct test_store_disk test_store_disk;

static void test_store_drop(struct test_store_entry *entry)
{
    DL_DELETE(test_store_disk.entries, entry);
    free(entry->subject);
    free(entry->rest);
    free(entry->value);
    free(entry);
}

void test_store_wipe(void)
{
    while (test_store_disk.entries)
        test_store_drop(test_store_disk.entries);
    test_store_disk = (struct test_store_disk){0};
}

static uint8_t *test_store_copy(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = osm_alloc(length + 1);

    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

static bool test_store_is_of(const struct test_store_entry *entry, const struct osm_store_key *key,
                             bool whole)
{
    return entry->subject_length == key->subject_length &&
           memcmp(entry->subject, key->subject, key->subject_length) == 0 &&
           (!whole || (entry->rest_length == key->rest_length &&
                       memcmp(entry->rest, key->rest, key->rest_length) == 0));
}

/* Deletes what is of the key, or of its subject, or (NULL) expired. */
static int test_store_delete(const struct osm_store_key *key, bool whole, int64_t now)
{
    struct test_store_entry *entry, *next;

    if (test_store_disk.fails)
        return -EIO;
    DL_FOREACH_SAFE (test_store_disk.entries, entry, next)
        if (key ? test_store_is_of(entry, key, whole) : now >= entry->expires)
            test_store_drop(entry);
    return 0;
}

static struct osm_store *test_store_open(const char *directory)
{
    return (struct osm_store *)&test_store_disk;
}

static void test_store_close(struct osm_store *store)
{
}

static int test_store_get(struct osm_store *store, const struct osm_store_key *key, int64_t now,
                          uint8_t **value, size_t *length)
{
    const struct test_store_entry *entry;

    *value = NULL;
    if (test_store_disk.fails)
        return -EIO;
    DL_FOREACH (test_store_disk.entries, entry)
        if (test_store_is_of(entry, key, true) && now < entry->expires) {
            *value = test_store_copy(entry->value, entry->length);
            *length = entry->length;
        }
    return 0;
}

static int test_store_put(struct osm_store *store, const struct osm_store_key *key,
                          const uint8_t *value, size_t length, int64_t expires)
{
    struct test_store_entry *entry;

    if (test_store_delete(key, true, 0) < 0)
        return -EIO;
    entry = osm_alloc(sizeof(*entry));
    *entry =
        (struct test_store_entry){.subject = test_store_copy(key->subject, key->subject_length),
                                  .rest = test_store_copy(key->rest, key->rest_length),
                                  .value = test_store_copy(value, length),
                                  .subject_length = key->subject_length,
                                  .rest_length = key->rest_length,
                                  .length = length,
                                  .expires = expires};
    DL_APPEND(test_store_disk.entries, entry);
    return 0;
}

static int test_store_forget(struct osm_store *store, const struct osm_store_key *key)
{
    return test_store_delete(key, false, 0);
}

static int test_store_clear(struct osm_store *store)
{
    return test_store_delete(NULL, false, INT64_MAX);
}

static int test_store_tidy(struct osm_store *store, int64_t now)
{
    return test_store_delete(NULL, false, now);
}

static int test_store_commit(struct osm_store *store)
{
    test_store_disk.commits++;
    return test_store_disk.fails_to_commit ? -EIO : 0;
}

const struct osm_store_ops test_store_ops = {
    .open = test_store_open,
    .close = test_store_close,
    .get = test_store_get,
    .put = test_store_put,
    .forget = test_store_forget,
    .clear = test_store_clear,
    .tidy = test_store_tidy,
    .commit = test_store_commit,
};
