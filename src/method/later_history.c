/* SPDX-License-Identifier: MIT */
/* Rows of the table whose family is still to come; see table.c. */
#include "method/methods.h"

#define LATER(method) const struct osm_method osm_method_##method = {.name = #method};
LATER(historyInsertData)
LATER(historyReplaceData)
LATER(historyUpdateData)
LATER(historyDeleteRawModified)
LATER(historyDeleteAtTime)
LATER(historyInsertEvent)
LATER(historyReplaceEvent)
LATER(historyUpdateEvent)
LATER(historyDeleteEvent)
LATER(aggregate)
LATER(historyAggregate)
