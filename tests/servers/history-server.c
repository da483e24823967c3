/* SPDX-License-Identifier: MIT */
/* A test server on open62541 for what node-opcua does not offer: node management and a variable
 * with history that can be read and changed.
 *
 * ns=1;s=History holds ten values, 0.5 to 9.5, one a minute from 2024-01-01T00:00:00Z. Security
 * None, anonymous, loopback only. The port is the first argument of --port, else OPCUA_PORT, else
 * 4862. Prints one "ready" line when it serves; ends on SIGTERM and SIGINT.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <open62541/plugin/historydata/history_data_backend_memory.h>
#include <open62541/plugin/historydata/history_data_gathering_default.h>
#include <open62541/plugin/historydata/history_database_default.h>
#include <open62541/plugin/historydatabase.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

enum {
    DEFAULT_PORT = 4862,
    N_VALUES = 10,
    PAGE_SIZE = 100, /* values of one history read */
};

/* 2024-01-01T00:00:00Z in seconds since 1970. */
static const UA_Int64 first_second = 1704067200;

/* The library's macros want writable text. */
static char history_name[] = "History";
static char locale_name[] = "en";

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

static UA_UInt16 port_of(int argc, char **argv)
{
    const char *text = getenv("OPCUA_PORT");
    if (argc == 3 && strcmp(argv[1], "--port") == 0)
        text = argv[2];
    if (!text)
        return DEFAULT_PORT;
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || port == 0 || port > UINT16_MAX) {
        fprintf(stderr, "not a port: %s\n", text);
        exit(2);
    }
    return (UA_UInt16)port;
}

static UA_StatusCode configure(UA_ServerConfig *config, UA_UInt16 port)
{
    config->logging = UA_Log_Stdout_new(UA_LOGLEVEL_FATAL);
    UA_StatusCode rc = UA_ServerConfig_setMinimal(config, port, NULL);
    if (rc != UA_STATUSCODE_GOOD)
        return rc;
    char url[64];
    snprintf(url, sizeof url, "opc.tcp://127.0.0.1:%u", (unsigned)port);
    UA_Array_delete(config->serverUrls, config->serverUrlsSize, &UA_TYPES[UA_TYPES_STRING]);
    config->serverUrls = UA_String_new();
    config->serverUrlsSize = 1;
    *config->serverUrls = UA_String_fromChars(url);

    config->accessHistoryDataCapability = true;
    config->insertDataCapability = true;
    config->replaceDataCapability = true;
    config->updateDataCapability = true;
    config->deleteRawCapability = true;
    config->maxReturnDataValues = PAGE_SIZE;
    const char *node_limit = getenv("OPCUA_NODE_LIMIT");

    if (node_limit)
        config->maxNodesPerNodeManagement = (UA_UInt32)strtoul(node_limit, NULL, 10);
    return UA_STATUSCODE_GOOD;
}

static UA_StatusCode add_variable(UA_Server *server, const UA_NodeId id)
{
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    UA_Double zero = 0;
    UA_Variant_setScalar(&attributes.value, &zero, &UA_TYPES[UA_TYPES_DOUBLE]);
    attributes.displayName = UA_LOCALIZEDTEXT(locale_name, history_name);
    attributes.dataType = UA_TYPES[UA_TYPES_DOUBLE].typeId;
    attributes.accessLevel = UA_ACCESSLEVELMASK_READ | UA_ACCESSLEVELMASK_WRITE |
                             UA_ACCESSLEVELMASK_HISTORYREAD | UA_ACCESSLEVELMASK_HISTORYWRITE;
    attributes.historizing = true;
    return UA_Server_addVariableNode(
        server, id, UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER),
        UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES), UA_QUALIFIEDNAME(1, history_name),
        UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE), attributes, NULL, NULL);
}

/* Puts the ten values into the backend: 0.5 at the first minute, 9.5 at the tenth. */
static UA_StatusCode fill(UA_Server *server, UA_HistoryDataBackend *backend, const UA_NodeId *id)
{
    UA_DateTime start = UA_DateTime_fromUnixTime(first_second);
    for (int minute = 0; minute < N_VALUES; minute++) {
        UA_Double number = minute + 0.5;
        UA_DataValue value;
        UA_DataValue_init(&value);
        UA_Variant_setScalar(&value.value, &number, &UA_TYPES[UA_TYPES_DOUBLE]);
        value.hasValue = true;
        value.sourceTimestamp = start + minute * 60 * UA_DATETIME_SEC;
        value.serverTimestamp = value.sourceTimestamp;
        value.hasSourceTimestamp = true;
        value.hasServerTimestamp = true;
        UA_StatusCode rc =
            backend->serverSetHistoryData(server, backend->context, NULL, NULL, id, false, &value);
        if (rc != UA_STATUSCODE_GOOD)
            return rc;
    }
    return UA_STATUSCODE_GOOD;
}

/* `backend` is filled in and stays the caller's. */
static UA_StatusCode add_history(UA_Server *server, UA_HistoryDataBackend *backend)
{
    UA_HistoryDataGathering gathering = UA_HistoryDataGathering_Default(1);
    UA_Server_getConfig(server)->historyDatabase = UA_HistoryDatabase_default(gathering);

    UA_NodeId id = UA_NODEID_STRING(1, history_name);
    UA_StatusCode rc = add_variable(server, id);
    if (rc != UA_STATUSCODE_GOOD)
        return rc;
    *backend = UA_HistoryDataBackend_Memory(1, PAGE_SIZE);
    UA_HistorizingNodeIdSettings settings = {
        .historizingBackend = *backend,
        .maxHistoryDataResponseSize = PAGE_SIZE,
        .historizingUpdateStrategy = UA_HISTORIZINGUPDATESTRATEGY_USER,
    };
    rc = gathering.registerNodeId(server, gathering.context, &id, settings);
    if (rc != UA_STATUSCODE_GOOD)
        return rc;
    return fill(server, backend, &id);
}

static UA_StatusCode serve(UA_Server *server, UA_HistoryDataBackend *backend, UA_UInt16 port)
{
    UA_StatusCode rc = add_history(server, backend);
    if (rc == UA_STATUSCODE_GOOD)
        rc = UA_Server_run_startup(server);
    if (rc != UA_STATUSCODE_GOOD)
        return rc;
    printf("ready opc.tcp://127.0.0.1:%u\n", (unsigned)port);
    fflush(stdout);
    while (!stopping) {
        errno = 0; /* the library reads it at the end of a stream, where recv leaves it as it was */
        UA_Server_run_iterate(server, true);
    }
    return UA_Server_run_shutdown(server);
}

int main(int argc, char **argv)
{
    UA_UInt16 port = port_of(argc, argv);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    UA_ServerConfig config;
    memset(&config, 0, sizeof config);
    UA_StatusCode rc = configure(&config, port);
    UA_Server *server = rc == UA_STATUSCODE_GOOD ? UA_Server_newWithConfig(&config) : NULL;
    if (!server)
        return 1;
    UA_HistoryDataBackend backend = {0};
    rc = serve(server, &backend, port);
    UA_Server_delete(server);
    if (backend.context)
        UA_HistoryDataBackend_Memory_clear(&backend);
    if (rc != UA_STATUSCODE_GOOD)
        fprintf(stderr, "cannot serve on port %u: %s\n", (unsigned)port, UA_StatusCode_name(rc));
    return rc == UA_STATUSCODE_GOOD ? 0 : 1;
}
