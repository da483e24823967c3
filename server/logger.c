/* SPDX-License-Identifier: MIT */
#include "logger.h"

#include <stdio.h>
#include <string.h>

/* Passwords without encryption are meant: the loopback is the only wire. */
static const char meant[] = "ActivateSession: Received an unencrypted UserToken";

static const char *level_name(UA_LogLevel level)
{
    if (level >= UA_LOGLEVEL_ERROR)
        return "error";
    if (level >= UA_LOGLEVEL_WARNING)
        return "warning";
    return level >= UA_LOGLEVEL_INFO ? "info" : "debug";
}

static void write_log(void *context, UA_LogLevel level, UA_LogCategory category,
                      const char *message, va_list arguments)
{
    const struct osm_logger *logger = context;
    if (level < logger->least || (level == UA_LOGLEVEL_WARNING && strstr(message, meant)))
        return;
    char line[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(line, sizeof(line), message, arguments);
#pragma GCC diagnostic pop
    fprintf(stderr, "opcua-demo-server: %s: %s\n", level_name(level), line);
}

void osm_logger_init(struct osm_logger *logger, UA_LogLevel least)
{
    *logger = (struct osm_logger){
        .base = {.log = write_log, .context = logger, .clear = NULL},
        .least = least,
    };
}
