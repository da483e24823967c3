/* SPDX-License-Identifier: MIT */
/*
 * osm-bench-direct <url> read  <seconds> <node>
 * osm-bench-direct <url> multi <seconds> <count> <format>
 * osm-bench-direct <url> watch <seconds> <count> <format>
 * osm-bench-direct <url> cold  <seconds> <node>
 *
 * What a program gets that does without the daemon: open62541's own client, synchronous, one
 * request at a time, every option as the library sets it. `multi` reads `count` nodes with one
 * Read, their names made from the format ("Many/%04u"); `watch` subscribes to them; `cold`
 * connects, reads one value and disconnects, time and again. Names are string ids in namespace 2.
 * Prints key=value lines.
 */
#include <open62541/client.h>
#include <open62541/client_config_default.h>
#include <open62541/client_highlevel.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "direct.h"
#include "histogram.h"

#define NAMESPACE 2
#define MOST_NODES 100000
#define NAME_ROOM 256

static struct bench_run run;

void bench_direct_die(const char *what, UA_StatusCode status)
{
    fprintf(stderr, "%s: %s\n", what, UA_StatusCode_name(status));
    exit(1);
}

void bench_direct_must(const char *what, UA_StatusCode status)
{
    if (status != UA_STATUSCODE_GOOD)
        bench_direct_die(what, status);
}

static void no_log(void *context, UA_LogLevel level, UA_LogCategory category, const char *format,
                   va_list args)
{
    (void)context, (void)level, (void)category, (void)format, (void)args;
}

static UA_Client *client_new(const char *url)
{
    static UA_Logger logger = {.log = no_log};
    UA_ClientConfig config = {.logging = &logger};
    UA_Client *client;

    bench_direct_must("configuration", UA_ClientConfig_setDefault(&config));
    config.timeout = 60000; /* ms; how fast it is does not depend on it */
    client = UA_Client_newWithConfig(&config);
    if (!client)
        bench_direct_die("client", UA_STATUSCODE_BADOUTOFMEMORY);
    bench_direct_must("connect", UA_Client_connect(client, url));
    return client;
}

/* The same Read as the daemon sends: with both timestamps. */
static void read_nodes(UA_Client *client, UA_ReadValueId *nodes, size_t size)
{
    UA_ReadRequest request;
    UA_ReadResponse response;

    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.nodesToRead = nodes;
    request.nodesToReadSize = size;
    response = UA_Client_Service_read(client, request);
    bench_direct_must("read", response.responseHeader.serviceResult);
    if (response.resultsSize != size)
        bench_direct_die("read", UA_STATUSCODE_BADUNEXPECTEDERROR);
    for (size_t i = 0; i < size; i++)
        if (!response.results[i].hasValue || response.results[i].status != UA_STATUSCODE_GOOD)
            bench_direct_die("value", response.results[i].status);
    UA_ReadResponse_clear(&response);
}

static UA_ReadValueId *nodes_new(size_t count, const char *format)
{
    UA_ReadValueId *nodes = UA_Array_new(count, &UA_TYPES[UA_TYPES_READVALUEID]);
    char name[NAME_ROOM];

    if (!nodes)
        bench_direct_die("nodes", UA_STATUSCODE_BADOUTOFMEMORY);
    for (size_t i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the format is what the caller chose */
        (void)snprintf(name, sizeof(name), format, (unsigned)i);
#pragma GCC diagnostic pop
        nodes[i].nodeId = UA_NODEID_STRING_ALLOC(NAMESPACE, name);
        nodes[i].attributeId = UA_ATTRIBUTEID_VALUE;
    }
    return nodes;
}

static void run_reads(const char *url, UA_ReadValueId *nodes, size_t count, double seconds)
{
    UA_Client *client = client_new(url);
    uint64_t began;

    bench_run_start(&run, seconds);
    do {
        began = bench_now();
        read_nodes(client, nodes, count);
    } while (bench_run_count(&run, began));
    UA_Client_delete(client);
}

static void run_cold(const char *url, UA_ReadValueId *nodes, double seconds)
{
    bool running = true;

    bench_run_start(&run, seconds);
    while (running) {
        uint64_t began = bench_now();
        UA_Client *client = client_new(url);

        read_nodes(client, nodes, 1);
        running = bench_run_count(&run, began);
        UA_Client_delete(client);
    }
}

static void run_watch(const char *url, const UA_ReadValueId *nodes, size_t count, double seconds)
{
    UA_Client *client = client_new(url);

    bench_direct_watch(client, &run, nodes, count, seconds);
    UA_Client_delete(client);
}

int main(int argc, char **argv)
{
    bool watch = argc == 6 && strcmp(argv[2], "watch") == 0;
    bool multi = argc == 6 && strcmp(argv[2], "multi") == 0;
    bool cold = argc == 5 && strcmp(argv[2], "cold") == 0;
    UA_ReadValueId *nodes;
    double seconds;
    size_t count;

    if (!watch && !multi && !cold && (argc != 5 || strcmp(argv[2], "read") != 0)) {
        fprintf(stderr, "usage: %s <url> read|multi|watch|cold <seconds> [<count>] <node>\n",
                argv[0]);
        return 2;
    }
    seconds = strtod(argv[3], NULL);
    count = multi || watch ? strtoul(argv[4], NULL, 10) : 1;
    if (!(seconds > 0) || count < 1 || count > MOST_NODES) {
        fprintf(stderr, "%s: nothing to do\n", argv[0]);
        return 2;
    }
    nodes = nodes_new(count, argv[argc - 1]);
    if (watch)
        run_watch(argv[1], nodes, count, seconds);
    else if (cold)
        run_cold(argv[1], nodes, seconds);
    else
        run_reads(argv[1], nodes, count, seconds);
    bench_run_print(&run);
    UA_Array_delete(nodes, count, &UA_TYPES[UA_TYPES_READVALUEID]);
    return 0;
}
