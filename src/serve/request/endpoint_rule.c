/* SPDX-License-Identifier: MIT */
/* Patterns of servers; see endpoint_rule.h. */
#include "serve/request/endpoint_rule.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/alloc.h"
#include "wire/text/url.h"

#define SCHEME "opc.tcp://"
#define OSM_PORT_TEXT 8

struct pattern {
    const char *host;
    size_t host_length; /* without brackets */
    const char *port;   /* NULL = any */
};

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return strcmp(text, "*") == 0 || (digits > 0 && digits <= 5 && text[digits] == '\0');
}

static bool split_brackets(const char *text, struct pattern *pattern, const char **rest)
{
    const char *end = strchr(text, ']');

    if (!end || end == text + 1)
        return false;
    pattern->host = text + 1;
    pattern->host_length = (size_t)(end - text) - 1;
    *rest = end + 1;
    return true;
}

static bool split(const char *text, struct pattern *pattern)
{
    const char *rest;

    if (strncasecmp(text, SCHEME, sizeof(SCHEME) - 1) == 0)
        text += sizeof(SCHEME) - 1;
    pattern->host = text;
    pattern->host_length = strcspn(text, ":");
    rest = text + pattern->host_length;
    if (*text == '[' && !split_brackets(text, pattern, &rest))
        return false;
    pattern->port = *rest == ':' ? rest + 1 : NULL;
    return pattern->host_length > 0 && !memchr(pattern->host, '/', pattern->host_length) &&
           (pattern->port ? is_port(pattern->port) : *rest == '\0');
}

bool osm_endpoint_rule_is_valid(const char *pattern)
{
    struct pattern parts;

    return split(pattern, &parts);
}

/* A pattern of digits means addresses: `10.*` is not for the name 10.example.org, nor for 10.1,
 * which resolvers take for an address of their own making. */
static bool is_of_addresses(const char *pattern)
{
    bool digits = false;

    if (strchr(pattern, ':'))
        return true;
    for (; *pattern; pattern++) {
        if (isalpha((unsigned char)*pattern) || (unsigned char)*pattern >= 0x80)
            return false;
        digits |= isdigit((unsigned char)*pattern) != 0;
    }
    return digits;
}

/* Four decimal numbers, the only form everybody reads the same; or IPv6, as no name has a colon. */
static bool is_address(const char *host)
{
    unsigned parts = 0;

    if (strchr(host, ':'))
        return true;
    for (;; host++) {
        size_t digits = strspn(host, "0123456789");

        if (digits == 0 || digits > 3 || (digits > 1 && *host == '0') ||
            strtol(host, NULL, 10) > 255)
            return false;
        host += digits;
        parts++;
        if (*host != '.')
            return parts == 4 && *host == '\0';
    }
}

static bool covers(const char *text, const char *host, const char *port)
{
    _cleanup_(osm_freep) char *host_pattern = NULL;
    struct pattern pattern;

    if (!split(text, &pattern))
        return false;
    host_pattern = osm_strndup(pattern.host, pattern.host_length);
    return (!is_of_addresses(host_pattern) || is_address(host)) &&
           fnmatch(host_pattern, host, FNM_CASEFOLD | FNM_NOESCAPE) == 0 &&
           (!pattern.port || strcmp(pattern.port, "*") == 0 || strcmp(pattern.port, port) == 0);
}

bool osm_endpoint_rules_allow(char *const *patterns, const char *url)
{
    _cleanup_(osm_freep) char *host = NULL, *sent_url = NULL;
    char port_text[OSM_PORT_TEXT];
    uint16_t port;

    if (!patterns)
        return true;
    if (!osm_url_parse(url, &host, &port, &sent_url))
        return false;
    (void)snprintf(port_text, sizeof(port_text), "%u", (unsigned)port);
    for (; *patterns; patterns++)
        if (covers(*patterns, host, port_text))
            return true;
    return false;
}
