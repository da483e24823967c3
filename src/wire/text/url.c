/* SPDX-License-Identifier: MIT */
/*
 * Endpoint URLs (ipc-protocol.md §5.3): `[<scheme>://]<host>[:<port>][/…]`. The caller's text is
 * kept as it is for the session's identity; the library wants `opc.tcp://`, whatever the scheme.
 */
#include <ctype.h>

#include "wire/text/url.h"

#include <string.h>
#include <strings.h>

#include "util/alloc.h"

#define OSM_DEFAULT_PORT 4840

/* The port behind the colon at `text`; true when absent or valid. */
static bool parse_port(const char *text, const char *end, uint16_t *port)
{
    unsigned long value = 0;

    *port = OSM_DEFAULT_PORT;
    if (text == end)
        return true;
    if (*text != ':' || text + 1 == end)
        return false;
    for (text++; text < end; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        value = value * 10 + (unsigned long)(*text - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return true; /* 0 too: it is connecting that fails */
}

static const char *host_end(const char *host, const char *end)
{
    const char *at = host;

    if (*host == '[') {
        const char *bracket = memchr(host, ']', (size_t)(end - host));

        return bracket ? bracket + 1 : host;
    }
    while (at < end && *at != ':')
        at++;
    return at;
}

const char *const osm_url_userinfo_refusal =
    "Invalid endpoint URL: user names and passwords do not belong into it (\"@\" before the host). "
    "Give them as username and password of the configuration";

bool osm_url_has_userinfo(const char *url)
{
    const char *scheme = strstr(url, "://");
    const char *authority = scheme ? scheme + 3 : url;

    return memchr(authority, '@', strcspn(authority, "/?#")) != NULL;
}

bool osm_url_has_our_scheme(const char *url)
{
    const char *scheme = strstr(url, "://");

    return !scheme || scheme > url + strcspn(url, "/?#") ||
           (scheme - url == 7 && strncasecmp(url, "opc.tcp", 7) == 0);
}

bool osm_url_parse(const char *url, char **host, uint16_t *port, char **sent_url)
{
    const char *scheme = strstr(url, "://");
    const char *authority = scheme ? scheme + 3 : url;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at = memchr(authority, '@', (size_t)(end - authority));
    const char *name = at ? at + 1 : authority;
    const char *name_end = host_end(name, end);

    if (scheme == url || name_end == name || !parse_port(name_end, end, port))
        return false;
    if (!scheme && name_end == end)
        return false; /* a bare word is no URL */
    if (*name == '[') {
        if (name_end - name < 3)
            return false;
        *host = osm_strndup(name + 1, (size_t)(name_end - name) - 2);
    } else {
        *host = osm_strndup(name, (size_t)(name_end - name));
    }
    *sent_url =
        osm_printf("opc.tcp://%.*s:%u%s", (int)(name_end - name), name, (unsigned)*port, end);
    return true;
}
