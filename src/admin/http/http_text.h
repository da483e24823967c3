/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_HTTP_HTTP_TEXT_H
#define OSM_ADMIN_HTTP_HTTP_TEXT_H
/*
 * What we read of HTTP ourselves; all else is libmicrohttpd's. Pure functions of texts from
 * outside, any of which may be NULL (not sent) or nonsense.
 */
#include <stdbool.h>
#include <stddef.h>

/* Whether a request target (RFC 9112 §3.2) has a path as we would write it: absolute, of
 * characters that need no escape, no empty segment, none that begins with a dot. Everything else
 * is no file and no route of ours. *path_length = what stands before the query. */
bool osm_http_target_is_plain(const char *target, size_t *path_length);

/* The token of `Authorization: Bearer <token>` (RFC 6750 §2.1), in the text; NULL when it is
 * another scheme or malformed. */
const char *osm_http_bearer(const char *authorization);

/*
 * The media type the client likes best of those offered (RFC 9110 §12.5.1): types without
 * parameters, in our order of preference, which decides ties. count when none is acceptable, 0
 * when the header is NULL.
 */
size_t osm_http_negotiate(const char *accept, const char *const *types, size_t count);

/* Whether `Host` names this machine, with any port or none: localhost, 127.…, [::1]. Names others
 * can make point here are not. */
bool osm_http_host_is_local(const char *host);

/* Whether `Origin` is http:// and that host: the page that sends a request came from us. */
bool osm_http_origin_is(const char *origin, const char *host);

#endif
