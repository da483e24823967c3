/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_IPC_TOKEN_SET_H
#define OSM_SERVE_IPC_TOKEN_SET_H
/*
 * Tokens of several callers, each with what it allows (serve/request/grant.h). Read from the text
 * of a token file, a line each:
 *
 *   # role  token                           servers (serve/request/endpoint_rule.h), none = all
 *   read    0f4be1…                         plant-*:4840  10.0.3.17
 *   write   sha256:<64 hex digits of the token's SHA-256>
 *   read    77a0c2…                         sessions=5 requests=100 bytes=8388608
 *
 * Words with a `=` are quotas (serve/request/grant.h), the others are servers. Only hashes are
 * kept, so a set holds no secret that could leak. A file that is read anew gives a new set, which
 * then goes on with the grants of the old one.
 */
#include <stdbool.h>
#include <stddef.h>

#include <yyjson.h>

#include "serve/request/grant.h"
#include "util/buf.h"

struct osm_token_set;

/* Most tokens of a set. */
#define OSM_TOKENS_MAX 1000

/*
 * Reads a file's text. Every fault is appended to err as a line `<name>:<line>: <what is wrong>`;
 * tokens are not repeated there. NULL when there was one.
 */
struct osm_token_set *osm_token_set_parse(const char *text, size_t length, const char *name,
                                          struct osm_buf *err);
struct osm_token_set *osm_token_set_free(struct osm_token_set *set);
size_t osm_token_set_size(const struct osm_token_set *set);
/* The grant (borrowed) of the token in line of the file, first = 0; NULL behind the last one. */
struct osm_grant *osm_token_set_get(const struct osm_token_set *set, size_t index);
/* Tokens of both sets keep the grant they have in `before`, with the terms they have in `set`;
 * grants of those that are in `before` alone are revoked. Either may be NULL. */
void osm_token_set_succeed(struct osm_token_set *set, struct osm_token_set *before);

/* The grant (borrowed) of the token a caller has given, or NULL if there is no such token. Looks
 * at all tokens, in a time that does not depend on which it is. */
struct osm_grant *osm_token_set_find(const struct osm_token_set *set, yyjson_val *supplied);
/* The same for a text that is no JSON; NULL = nothing. */
struct osm_grant *osm_token_set_find_text(const struct osm_token_set *set, const char *text,
                                          size_t length);

#endif
