/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_RANDOM_H
#define OSM_TESTING_TESTING_RANDOM_H
/* Values of every type with something in them, the same ones in every run. */
#include <stdint.h>

#include <open62541/types_generated.h>

#include "util/arena.h"

/* The next number below that one. */
uint32_t test_any(uint32_t below);
/* A value of the type in *out; what it points to is in the arena. depth: of what it is part of. */
void test_fill(struct osm_arena *arena, const UA_DataType *type, char *out, unsigned depth);

#endif
