/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_ENDPOINT_RULE_H
#define OSM_SERVE_REQUEST_ENDPOINT_RULE_H
/*
 * Which servers may be reached: a list of patterns such as `plant-*:4840`. They are compared with
 * host and port as the connection will use them, not with the URL's text, so user names, upper
 * case, paths or a missing port in a URL change nothing.
 *
 *   pattern   [opc.tcp://]host[:port]
 *   host      any case; `*` stands for any characters, `?` for one; IPv6 addresses in brackets
 *   port      a number or `*`; absent = any
 *
 * Names are not resolved: a rule for an address does not cover a name that leads to it.
 */
#include <stdbool.h>

/* Whether the text is a pattern at all. */
bool osm_endpoint_rule_is_valid(const char *pattern);
/* Whether one of the patterns (NULL-terminated; NULL = everything is allowed) covers the URL. A
 * URL that cannot be read is covered by none. */
bool osm_endpoint_rules_allow(char *const *patterns, const char *url);

#endif
