/* SPDX-License-Identifier: MIT */
/* What a client without the daemon sees: prints the binary form of the values of nodes as hex.
 *
 *   osm-test-direct-read <url>       node ids on stdin, one a line; one line of hex for each
 *
 * A line is the DataValue without timestamps, or `!` and why it cannot be read.
 * It shares nothing with the daemon but the library that puts bytes on the wire. */
#include <stdio.h>
#include <string.h>

#include <open62541/client.h>
#include <open62541/client_config_default.h>

enum { LINE_MAX_BYTES = 4096 };

static void silent(void *context, UA_LogLevel level, UA_LogCategory category, const char *format,
                   va_list args)
{
    (void)context, (void)level, (void)category, (void)format, (void)args;
}

static UA_Logger logger = {.log = silent};

static void print_hex(const UA_DataValue *value)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;
    UA_StatusCode status = UA_encodeBinary(value, &UA_TYPES[UA_TYPES_DATAVALUE], &bytes);

    if (status != UA_STATUSCODE_GOOD)
        printf("!%08X", status);
    for (size_t i = 0; i < bytes.length; i++)
        printf("%02x", bytes.data[i]);
    putchar('\n');
    UA_ByteString_clear(&bytes);
}

static void read_one(UA_Client *client, const char *line)
{
    UA_ReadRequest request;
    UA_ReadResponse response;
    UA_ReadValueId id;

    UA_ReadValueId_init(&id);
    id.attributeId = UA_ATTRIBUTEID_VALUE;
    if (UA_NodeId_parse(&id.nodeId, UA_STRING((char *)(uintptr_t)line)) != UA_STATUSCODE_GOOD) {
        printf("!node id\n");
        return;
    }
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = &id;
    request.nodesToReadSize = 1;
    response = UA_Client_Service_read(client, request);
    if (response.resultsSize == 1)
        print_hex(&response.results[0]);
    else
        printf("!%08X\n", response.responseHeader.serviceResult);
    UA_ReadResponse_clear(&response);
    UA_NodeId_clear(&id.nodeId);
}

int main(int argc, char **argv)
{
    char line[LINE_MAX_BYTES];
    UA_ClientConfig config = {.logging = &logger};
    UA_Client *client;
    UA_StatusCode status;

    if (argc != 2) {
        fprintf(stderr, "usage: %s <url>\n", argv[0]);
        return 2;
    }
    status = UA_ClientConfig_setDefault(&config);
    client = status == UA_STATUSCODE_GOOD ? UA_Client_newWithConfig(&config) : NULL;
    if (!client)
        return 1;
    status = UA_Client_connect(client, argv[1]);
    if (status != UA_STATUSCODE_GOOD)
        fprintf(stderr, "%s: %s\n", argv[1], UA_StatusCode_name(status));
    while (status == UA_STATUSCODE_GOOD && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        read_one(client, line);
        fflush(stdout);
    }
    UA_Client_delete(client);
    return status == UA_STATUSCODE_GOOD ? 0 : 1;
}
