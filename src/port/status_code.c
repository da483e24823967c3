/* SPDX-License-Identifier: MIT */
/* The contract's status names; see status_code.h. */
#include "port/status_code.h"

#include <stdlib.h>
#include <string.h>

#include <open62541/statuscodes.h>
#include <open62541/types.h>

#include "util/alloc.h"

static const struct {
    UA_StatusCode code;
    const char *name;
} names[] = {
    {0x00000000, "Good"},
    {0x80010000, "BadUnexpectedError"},
    {0x80020000, "BadInternalError"},
    {0x80030000, "BadOutOfMemory"},
    {0x80050000, "BadCommunicationError"},
    {0x800A0000, "BadTimeout"},
    {0x800B0000, "BadServiceUnsupported"},
    {0x800F0000, "BadNothingToDo"},
    {0x80100000, "BadTooManyOperations"},
    {0x801F0000, "BadUserAccessDenied"},
    {0x80220000, "BadSecureChannelIdInvalid"},
    {0x80250000, "BadSessionIdInvalid"},
    {0x80340000, "BadNodeIdUnknown"},
    {0x80350000, "BadAttributeIdInvalid"},
    {0x80360000, "BadIndexRangeInvalid"},
    {0x803B0000, "BadNotWritable"},
    {0x803E0000, "BadNotReadable"},
    {0x80740000, "BadTypeMismatch"},
    {0x80750000, "BadMethodInvalid"},
    {0x80760000, "BadArgumentsMissing"},
    {0x80AB0000, "BadInvalidArgument"},
    {0x80AF0000, "BadInvalidState"},
    {0x80B10000, "BadNoData"},
    {0x80D60000, "BadAggregateInvalidInputs"},
    {0x80D80000, "BadAggregateNotSupported"},
    {0x80DA0000, "BadAggregateConfigurationRejected"},
    {0x80E70000, "BadFileHandleInvalid"},
    {0x80E80000, "BadFileNotOpened"},
    {0x408F0000, "UncertainNoCommunicationLastUsableValue"},
    {0x40A30000, "UncertainDataSubNormal"},
};

static const UA_StatusCode losses[] = {
    UA_STATUSCODE_BADSESSIONIDINVALID,        UA_STATUSCODE_BADSESSIONCLOSED,
    UA_STATUSCODE_BADSESSIONNOTACTIVATED,     UA_STATUSCODE_BADSECURECHANNELIDINVALID,
    UA_STATUSCODE_BADSECURECHANNELCLOSED,     UA_STATUSCODE_BADSECURECHANNELTOKENUNKNOWN,
    UA_STATUSCODE_BADTCPSECURECHANNELUNKNOWN, UA_STATUSCODE_BADCONNECTIONCLOSED,
    UA_STATUSCODE_BADCONNECTIONREJECTED,      UA_STATUSCODE_BADNOTCONNECTED,
    UA_STATUSCODE_BADSERVERNOTCONNECTED,
};

const char *osm_status_code_name(UA_StatusCode status, struct osm_arena *arena)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++)
        if (names[i].code == status)
            return names[i].name;
    return osm_arena_printf(arena, "0x%08X", status);
}

void osm_status_code_fault(UA_StatusCode status, struct osm_arena *arena, struct osm_fault *fault)
{
    enum osm_fault_type type = status == UA_STATUSCODE_BADSERVICEUNSUPPORTED
                                   ? OSM_FAULT_SERVICE_UNSUPPORTED
                                   : OSM_FAULT_SERVICE;

    osm_fault_set(fault, arena, type, "Server returned ServiceFault: 0x%08X %s", status,
                  osm_status_code_name(status, arena));
}

/* The first of 8 digits; 0 = there is none. */
static UA_StatusCode code_in(const char *message)
{
    for (const char *at = message; (at = strstr(at, "0x")); at += 2) {
        char *end;
        unsigned long code = strtoul(at, &end, 16);

        if (end == at + 10 && code > UA_STATUSCODE_GOOD)
            return (UA_StatusCode)code;
    }
    return UA_STATUSCODE_GOOD;
}

char *osm_status_code_spell(const char *message)
{
    UA_StatusCode code = code_in(message);
    const char *name = code ? UA_StatusCode_name(code) : "";

    if (!code || strstr(message, name) || strncmp(name, "Unknown", 7) == 0)
        return osm_strdup(message);
    return osm_printf("%s (%s)", message, name);
}

bool osm_status_code_is_loss(UA_StatusCode status)
{
    if (status == UA_STATUSCODE_GOOD) /* as nearly all are */
        return false;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(losses); i++)
        if (losses[i] == status)
            return true;
    return false;
}
