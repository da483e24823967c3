/* SPDX-License-Identifier: MIT */
/* Reading the URL of a broker; see mqtt_url.h. */
#include "sink/mqtt_url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/topic.h"
#include "util/alloc.h"
#include "util/hex.h"
#include "util/utf8.h"
#include "util/wipe.h"

#define PORT 1883
#define TLS_PORT 8883
#define KEEPALIVE 30

/* --- pieces -------------------------------------------------------------------------------- */

/* The text between two places, decoded; NULL when a % is wrong or stands for NUL, or when the
 * result is no UTF-8. */
static char *decode(const char *text, const char *end)
{
    char *out = osm_alloc((size_t)(end - text) + 1);
    size_t length = 0;

    for (; text < end; text++) {
        int high = 0, low = 0;

        if (*text == '%') {
            high = end - text > 2 ? osm_hex_digit(text[1]) : -1;
            low = high >= 0 ? osm_hex_digit(text[2]) : -1;
            if (low < 0 || high + low == 0)
                break;
            text += 2;
        }
        out[length++] = high + low ? (char)(high << 4 | low) : *text;
    }
    if (text == end && osm_utf8_is_valid(out, length))
        return out;
    osm_wipe_and_free(out);
    return NULL;
}

static bool parse_number(const char *text, const char *end, int least, int most, int *value)
{
    int number = 0;

    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (*text - '0');
        if (number > most)
            return false;
    }
    *value = number;
    return number >= least;
}

/* --- members behind '?' -------------------------------------------------------------------- */

static bool is_text(const char *text, const char *end, const char *word)
{
    return strlen(word) == (size_t)(end - text) && memcmp(text, word, strlen(word)) == 0;
}

static const char *set_qos(struct osm_mqtt_url *url, const char *text, const char *end)
{
    return parse_number(text, end, 0, 2, &url->qos) ? NULL : "qos is 0, 1 or 2";
}

static const char *set_keepalive(struct osm_mqtt_url *url, const char *text, const char *end)
{
    return parse_number(text, end, 5, 65535, &url->keepalive)
               ? NULL
               : "keepalive is a number of seconds from 5 to 65535";
}

static const char *set_retain(struct osm_mqtt_url *url, const char *text, const char *end)
{
    url->retain_last = is_text(text, end, "last");
    return url->retain_last || is_text(text, end, "none") ? NULL : "retain is none or last";
}

static const struct member {
    const char *name;
    const char *(*set)(struct osm_mqtt_url *url, const char *text, const char *end);
    size_t offset; /* of a text, when there is no set */
    bool tls_only;
} members[] = {
    {.name = "qos", .set = set_qos},
    {.name = "retain", .set = set_retain},
    {.name = "keepalive", .set = set_keepalive},
    {.name = "client", .offset = offsetof(struct osm_mqtt_url, client)},
    {.name = "password-file", .offset = offsetof(struct osm_mqtt_url, password_file)},
    {.name = "ca", .offset = offsetof(struct osm_mqtt_url, ca), .tls_only = true},
    {.name = "cert", .offset = offsetof(struct osm_mqtt_url, cert), .tls_only = true},
    {.name = "key", .offset = offsetof(struct osm_mqtt_url, key), .tls_only = true},
};

static const char *set_member(struct osm_mqtt_url *url, const char *text, const char *end)
{
    const char *equals = memchr(text, '=', (size_t)(end - text));
    const struct member *member = NULL;
    char **field;

    for (size_t i = 0; equals && i < OSM_ARRAY_SIZE(members); i++)
        member = is_text(text, equals, members[i].name) ? &members[i] : member;
    if (!member)
        return "unknown member behind ?; known are qos retain client keepalive password-file ca "
               "cert key";
    if (member->tls_only && !url->tls)
        return "ca, cert and key need mqtts://";
    if (member->set)
        return member->set(url, equals + 1, end);
    field = (char **)(void *)((char *)url + member->offset);
    free(*field);
    *field = decode(equals + 1, end);
    return *field && **field ? NULL : "a member behind ? has no proper value";
}

static const char *parse_members(struct osm_mqtt_url *url, const char *text)
{
    while (*text) {
        const char *end = text + strcspn(text, "&");
        const char *error = set_member(url, text, end);

        if (error)
            return error;
        text = end + (*end == '&');
    }
    return NULL;
}

/* --- the parts ----------------------------------------------------------------------------- */

static const char *parse_user(struct osm_mqtt_url *url, const char *text, const char *end)
{
    const char *colon = memchr(text, ':', (size_t)(end - text));

    url->user = decode(text, colon ? colon : end);
    if (colon)
        url->password = decode(colon + 1, end);
    return url->user && *url->user && (!colon || url->password)
               ? NULL
               : "user or password is not properly encoded";
}

static const char *parse_host(struct osm_mqtt_url *url, const char *text, const char *end)
{
    const char *close = *text == '[' ? memchr(text, ']', (size_t)(end - text)) : NULL;
    const char *host_end = close ? close + 1 : memchr(text, ':', (size_t)(end - text));

    if (!host_end)
        host_end = end;
    url->host = close ? decode(text + 1, close) : decode(text, host_end);
    if (!url->host || !*url->host || (!close && strpbrk(url->host, "[] ")))
        return "the host is missing or malformed";
    if (host_end < end &&
        (*host_end != ':' || !parse_number(host_end + 1, end, 1, 65535, &url->port)))
        return "the port is no number from 1 to 65535";
    return NULL;
}

static const char *parse_topic(struct osm_mqtt_url *url, const char *text, const char *end)
{
    const char *error;

    url->topic = text < end ? decode(text, end) : osm_strdup(OSM_MQTT_TOPIC);
    if (!url->topic)
        return "the topic is not properly encoded";
    error = osm_topic_check(url->topic);
    if (!error && url->retain_last && !osm_topic_uses(url->topic, OSM_TOPIC_HANDLE))
        error = "retain=last needs {handle} in the topic, or items overwrite each other's values";
    return error;
}

static const char *parse_scheme(struct osm_mqtt_url *url, const char **text)
{
    static const char plain[] = "mqtt://", tls[] = "mqtts://";

    url->tls = strncmp(*text, tls, sizeof(tls) - 1) == 0;
    if (!url->tls && strncmp(*text, plain, sizeof(plain) - 1) != 0)
        return "it begins with mqtt:// or mqtts://";
    *text += url->tls ? sizeof(tls) - 1 : sizeof(plain) - 1;
    url->port = url->tls ? TLS_PORT : PORT;
    return NULL;
}

static const char *parse(const char *text, struct osm_mqtt_url *url)
{
    const char *error = parse_scheme(url, &text);
    const char *end = text + strcspn(text, "/?"), *path_end = end + strcspn(end, "?");
    const char *at = memrchr(text, '@', (size_t)(end - text));

    if (!error && strchr(text, '#'))
        error = "# must be written as %23";
    if (!error && at)
        error = parse_user(url, text, at);
    if (!error)
        error = parse_host(url, at ? at + 1 : text, end);
    if (!error && *path_end)
        error = parse_members(url, path_end + 1);
    if (!error)
        error = parse_topic(url, OSM_MIN(end + 1, path_end), path_end);
    if (!error && (!url->cert != !url->key))
        error = "cert and key belong together";
    if (!error && (url->password || url->password_file) && !url->user)
        error = "a password needs a user";
    return error;
}

int osm_mqtt_url_parse(const char *text, struct osm_mqtt_url *url, const char **error)
{
    *url = (struct osm_mqtt_url){.qos = 1, .keepalive = KEEPALIVE};
    *error = parse(text, url);
    return *error ? -EINVAL : 0;
}

void osm_mqtt_url_deinit(struct osm_mqtt_url *url)
{
    osm_wipe_and_free(url->password);
    free(url->host);
    free(url->user);
    free(url->password_file);
    free(url->topic);
    free(url->client);
    free(url->ca);
    free(url->cert);
    free(url->key);
    *url = (struct osm_mqtt_url){0};
}
