/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_HISTORY_H
#define OSM_TESTING_TESTING_HISTORY_H
/* History requests as the scripted server sees them, and its answers. */
#include "port/service.h"
#include "testing/testing_method.h"

#define TEST_2024 ((UA_DateTime)133485408000000000) /* 2024-01-01T00:00:00Z */
#define TEST_DAY "2024-01-01T00:0"                  /* + "<minute>:00…" */
#define TEST_TIME(minute) "{'__t':'DateTime','v':'" TEST_DAY minute ":00.000000+00:00'}"

/* A value of a history: a minute after TEST_2024, and what it was. */
struct test_point {
    int minute;
    double number;
};

void test_points(UA_DataValue *out, const struct test_point *points, size_t size);

/* One page of a history; point may be NULL. */
void test_answer_page(struct osm_ua_call *call, const char *point, UA_StatusCode status,
                      const struct test_point *points, size_t size);

#define test_page(call, point, ...)                                                                \
    test_answer_page(call, point, 0, (const struct test_point[])__VA_ARGS__,                       \
                     OSM_ARRAY_SIZE(((const struct test_point[])__VA_ARGS__)))

/* The n-th call must be a HistoryRead of one node; its details. */
const void *test_history_read(struct test_world *world, size_t n, const char *node,
                              const char *point, bool release, const UA_DataType *details);

/* The n-th call must be a HistoryUpdate with one details structure; it is returned. */
const void *test_history_update(struct test_world *world, size_t n, const UA_DataType *details);

/* One result with operation results. */
void test_answer_update(struct osm_ua_call *call, UA_StatusCode status,
                        const UA_StatusCode *operations, size_t size);

#endif
