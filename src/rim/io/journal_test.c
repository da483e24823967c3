/* SPDX-License-Identifier: MIT */
/* The journal's side of journal.h: what arrives, and what becomes of it when nobody takes it. */
#include "testing/testing.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rim/io/journal.h"

struct journal {
    char path[128], stream[64];
    int fd;
};

static int open_journal(void **state)
{
    static struct journal journal;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    (void)snprintf(journal.path, sizeof(journal.path), "/tmp/osm-journal-%d.sock", (int)getpid());
    (void)unlink(journal.path);
    memcpy(address.sun_path, journal.path, strlen(journal.path) + 1);
    journal.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(journal.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    (void)snprintf(journal.stream, sizeof(journal.stream), "%llu:%llu",
                   (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
    *state = &journal;
    return 0;
}

static int close_journal(void **state)
{
    struct journal *journal = *state;

    osm_journal_close();
    close(journal->fd);
    (void)unlink(journal->path);
    return 0;
}

static void test_a_record(void **state)
{
    const struct journal *journal = *state;
    char datagram[8192];
    ssize_t length;

    assert_true(osm_journal_open(journal->stream, journal->path));
    osm_log_about(OSM_LOG_FIELD_SERVER, "opc.tcp://plant:4840");
    osm_log_about(OSM_LOG_FIELD_SESSION, "8f\n1");
    osm_log_warning("Refused: BadTimeout\nMESSAGE=forged");
    length = recv(journal->fd, datagram, sizeof(datagram) - 1, 0);
    assert_true(length > 0);
    datagram[length] = '\0';
    assert_string_equal(datagram, "PRIORITY=4\nSYSLOG_IDENTIFIER=opcua-session-manager\n"
                                  "OPCUA_SESSION=8f\\x0a1\nOPCUA_SERVER=opc.tcp://plant:4840\n"
                                  "OPCUA_CODE=BadTimeout\n"
                                  "MESSAGE=Refused: BadTimeout\\x0aMESSAGE=forged\n");
    osm_log_about_nothing();
    osm_log_error("Nothing known");
    length = recv(journal->fd, datagram, sizeof(datagram) - 1, 0);
    assert_true(length > 0);
    datagram[length] = '\0';
    assert_string_equal(
        datagram, "PRIORITY=3\nSYSLOG_IDENTIFIER=opcua-session-manager\nMESSAGE=Nothing known\n");
}

static void test_what_is_not_the_journal(void **state)
{
    const struct journal *journal = *state;

    assert_false(osm_journal_open(NULL, journal->path));
    assert_false(osm_journal_open("1:2", journal->path));
    assert_false(osm_journal_open("nonsense", journal->path));
    assert_false(osm_journal_open(journal->stream, "/nowhere"));
    assert_false(osm_log_wants_fields);
}

static void test_a_journal_that_takes_nothing(void **state)
{
    const struct journal *journal = *state;
    char path[] = "/tmp/osm-journal-XXXXXX", line[256] = "";
    int file = mkstemp(path), kept = dup(STDERR_FILENO);

    assert_true(osm_journal_open(journal->stream, journal->path));
    close(journal->fd); /* nobody is there any more */
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    osm_log_warning("Said all the same");
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_true(pread(file, line, sizeof(line) - 1, 0) > 0);
    assert_non_null(strstr(line, "] [WARNING] Said all the same\n"));
    close(file);
    close(kept);
    (void)unlink(path);
}

/* Standard output is somebody else's: what is to go there does. */
static void test_standard_output(void **state)
{
    const struct journal *journal = *state;
    char path[] = "/tmp/osm-journal-XXXXXX", line[256] = "", datagram[256];
    int file = mkstemp(path), kept = dup(STDOUT_FILENO);

    assert_true(osm_journal_open(journal->stream, journal->path));
    (void)fflush(stdout);
    assert_true(dup2(file, STDOUT_FILENO) >= 0);
    assert_int_equal(osm_log_open("php://stdout", OSM_LOG_INFO), 0);
    osm_log_warning("Said there");
    osm_log_close();
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    assert_true(pread(file, line, sizeof(line) - 1, 0) > 0);
    assert_non_null(strstr(line, "] [WARNING] Said there\n"));
    assert_true(recv(journal->fd, datagram, sizeof(datagram), 0) < 0);
    close(file);
    close(kept);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_record, open_journal, close_journal),
        cmocka_unit_test_setup_teardown(test_what_is_not_the_journal, open_journal, close_journal),
        cmocka_unit_test_setup_teardown(test_a_journal_that_takes_nothing, open_journal,
                                        close_journal),
        cmocka_unit_test_setup_teardown(test_standard_output, open_journal, close_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
