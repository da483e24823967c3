/* SPDX-License-Identifier: MIT */
/* Work that hangs until it may go; see testing_hang.h. */
#include "testing/testing_hang.h"

#include <pthread.h>

#include "util/macros.h"

struct test_hang test_hang;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool may_go;

static void enter(void)
{
    (void)pthread_mutex_lock(&lock);
}

static void leave(void)
{
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

void test_hang_begin(void)
{
    enter();
    test_hang = (struct test_hang){0};
    may_go = false;
    leave();
}

void test_hang_pass(bool hangs)
{
    enter();
    test_hang.hanging++;
    test_hang.most_hanging = OSM_MAX(test_hang.most_hanging, test_hang.hanging);
    (void)pthread_cond_broadcast(&changed);
    while (hangs && !may_go)
        (void)pthread_cond_wait(&changed, &lock);
    test_hang.hanging--;
    test_hang.passed++;
    leave();
}

void test_hang_free(void)
{
    enter();
    test_hang.freed++;
    leave();
}

void test_hang_wait(const unsigned *count, unsigned number)
{
    enter();
    while (*count != number)
        (void)pthread_cond_wait(&changed, &lock);
    leave();
}

void test_hang_let_go(void)
{
    enter();
    may_go = true;
    leave();
}
