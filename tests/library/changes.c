/* SPDX-License-Identifier: MIT */
/*
 * What changes a server, through both back-ends: `changes <socket or -> <url> history|files`.
 * "history": osm-test-history-server, which takes updates of a history and nodes; "files":
 * file-server.js with its files and directories.
 */
#include "check.h"

_Thread_local int failures;
_Thread_local const char *current = "";

static struct opcua_client *client;
static struct opcua_error error;

/* 2024-01-01T00:00:00Z and so many minutes. */
static int64_t minute(int minutes)
{
    return opcua_time_from_unix(1704067200.0 + 60.0 * minutes);
}

/* ---- history -------------------------------------------------------------------------- */

#define HISTORY "ns=1;s=History"
#define GOOD_REPLACED 0x00A30000u
#define GOOD_INSERTED 0x00A20000u
#define BAD_EXISTS 0x809F0000u

static struct opcua_data_value point(int minutes, double number)
{
    struct opcua_data_value value = {.source_time = minute(minutes)};

    opcua_value_init_number(&value.value, OPCUA_TYPE_DOUBLE, number);
    return value;
}

static size_t points(int from, int to)
{
    struct opcua_data_value *values = NULL;
    size_t count = 0;

    CHECK(opcua_history(client, HISTORY, minute(from), minute(to), 0, &values, &count, &error),
          "%s", error.message);
    opcua_data_values_free(values, count);
    return count;
}

static void updates(void)
{
    struct opcua_data_value values[] = {point(20, 1.25), point(0, 9)};
    uint32_t statuses[2] = {1, 1};

    CHECK(opcua_history_update(client, HISTORY, OPCUA_INSERT, values, 2, statuses, &error), "%s",
          error.message);
    CHECK(statuses[0] == 0 && statuses[1] == BAD_EXISTS, "0x%x 0x%x", (unsigned)statuses[0],
          (unsigned)statuses[1]);
    CHECK(points(15, 25) == 1, "the inserted point is not there");
    CHECK(opcua_history_update(client, HISTORY, OPCUA_REPLACE, values, 1, statuses, &error), "%s",
          error.message);
    CHECK(opcua_history_update(client, HISTORY, OPCUA_UPDATE, values, 2, statuses, &error) &&
              statuses[0] == GOOD_REPLACED && statuses[1] == GOOD_REPLACED,
          "0x%x 0x%x", (unsigned)statuses[0], (unsigned)statuses[1]);
    CHECK(!opcua_history_update(client, HISTORY, (enum opcua_update)7, values, 2, NULL, &error) &&
              error.source == OPCUA_SOURCE_HERE,
          "%s", error.message);
    CHECK(!opcua_history_update(client, "ns=1;s=nothing", OPCUA_INSERT, values, 1, NULL, &error) &&
              error.source == OPCUA_SOURCE_SERVER,
          "%s", error.message);
    CHECK(opcua_history_delete(client, HISTORY, minute(15), minute(25), false, &error), "%s",
          error.message);
    CHECK(points(15, 25) == 0, "the point is still there");
    CHECK(!opcua_history_delete(client, HISTORY, 0, 0, false, &error), "no times");
    opcua_data_value_clear(&values[0]);
    opcua_data_value_clear(&values[1]);
}

/* This server knows none of these: that is an error, not silence. */
static void refusals(void)
{
    static const char *const fields[] = {"Message", "Severity"};
    char bytes[] = {1, 2};
    const struct opcua_text id = {bytes, sizeof(bytes)};
    const int64_t times[] = {minute(1)};
    struct opcua_value event[2] = {0};

    opcua_value_init_text(&event[0], OPCUA_TYPE_STRING, "hello", 5);
    opcua_value_init_integer(&event[1], OPCUA_TYPE_UINT16, 500);
    CHECK(!opcua_history_delete_at(client, HISTORY, times, 1, NULL, &error) &&
              error.source == OPCUA_SOURCE_SERVER,
          "%s", error.message);
    for (int how = OPCUA_INSERT; how <= OPCUA_UPDATE; how++)
        CHECK(!opcua_history_update_events(client, "i=2253", (enum opcua_update)how, fields, 2,
                                           event, 1, NULL, &error) &&
                  error.source == OPCUA_SOURCE_SERVER,
              "%s", error.message);
    CHECK(!opcua_history_delete_events(client, "i=2253", &id, 1, NULL, &error) &&
              error.source == OPCUA_SOURCE_SERVER,
          "%s", error.message);
    opcua_value_clear(&event[0]);
    opcua_value_clear(&event[1]);
}

static void aggregates(void)
{
    struct opcua_data_value raw[] = {point(0, 1), point(1, 2), point(2, 6)}, *values = NULL;
    const int64_t times[] = {minute(1), minute(2)};
    double number = 0;
    size_t count = 0;

    CHECK(opcua_aggregate(client, raw, 3, minute(0), minute(3), 0, "average", &values, &count,
                          &error),
          "%s", error.message);
    CHECK(count == 1 && opcua_value_to_double(&values[0].value, &number) && number == 3, "%zu %g",
          count, number);
    CHECK(count == 1 && values[0].source_time == minute(0), "time");
    opcua_data_values_free(values, count);
    CHECK(opcua_history_aggregate(client, HISTORY, minute(1), minute(5), 60000, "maximum", &values,
                                  &count, &error) &&
              count == 4,
          "%zu: %s", count, error.message);
    CHECK(count && opcua_value_to_double(&values[0].value, &number) && number == 1.5, "%g", number);
    opcua_data_values_free(values, count);
    count = 0;
    CHECK(!opcua_history_aggregate(client, HISTORY, minute(1), minute(5), 60000, "mean", &values,
                                   &count, &error),
          "there is no aggregate of that name");
    if (opcua_history_at(client, HISTORY, times, 2, &values, &count, &error))
        opcua_data_values_free(values, count);
    else
        CHECK(error.source == OPCUA_SOURCE_SERVER, "%s", error.message);
    for (int i = 0; i < 3; i++)
        opcua_data_value_clear(&raw[i]);
}

/* ---- nodes ---------------------------------------------------------------------------- */

static void nodes(void)
{
    struct opcua_value start = {0};
    const struct opcua_new_node made[] = {
        {.parent = "i=85",
         .reference_type = "i=35",
         .node = "ns=1;s=LibraryFolder",
         .browse_name = "1:LibraryFolder",
         .type_definition = "i=61",
         .node_class = 1,
         .description = "made by a test"},
        {.parent = "ns=1;s=LibraryFolder",
         .reference_type = "i=47",
         .node = "ns=1;s=LibraryValue",
         .browse_name = "1:LibraryValue",
         .type_definition = "i=63",
         .node_class = 2,
         .value = &start,
         .data_type = "i=11",
         .value_rank = -1,
         .access_level = 3},
        {.parent = "ns=1;s=nowhere",
         .reference_type = "i=35",
         .browse_name = "1:Lost",
         .type_definition = "i=61",
         .node_class = 1},
    };
    const struct opcua_new_reference reference = {.source = "i=85",
                                                  .reference_type = "i=35",
                                                  .target = "ns=1;s=LibraryValue",
                                                  .target_class = 2};
    static const char *const ids[] = {"ns=1;s=LibraryValue", "ns=1;s=LibraryFolder"};
    struct opcua_added added[3] = {0};
    uint32_t statuses[2] = {1, 1};
    char *description = NULL, *node = NULL;
    double number = 0;

    opcua_value_init_number(&start, OPCUA_TYPE_DOUBLE, 2.5);
    CHECK(opcua_add_nodes(client, made, 3, added, &error), "%s", error.message);
    CHECK(added[0].status == 0 && added[0].node && strcmp(added[0].node, made[0].node) == 0,
          "0x%x %s", (unsigned)added[0].status, added[0].node);
    CHECK(added[1].status == 0, "0x%x", (unsigned)added[1].status);
    CHECK(opcua_is_bad(added[2].status) && !added[2].node, "0x%x", (unsigned)added[2].status);
    opcua_added_clear(added, 3);
    CHECK(opcua_read_double(client, ids[0], &number, &error) && number == 2.5, "%g: %s", number,
          error.message);
    CHECK(opcua_write_double(client, ids[0], 3.5, &error), "%s", error.message);
    CHECK(opcua_add_references(client, &reference, 1, statuses, &error) && statuses[0] == 0,
          "0x%x %s", (unsigned)statuses[0], error.message);
    CHECK(opcua_resolve(client, "/Objects/1:LibraryValue", &node, &error), "%s", error.message);
    free(node);
    CHECK(opcua_delete_references(client, &reference, 1, false, statuses, &error) &&
              statuses[0] == 0,
          "0x%x %s", (unsigned)statuses[0], error.message);
    CHECK(opcua_delete_nodes(client, ids, 2, false, statuses, &error) && statuses[0] == 0 &&
              statuses[1] == 0,
          "0x%x 0x%x %s", (unsigned)statuses[0], (unsigned)statuses[1], error.message);
    CHECK(!opcua_read_text(client, ids[0], &description, &error), "it is gone");
    opcua_value_clear(&start);
}

/* ---- files ---------------------------------------------------------------------------- */

#define ROOT "ns=1;s=Files"

static void pieces(void)
{
    char *node = NULL, *copy = NULL;
    uint32_t handle = 0;
    uint64_t position = 99;
    struct opcua_text piece = {0};

    CHECK(opcua_file_create(client, ROOT, "library.txt", &node, NULL, &error) && node, "%s",
          error.message);
    CHECK(opcua_file_open(client, node, OPCUA_FILE_WRITE | OPCUA_FILE_READ, &handle, &error), "%s",
          error.message);
    CHECK(opcua_file_put(client, node, handle, "a\0b and more", 12, &error), "%s", error.message);
    CHECK(opcua_file_tell(client, node, handle, &position, &error) && position == 12, "%llu: %s",
          (unsigned long long)position, error.message);
    CHECK(opcua_file_seek(client, node, handle, 1, &error), "%s", error.message);
    CHECK(opcua_file_get(client, node, handle, 2, &piece, &error) && piece.length == 2 &&
              memcmp(piece.data, "\0b", 2) == 0,
          "%zu: %s", piece.length, error.message);
    free(piece.data);
    CHECK(opcua_file_close(client, node, handle, &error), "%s", error.message);
    CHECK(!opcua_file_get(client, node, handle, 2, &piece, &error) &&
              error.source == OPCUA_SOURCE_SERVER,
          "a closed file: %s", error.message);
    CHECK(opcua_file_move(client, ROOT, node, ROOT, true, "copy.txt", &copy, &error), "%s",
          error.message);
    CHECK(copy && opcua_file_delete(client, ROOT, copy, &error), "%s", error.message);
    CHECK(opcua_file_delete(client, ROOT, node, &error), "%s", error.message);
    free(copy);
    free(node);
}

static void directories(void)
{
    char *node = NULL;

    CHECK(opcua_directory_create(client, ROOT, "library", &node, &error) && node, "%s",
          error.message);
    CHECK(node && opcua_file_create(client, node, "inside", NULL, NULL, &error), "%s",
          error.message);
    CHECK(node && opcua_file_delete(client, ROOT, node, &error), "%s", error.message);
    CHECK(!opcua_file_delete(client, ROOT, node, &error) && error.source == OPCUA_SOURCE_SERVER,
          "twice: %s", error.message);
    free(node);
}

/* Longer than a piece, with every byte. */
static void whole_files(void)
{
    static char content[100000];
    struct opcua_text read = {0};
    char *node = NULL;

    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (char)(i * 7);
    CHECK(opcua_file_create(client, ROOT, "whole.bin", &node, NULL, &error), "%s", error.message);
    CHECK(node && opcua_file_write(client, node, content, sizeof(content), &error), "%s",
          error.message);
    CHECK(opcua_file_read(client, node, sizeof(content), &read, &error) &&
              read.length == sizeof(content) && memcmp(read.data, content, read.length) == 0,
          "%zu: %s", read.length, error.message);
    free(read.data);
    CHECK(!opcua_file_read(client, node, sizeof(content) - 1, &read, &error) &&
              error.source == OPCUA_SOURCE_HERE,
          "a limit: %s", error.message);
    CHECK(opcua_file_write(client, node, "", 0, &error) &&
              opcua_file_read(client, node, 0, &read, &error) && read.length == 0,
          "an empty file: %s", error.message);
    free(read.data);
    CHECK(opcua_file_delete(client, ROOT, node, &error), "%s", error.message);
    CHECK(!opcua_file_read(client, "ns=1;s=Files/none", 10, &read, &error), "no such file");
    free(node);
}

/* ---- small things --------------------------------------------------------------------- */

static void connection(void)
{
    struct opcua_build build = {0};
    char *state = NULL;

    CHECK(opcua_connection_state(client, &state, &error) && strcmp(state, "Connected") == 0,
          "%s: %s", state, error.message);
    free(state);
    CHECK(opcua_build(client, &build, &error) && build.product && build.manufacturer, "%s",
          error.message);
    opcua_build_clear(&build);
    CHECK(opcua_reconnect(client, &error), "%s", error.message);
    CHECK(opcua_forget(client, "i=85", &error) && opcua_forget(client, NULL, &error), "%s",
          error.message);
    CHECK(opcua_untrust(client, "00", &error), "%s", error.message);
    CHECK(opcua_trust(client, "no certificate", 14, &error), "without store: %s", error.message);
}

static const struct {
    const char *name, *server;
    void (*run)(void);
} cases[] = {
    {"connection", NULL, connection},      {"updates", "history", updates},
    {"refusals", "history", refusals},     {"aggregates", "history", aggregates},
    {"nodes", "history", nodes},           {"pieces", "files", pieces},
    {"directories", "files", directories}, {"whole files", "files", whole_files},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 4)
        return 2;
    client = check_connect(argv[1], argv[2], NULL, &error);
    if (!client) {
        printf("cannot connect: %s: %s\n", error.kind, error.message);
        return 1;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        current = cases[i].name;
        if (cases[i].server && strcmp(cases[i].server, argv[3]) != 0)
            continue;
        cases[i].run();
        printf("done: %s\n", current);
    }
    opcua_client_free(client);
    return check_end();
}
