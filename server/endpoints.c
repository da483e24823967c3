/* SPDX-License-Identifier: MIT */
/* Loopback and SecurityPolicy None. Encrypted endpoints belong here too: they need a
 * certificate before osm_endpoints_apply and one more add-policy call inside it. */
#include "endpoints.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <open62541/server_config_default.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int bind_and_listen(int fd, uint32_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)*port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof(address);
    int on = 1; /* as the library does: a port in TIME_WAIT is free */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 1) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return -errno;
    *port = ntohs(address.sin_port);
    return 0;
}

int osm_endpoints_probe(uint32_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int r = bind_and_listen(fd, port);
    close(fd);
    return r;
}

static UA_StatusCode set_string(UA_String *string, const char *text)
{
    UA_String_clear(string);
    *string = UA_STRING_ALLOC(text);
    return string->data ? UA_STATUSCODE_GOOD : UA_STATUSCODE_BADOUTOFMEMORY;
}

/* The library listens on every interface unless the URL names an address. */
static UA_StatusCode listen_on_loopback(UA_ServerConfig *config, uint16_t port)
{
    UA_Array_delete(config->serverUrls, config->serverUrlsSize, &UA_TYPES[UA_TYPES_STRING]);
    config->serverUrlsSize = 0;
    config->serverUrls = UA_String_new();
    if (config->serverUrls == NULL)
        return UA_STATUSCODE_BADOUTOFMEMORY;
    config->serverUrlsSize = 1;
    char url[64];
    snprintf(url, sizeof(url), "opc.tcp://127.0.0.1:%u", (unsigned)port);
    config->tcpReuseAddr = true;
    return set_string(&config->serverUrls[0], url);
}

static UA_StatusCode describe(UA_ServerConfig *config)
{
    UA_ApplicationDescription *application = &config->applicationDescription;
    UA_BuildInfo *build = &config->buildInfo;
    UA_LocalizedText_clear(&application->applicationName);
    application->applicationName = UA_LOCALIZEDTEXT_ALLOC("en", "OPC UA demo server");
    UA_StatusCode status = set_string(&application->applicationUri, "urn:opcua-demo-server");
    status |= set_string(&application->productUri, "urn:opcua-demo-server");
    status |= set_string(&build->productUri, "urn:opcua-demo-server");
    status |= set_string(&build->manufacturerName, "opcua-session-manager");
    status |= set_string(&build->productName, "opcua-demo-server");
    status |= set_string(&build->softwareVersion, OSM_VERSION);
    return status;
}

UA_StatusCode osm_endpoints_apply(UA_ServerConfig *config, uint16_t port)
{
    UA_StatusCode status = UA_ServerConfig_setMinimal(config, port, NULL);
    if (status == UA_STATUSCODE_GOOD)
        status = listen_on_loopback(config, port);
    if (status == UA_STATUSCODE_GOOD)
        status = describe(config);
    /* The loopback is the only wire, so passwords may travel without encryption. */
    config->allowNonePolicyPassword = true;
    return status;
}
