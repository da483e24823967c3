/* SPDX-License-Identifier: MIT */
/* Rows of the table whose family is still to come; see table.c. */
#include "method/methods.h"

#define LATER(method) const struct osm_method osm_method_##method = {.name = #method};
LATER(aggregate)
LATER(historyAggregate)
