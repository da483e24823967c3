/* SPDX-License-Identifier: MIT */
/*
 * See cache_memory.h. Every entry is in two hashes: by its whole key, and – in the list of its
 * subject – by endpoint and node, so that a node is forgotten without a look at the others. The
 * list of all entries is in order of use, the next one to go first.
 */
#include "core/cache/cache_memory.h"

#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "util/alloc.h"

struct entry;

struct subject {
    UT_hash_handle hh;
    struct entry *entries;
    size_t length;
    uint8_t data[];
};

struct entry {
    UT_hash_handle hh;
    struct subject *subject;
    struct entry *prev, *next;                 /* by use */
    struct entry *subject_prev, *subject_next; /* of the same subject */
    osm_msec expires;
    UA_ByteString value;
    size_t length;
    uint8_t key[];
};

struct osm_cache_memory {
    const struct osm_clock *clock;
    struct osm_cache_counters *counters;
    osm_msec ttl; /* OSM_MSEC_NEVER = for ever */
    size_t max_entries, max_bytes;
    size_t count, bytes;
    struct entry *by_key;
    struct entry *by_use;
    struct subject *subjects;
};

void osm_cache_memory_set_ttl(struct osm_cache_memory *memory, int64_t ttl)
{
    memory->ttl = ttl > 0 ? (osm_msec)ttl * 1000 : OSM_MSEC_NEVER;
}

struct osm_cache_memory *osm_cache_memory_new(const struct osm_cache_config *config,
                                              const struct osm_clock *clock,
                                              struct osm_cache_counters *counters)
{
    struct osm_cache_memory *memory = osm_alloc(sizeof(*memory));

    memory->clock = clock;
    memory->counters = counters;
    osm_cache_memory_set_ttl(memory, config->ttl);
    memory->max_entries = config->max_entries ? config->max_entries : OSM_CACHE_ENTRIES;
    memory->max_bytes = config->max_bytes ? config->max_bytes : OSM_CACHE_BYTES;
    return memory;
}

void osm_cache_memory_free(struct osm_cache_memory *memory)
{
    if (!memory)
        return;
    osm_cache_memory_flush(memory);
    free(memory);
}

/* What it takes, near enough: the subject is counted with each of its entries. */
static size_t size_of(size_t key, size_t value)
{
    return sizeof(struct entry) + sizeof(struct subject) + 2 * key + value;
}

static void remove_entry(struct osm_cache_memory *memory, struct entry *entry)
{
    struct subject *subject = entry->subject;

    HASH_DEL(memory->by_key, entry);
    DL_DELETE(memory->by_use, entry);
    DL_DELETE2(subject->entries, entry, subject_prev, subject_next);
    if (!subject->entries) {
        HASH_DEL(memory->subjects, subject);
        free(subject);
    }
    memory->count--;
    memory->bytes -= size_of(entry->length, entry->value.length);
    UA_ByteString_clear(&entry->value);
    free(entry);
}

static struct entry *find(struct osm_cache_memory *memory, const struct osm_cache_key *key)
{
    struct entry *entry;

    HASH_FIND(hh, memory->by_key, key->data, key->length, entry);
    return entry;
}

const UA_ByteString *osm_cache_memory_get(struct osm_cache_memory *memory,
                                          const struct osm_cache_key *key)
{
    struct entry *entry = find(memory, key);

    if (entry && osm_clock_now(memory->clock) >= entry->expires) {
        memory->counters->expired++;
        remove_entry(memory, entry);
        entry = NULL;
    }
    if (!entry) {
        memory->counters->misses++;
        return NULL;
    }
    DL_DELETE(memory->by_use, entry);
    DL_APPEND(memory->by_use, entry);
    memory->counters->hits++;
    return &entry->value;
}

static struct subject *subject_of(struct osm_cache_memory *memory, const struct osm_cache_key *key)
{
    struct subject *subject;

    HASH_FIND(hh, memory->subjects, key->data, key->subject, subject);
    if (subject)
        return subject;
    subject = osm_alloc(sizeof(*subject) + key->subject);
    memcpy(subject->data, key->data, key->subject);
    subject->length = key->subject;
    HASH_ADD_KEYPTR(hh, memory->subjects, subject->data, subject->length, subject);
    return subject;
}

static void add(struct osm_cache_memory *memory, const struct osm_cache_key *key,
                UA_ByteString value)
{
    struct entry *entry = osm_alloc(sizeof(*entry) + key->length);

    entry->subject = subject_of(memory, key);
    entry->value = value;
    entry->length = key->length;
    memcpy(entry->key, key->data, key->length);
    entry->expires =
        memory->ttl == OSM_MSEC_NEVER ? OSM_MSEC_NEVER : osm_clock_now(memory->clock) + memory->ttl;
    HASH_ADD_KEYPTR(hh, memory->by_key, entry->key, entry->length, entry);
    DL_APPEND(memory->by_use, entry);
    DL_APPEND2(entry->subject->entries, entry, subject_prev, subject_next);
    memory->count++;
    memory->bytes += size_of(key->length, value.length);
    memory->counters->stores++;
}

void osm_cache_memory_put(struct osm_cache_memory *memory, const struct osm_cache_key *key,
                          UA_ByteString value)
{
    size_t size = size_of(key->length, value.length);
    struct entry *old = find(memory, key);

    if (old)
        remove_entry(memory, old);
    if (size > memory->max_bytes / OSM_CACHE_SHARE) {
        memory->counters->dropped++;
        UA_ByteString_clear(&value);
        return;
    }
    while (memory->by_use &&
           (memory->count >= memory->max_entries || memory->bytes + size > memory->max_bytes)) {
        memory->counters->evicted++;
        remove_entry(memory, memory->by_use);
    }
    add(memory, key, value);
}

void osm_cache_memory_invalidate(struct osm_cache_memory *memory, const struct osm_cache_key *key)
{
    struct subject *subject;
    size_t left = 0;
    struct entry *entry;

    HASH_FIND(hh, memory->subjects, key->data, key->subject, subject);
    if (subject)
        DL_COUNT2(subject->entries, entry, left, subject_next);
    while (left-- > 0) /* the last one takes the subject with it */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
        remove_entry(memory, subject->entries);
}

void osm_cache_memory_flush(struct osm_cache_memory *memory)
{
    while (memory->by_use)
        remove_entry(memory, memory->by_use);
}
