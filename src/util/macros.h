/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_MACROS_H
#define OSM_UTIL_MACROS_H
/*
 * The few words of C this tree adds to the language: cleanup attributes, must-check results,
 * assertions that are never compiled out. Included by everything, includes nothing of ours.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define OSM_MUST_CHECK __attribute__((warn_unused_result))
#define OSM_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define OSM_UNUSED __attribute__((unused))
/* Where the calls themselves are a part of the time that can be seen. */
#define OSM_ALWAYS_INLINE inline __attribute__((always_inline))

/* Owned locals: `_cleanup_(osm_thing_freep) struct osm_thing *thing = NULL;` */
#define _cleanup_(function) __attribute__((cleanup(function)))

/* Defines the `x_freep` that _cleanup_ wants, for a `type *x_free(type *)`. */
#define OSM_DEFINE_CLEANUP(type, function)                                                         \
    static inline OSM_UNUSED void function##p(type **object)                                       \
    {                                                                                              \
        if (*object)                                                                               \
            function(*object);                                                                     \
    }

/* Hands an owned pointer out of a cleanup variable. */
#define osm_steal(pointer)                                                                         \
    ({                                                                                             \
        __typeof__(pointer) stolen_ = (pointer);                                                   \
        (pointer) = NULL;                                                                          \
        stolen_;                                                                                   \
    })

#define OSM_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define osm_container_of(pointer, type, member)                                                    \
    ((type *)(void *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))

/* A broken invariant: the process cannot go on honestly. Never compiled out. */
#define osm_assert(condition)                                                                      \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            fprintf(stderr, "%s:%d: %s: broken invariant: %s\n", __FILE__, __LINE__, __func__,     \
                    #condition);                                                                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A broken invariant of one thing among many: false, and logged as an error. The caller gives that
 * thing up and leaves the others alone; where memory may be wrong it is osm_assert's case. */
#define osm_holds(condition)                                                                       \
    (__builtin_expect(!!(condition), 1) || osm_log_broken(__FILE__, __LINE__, __func__, #condition))

/* Logs it (util/log.c); false. */
bool osm_log_broken(const char *file, int line, const char *function, const char *condition)
    __attribute__((cold));

#define OSM_MIN(a, b) ((a) < (b) ? (a) : (b))
#define OSM_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
