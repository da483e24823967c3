/* SPDX-License-Identifier: MIT */
/*
 * The direct back-end makes no thread: `threadless <plain url> <named url> <secured url> <node>`
 * opens each, reads, writes a large array to the node and reads it back. Whoever makes a thread
 * meanwhile is refused one and found. Prints how long one opcua_process() took at most, in
 * processor time.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "check.h"

_Thread_local int failures;
_Thread_local const char *current = "";

#define LARGE 1900000u /* Doubles: 15 MB */

static struct opcua_error error;
static unsigned threads_wanted;
static double longest; /* milliseconds */

/* In the place of libc's, and its names of the parameters. */
int pthread_create(pthread_t *newthread, const pthread_attr_t *attr, void *(*start_routine)(void *),
                   void *arg)
{
    (void)newthread;
    (void)attr;
    (void)start_routine;
    (void)arg;
    threads_wanted++;
    printf("%s: somebody wants a thread\n", current);
    fflush(stdout);
    return EAGAIN;
}

static unsigned tasks(void)
{
    DIR *folder = opendir("/proc/self/task");
    unsigned count = 0;

    if (!folder)
        abort();
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static double processor_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void turn(struct opcua_client *client)
{
    struct pollfd wait = {.fd = opcua_fd(client), .events = opcua_events(client)};
    double before, took;

    (void)poll(&wait, 1, opcua_timeout(client));
    before = processor_time();
    CHECK(opcua_process(client, &error) >= 0, "%s", error.message);
    took = processor_time() - before;
    longest = took > longest ? took : longest;
}

struct answer {
    bool there;
    struct opcua_value value;
};

static void on_done(void *context, const struct opcua_error *why)
{
    struct answer *answer = context;

    CHECK(!why, "%s", why ? why->message : "");
    answer->there = true;
}

static void on_read(void *context, const struct opcua_error *why,
                    const struct opcua_data_value *values, size_t count)
{
    struct answer *answer = context;

    CHECK(!why && count == 1 && values[0].status == 0, "%s", why ? why->message : "status");
    if (!why && count == 1)
        opcua_value_copy(&answer->value, &values[0].value);
    answer->there = true;
}

static void wait_for(struct opcua_client *client, struct answer *answer, const char *what)
{
    while (!answer->there)
        turn(client);
    answer->there = false;
    printf("%s: %s: at most %.1f ms a turn, %u task(s)\n", current, what, longest, tasks());
    longest = 0;
}

static void check_large(struct opcua_client *client, const char *node)
{
    const struct opcua_read_item item = {.node = node};
    struct answer answer = {0};
    struct opcua_value value;

    opcua_value_init_array(&value, OPCUA_TYPE_DOUBLE, LARGE);
    for (size_t i = 0; i < LARGE; i++)
        value.items[i].number = (double)i / 3;
    opcua_write_value_async(client, node, &value, on_done, &answer);
    wait_for(client, &answer, "large write");
    opcua_read_async(client, &item, 1, on_read, &answer);
    wait_for(client, &answer, "large read");
    CHECK(opcua_value_equal(&value, &answer.value), "%zu items", answer.value.length);
    opcua_value_clear(&value);
    opcua_value_clear(&answer.value);
}

static void check(const char *name, const char *url, const char *node, bool secured)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_client *client;
    struct answer answer = {0};
    const unsigned before = tasks();

    current = name;
    options.timeout = 60;
    if (secured) {
        options.security_policy = "Basic256Sha256";
        options.security_mode = 3;
        options.username = "operator";
        options.password = "operator";
    }
    client = opcua_client_new(url, &options, &error);
    CHECK(client, "%s", error.message);
    if (!client)
        return;
    opcua_open_async(client, on_done, &answer);
    wait_for(client, &answer, "open");
    if (node)
        check_large(client, node);
    opcua_client_free(client);
    CHECK(tasks() == before, "%u", tasks());
    CHECK(!threads_wanted, "%u", threads_wanted);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    check("plain", argv[1], argv[4], false);
    check("named", argv[2], NULL, false);
    check("secured", argv[3], argv[4], true);
    printf("done: no thread\n");
    return check_end();
}
