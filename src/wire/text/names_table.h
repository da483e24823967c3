/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_NAMES_TABLE_H
#define OSM_WIRE_TEXT_NAMES_TABLE_H
/*
 * Looking a URI up in a server's NamespaceArray. A server may have tens of thousands of them, a
 * request or an answer name as many: a link keeps a table of hashes, keyed at random, because what
 * collides is the server's choice.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

struct osm_names_table;

/* Of up to 65536 URIs, which it does not keep. */
struct osm_names_table *osm_names_table_new(const UA_String *uris, size_t size);
/* NULL is fine; returns NULL. */
struct osm_names_table *osm_names_table_free(struct osm_names_table *table);

/* The lowest index of the URI; false = it is not there. table: of these URIs; NULL = they are
 * looked through. size 0: none is known now, whatever the table says. */
bool osm_names_find(const UA_String *uris, const struct osm_names_table *table, size_t size,
                    const UA_String *uri, uint16_t *index);

#endif
