/* SPDX-License-Identifier: MIT */
/* opcua-demo-server: an OPC UA server to try and to test against.
 *
 * Promises: one line "opcua-demo-server ready on opc.tcp://127.0.0.1:<port>" on stdout once
 * it accepts; everything else on stderr; SIGINT and SIGTERM end it with 0; a start that
 * fails is one line and 1. */
#include <errno.h>
#include <open62541/server_config_default.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "accounts.h"
#include "endpoints.h"
#include "limits.h"
#include "logger.h"
#include "options.h"
#include "plant.h"
#include "security.h"

#define PROGRAM "opcua-demo-server"

/* The signals that end the server stay blocked until its loop takes them (take_signals), so that
 * none is lost while starting. */
static void block_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void on_signal(UA_InterruptManager *manager, uintptr_t number, void *ended,
                      const UA_KeyValueMap *more)
{
    (void)manager;
    (void)number;
    (void)more;
    *(bool *)ended = true;
}

static UA_InterruptManager *interrupts_of(UA_EventLoop *loop)
{
    UA_EventSource *source = loop->eventSources;
    while (source && source->eventSourceType != UA_EVENTSOURCETYPE_INTERRUPTMANAGER)
        source = source->next;
    return (UA_InterruptManager *)source;
}

/* A signal is an event of the loop like any other and wakes it at once. */
static UA_StatusCode take_signals(UA_Server *server, bool *ended)
{
    UA_InterruptManager *manager = interrupts_of(UA_Server_getConfig(server)->eventLoop);
    if (manager == NULL)
        return UA_STATUSCODE_BADNOTSUPPORTED;
    UA_StatusCode status = manager->registerInterrupt(manager, SIGINT, NULL, on_signal, ended);
    if (status == UA_STATUSCODE_GOOD)
        status = manager->registerInterrupt(manager, SIGTERM, NULL, on_signal, ended);
    return status;
}

/* Every connection is a descriptor; the usual soft limit of 1024 ends before 1000 sessions
 * and their channels do. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int fail(const char *what, const char *why, const char *next)
{
    fprintf(stderr, PROGRAM ": cannot %s: %s; %s\n", what, why, next);
    return 1;
}

static int cannot_listen(uint32_t port, int error)
{
    char what[64];
    snprintf(what, sizeof(what), "listen on 127.0.0.1:%u", port);
    return fail(what, error == -EADDRINUSE ? "the port is in use" : strerror(-error),
                "choose another one with --port");
}

/* The server owns what is in `config` afterwards, also when it could not be made. */
static UA_Server *make_server(const struct osm_options *options, struct osm_logger *logger,
                              const char **failed)
{
    UA_ServerConfig config = {.logging = &logger->base};
    UA_StatusCode status = osm_endpoints_apply(&config, (uint16_t)options->port);
    if (status == UA_STATUSCODE_GOOD && options->security &&
        (*failed = osm_security_apply(&config, options)) != NULL)
        status = UA_STATUSCODE_BADCONFIGURATIONERROR;
    config.maxSecurityTokenLifetime = options->token_lifetime;
    if (status == UA_STATUSCODE_GOOD)
        status = osm_accounts_apply(&config, !options->no_anonymous, options->security);
    if (status != UA_STATUSCODE_GOOD) {
        UA_ServerConfig_clean(&config);
        return NULL;
    }
    osm_plant_history_announce(&config, options);
    return UA_Server_newWithConfig(&config);
}

/* errno is wiped before each turn: the library asks it why recv gave nothing, also at the end of a
 * stream, where recv leaves it as it was. An EAGAIN from anywhere would make it ask again, at once
 * and for ever, and the connection would never close. */
static void turn(UA_Server *server)
{
    errno = 0;
    UA_Server_run_iterate(server, true);
}

static int serve(UA_Server *server, const struct osm_options *options, struct osm_logger *logger)
{
    bool ended = false;
    UA_StatusCode status = UA_Server_run_startup(server);
    if (status == UA_STATUSCODE_GOOD)
        status = take_signals(server, &ended);
    if (status != UA_STATUSCODE_GOOD)
        return fail("start", UA_StatusCode_name(status), "--verbose tells more");
    if (!options->verbose)
        logger->least = UA_LOGLEVEL_WARNING;
    printf(PROGRAM " ready on opc.tcp://127.0.0.1:%u\n", options->port);
    fflush(stdout);
    while (!ended)
        turn(server);
    return 0;
}

static int run(const struct osm_options *options)
{
    struct osm_logger logger;
    struct osm_plant plant = {0};
    /* The library warns of loopback, None and plain passwords at every start. */
    osm_logger_init(&logger, options->verbose ? UA_LOGLEVEL_INFO : UA_LOGLEVEL_FATAL);
    const char *failed = "out of memory or a bad configuration";
    UA_Server *server = make_server(options, &logger, &failed);
    if (server == NULL)
        return fail("make the server", failed, "--verbose tells more");
    int result;
    if (osm_plant_build(&plant, server, options) < 0)
        result = fail("build", plant.failed, UA_StatusCode_name(plant.status));
    else {
        osm_limits_apply(UA_Server_getConfig(server), options);
        result = serve(server, options, &logger);
    }
    osm_plant_stop(&plant);
    UA_Server_run_shutdown(server);
    UA_Server_delete(server);
    osm_plant_deinit(&plant);
    return result;
}

int main(int argc, char **argv)
{
    struct osm_options options;
    int r = osm_options_parse(&options, argc, argv);
    if (r != OSM_OPTIONS_RUN)
        return r < 0 ? 1 : 0;
    block_signals();
    raise_descriptors();
    r = osm_endpoints_probe(&options.port);
    return r < 0 ? cannot_listen(options.port, r) : run(&options);
}
