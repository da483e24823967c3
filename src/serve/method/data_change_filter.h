/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_DATA_CHANGE_FILTER_H
#define OSM_SERVE_METHOD_DATA_CHANGE_FILTER_H
/*
 * The member `filter` of items (differences.md M23; OPC 10000-4 §7.22.2): {"trigger",
 * "deadbandType", "deadbandValue"}. What the numbers mean for a node is the server's to judge.
 */
#include <open62541/types_generated.h>

#include "serve/method/parameters.h"

/* What a file of connections may say, too. */
#define OSM_DATA_CHANGE_TRIGGER UA_DATACHANGETRIGGER_STATUSVALUE

/* Absent or null leaves *filtered false; another kind or number is a TypeError. */
OSM_MUST_CHECK bool osm_data_change_filter_read(struct osm_decode *decode, yyjson_val *filter,
                                                bool *filtered, UA_DataChangeFilter *out);

#endif
