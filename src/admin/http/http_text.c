/* SPDX-License-Identifier: MIT */
/* See http_text.h. */
#include "admin/http/http_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* --- targets ------------------------------------------------------------------------------- */

static bool is_plain(char byte)
{
    return isalnum((unsigned char)byte) || (byte && strchr("-._~", byte));
}

bool osm_http_target_is_plain(const char *target, size_t *path_length)
{
    size_t length = target ? strcspn(target, "?") : 0;

    *path_length = length;
    if (!length || *target != '/')
        return false;
    for (size_t i = 1; i < length; i++) {
        if (target[i - 1] == '/' && (target[i] == '/' || target[i] == '.'))
            return false;
        if (target[i] != '/' && !is_plain(target[i]))
            return false;
    }
    return true;
}

/* --- who asks ------------------------------------------------------------------------------ */

const char *osm_http_bearer(const char *authorization)
{
    static const char scheme[] = "Bearer";
    const char *token;

    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    token = authorization + sizeof(scheme) - 1;
    if (*token != ' ')
        return NULL;
    token += strspn(token, " ");
    for (const char *byte = token; *byte; byte++)
        if (*byte <= ' ' || *byte > '~')
            return NULL;
    return *token ? token : NULL;
}

bool osm_http_host_is_local(const char *host)
{
    size_t name;

    if (!host)
        return false;
    name = *host == '[' ? strcspn(host, "]") + (strchr(host, ']') != NULL) : strcspn(host, ":");
    if (host[name] == ':' && strspn(host + name + 1, "0123456789") != strlen(host + name + 1))
        return false;
    if (host[name] && host[name] != ':')
        return false;
    if (strncmp(host, "127.", 4) == 0)
        return strspn(host, "0123456789.") == name;
    return (name == 9 && strncasecmp(host, "localhost", name) == 0) ||
           (name == 5 && strncmp(host, "[::1]", name) == 0);
}

bool osm_http_origin_is(const char *origin, const char *host)
{
    static const char scheme[] = "http://";

    return origin && host && strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
           strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}

/* --- what it is to be written in ------------------------------------------------------------ */

static const char *skip_blank(const char *at)
{
    return at + strspn(at, " \t");
}

/* A weight (RFC 9110 §12.4.2) in thousandths; -1 when it is none. */
static int read_weight(const char *at, size_t length)
{
    int weight, unit = 100;

    if (!length || (*at != '0' && *at != '1'))
        return -1;
    weight = (*at - '0') * 1000;
    if (length > 1 && at[1] != '.')
        return -1;
    for (size_t i = 2; i < length; i++, unit /= 10) {
        if (at[i] < '0' || at[i] > '9' || unit == 0)
            return -1;
        weight += (at[i] - '0') * unit;
    }
    return weight > 1000 ? -1 : weight;
}

/* One element of the list: a range and its weight. */
struct range {
    const char *text;
    size_t length;
    int weight;
};

/* Reads the element at *at and goes on behind it; parameters other than the weight are skipped. */
static struct range read_range(const char **at)
{
    const char *end = *at + strcspn(*at, ","), *part;
    struct range range = {.text = skip_blank(*at), .weight = 1000};

    range.length = strcspn(range.text, ",; \t");
    for (part = memchr(*at, ';', (size_t)(end - *at)); part;
         part = memchr(part, ';', (size_t)(end - part))) {
        part = skip_blank(part + 1);
        if (end - part >= 2 && (*part == 'q' || *part == 'Q') && part[1] == '=')
            range.weight = read_weight(part + 2, strcspn(part + 2, ",; \t"));
    }
    *at = *end ? end + 1 : end;
    return range;
}

/* How well a range names a type: 0 not at all, 1 as anything, 2 by its first half, 3 in full. */
static unsigned fit_of(const struct range *range, const char *type)
{
    size_t half = strcspn(type, "/") + 1;

    if (range->length == 3 && strncmp(range->text, "*/*", 3) == 0)
        return 1;
    if (range->length == half + 1 && range->text[half] == '*' &&
        strncasecmp(range->text, type, half) == 0)
        return 2;
    return range->length == strlen(type) && strncasecmp(range->text, type, range->length) == 0 ? 3
                                                                                               : 0;
}

/* The weight of the range that names the type best; of several the highest. */
static int weight_of(const char *accept, const char *type)
{
    unsigned best = 0;
    int weight = 0;

    while (*accept) {
        struct range range = read_range(&accept);
        unsigned fit = fit_of(&range, type);

        if (fit == 0 || range.weight < 0 || fit < best)
            continue;
        weight = fit > best || range.weight > weight ? range.weight : weight;
        best = fit;
    }
    return weight;
}

size_t osm_http_negotiate(const char *accept, const char *const *types, size_t count)
{
    size_t chosen = count;
    int best = 0;

    if (!accept)
        return 0;
    for (size_t i = 0; i < count; i++) {
        int weight = weight_of(accept, types[i]);

        if (weight > best) {
            best = weight;
            chosen = i;
        }
    }
    return chosen;
}
