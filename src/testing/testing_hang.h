/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_HANG_H
#define OSM_TESTING_TESTING_HANG_H
/* For tests: work in threads that hangs until it may go. One of these for a process. */
#include <stdbool.h>

struct test_hang {
    unsigned hanging, most_hanging; /* threads that are inside test_hang_pass() */
    unsigned passed;                /* so many have been */
    unsigned freed;                 /* the test's own count (test_hang_free) */
};

/* Looked at when no thread is at work, or by test_hang_wait(). */
extern struct test_hang test_hang;

/* Before the first thread, and before each test. */
void test_hang_begin(void);
/* In a thread: hangs until it may go, or does not. */
void test_hang_pass(bool hangs);
/* Anywhere: something has been freed. */
void test_hang_free(void);
/* Until one of the counts is that. */
void test_hang_wait(const unsigned *count, unsigned number);
/* Whoever hangs may go, and whoever comes. */
void test_hang_let_go(void);

#endif
