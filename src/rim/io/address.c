/* SPDX-License-Identifier: MIT */
/*
 * Parsing of endpoint strings; see address.h. Pure: no socket is made and no name is looked up
 * here. The texts of the refusals are contract (ipc-protocol.md §1, daemon.md §4).
 */
#include "rim/io/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "util/alloc.h"

#define OSM_SUN_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)
#define OSM_PORT_MAX 65535u

_Static_assert(OSM_ADDRESS_URI_SIZE >= sizeof("unix://") + OSM_SUN_PATH_SIZE,
               "a URI must hold the longest socket path");

/* A refused host may be any text; the message shows this much of it. */
#define OSM_SHOWN_TEXT 256

static int parse_unix(const char *path, struct osm_address *endpoint, char **error)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;
    size_t length = strlen(path);

    if (length == 0) {
        *error = osm_printf("The endpoint names no socket path. Use unix:///path/to/socket");
        return -EINVAL;
    }
    if (length >= OSM_SUN_PATH_SIZE) {
        *error = osm_printf("Unix socket path is too long: %zu bytes, but the Linux kernel limits "
                            "sun_path to %zu bytes (usable %zu). Choose a shorter path: %s",
                            length, OSM_SUN_PATH_SIZE, OSM_SUN_PATH_SIZE - 1, path);
        return -EINVAL;
    }
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    endpoint->address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    endpoint->is_unix = true;
    (void)snprintf(endpoint->uri, sizeof(endpoint->uri), "unix://%s", path);
    return 0;
}

static void set_ipv4(struct osm_address *endpoint, struct in_addr host, unsigned port)
{
    struct sockaddr_in *address = (struct sockaddr_in *)&endpoint->address;

    address->sin_family = AF_INET;
    address->sin_addr = host;
    address->sin_port = htons((uint16_t)port);
    endpoint->address_length = sizeof(*address);
}

static void set_ipv6(struct osm_address *endpoint, struct in6_addr host, unsigned port)
{
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&endpoint->address;

    address->sin6_family = AF_INET6;
    address->sin6_addr = host;
    address->sin6_port = htons((uint16_t)port);
    endpoint->address_length = sizeof(*address);
}

static bool is_ipv4_loopback(struct in_addr host)
{
    return (ntohl(host.s_addr) >> 24) == 127;
}

/* Fills in the address if host is one of the loopback. */
static bool parse_loopback(const char *host, unsigned port, struct osm_address *endpoint)
{
    struct in_addr ipv4 = {.s_addr = htonl(INADDR_LOOPBACK)};
    struct in6_addr ipv6;

    if (strcmp(host, "localhost") == 0 ||
        (inet_pton(AF_INET, host, &ipv4) == 1 && is_ipv4_loopback(ipv4))) {
        set_ipv4(endpoint, ipv4, port);
        return true;
    }
    if (inet_pton(AF_INET6, host, &ipv6) != 1)
        return false;
    if (IN6_IS_ADDR_LOOPBACK(&ipv6)) {
        set_ipv6(endpoint, ipv6, port);
        return true;
    }
    /* ::ffff:127.x.y.z is the IPv4 loopback in IPv6 dress. */
    memcpy(&ipv4, &ipv6.s6_addr[12], sizeof(ipv4));
    if (IN6_IS_ADDR_V4MAPPED(&ipv6) && is_ipv4_loopback(ipv4)) {
        set_ipv4(endpoint, ipv4, port);
        return true;
    }
    return false;
}

static bool parse_port(const char *text, unsigned *port)
{
    size_t digits = strspn(text, "0123456789");
    unsigned value = 0;

    if (digits == 0 || digits > 5 || text[digits])
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *port = value;
    return value <= OSM_PORT_MAX;
}

static bool parse_any(const char *host, unsigned port, struct osm_address *endpoint)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;

    if (inet_pton(AF_INET, host, &ipv4) == 1)
        set_ipv4(endpoint, ipv4, port);
    else if (inet_pton(AF_INET6, host, &ipv6) == 1)
        set_ipv6(endpoint, ipv6, port);
    else
        return parse_loopback(host, port, endpoint);
    return true;
}

static int refuse_host(bool any, const char *name, char **error)
{
    if (any)
        *error = osm_printf("\"%.*s\" is no address to listen on: give it as numbers "
                            "(tcp://0.0.0.0:<port>, tcp://[::]:<port>)",
                            OSM_SHOWN_TEXT, name);
    else
        *error = osm_printf("SessionManagerDaemon refuses to bind TCP listener to non-loopback "
                            "host \"%.*s\". Use 127.0.0.1 or ::1; layer TLS / SSH tunnel "
                            "explicitly if remote access is required.",
                            OSM_SHOWN_TEXT, name);
    return -EINVAL;
}

/* any: of any interface, else of the loopback only. */
static int parse_tcp(const char *text, bool any, struct osm_address *endpoint, char **error)
{
    const char *authority = text + strlen("tcp://");
    const char *colon = strrchr(authority, ':');
    size_t length = colon ? (size_t)(colon - authority) : 0;
    const char *host = authority;
    unsigned port = 0;

    if (colon && length >= 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (colon) {
        _cleanup_(osm_freep) char *name = osm_strndup(host, length);

        if (!(any ? parse_any : parse_loopback)(name, 0, endpoint))
            return refuse_host(any, name, error);
    }
    if (!colon || !parse_port(colon + 1, &port)) {
        *error = osm_printf("The endpoint \"%.*s\" has no valid port. Use tcp://127.0.0.1:<port> "
                            "with a number from 0 to %u (0: the kernel chooses)",
                            OSM_SHOWN_TEXT, text, OSM_PORT_MAX);
        return -EINVAL;
    }
    (void)snprintf(endpoint->uri, sizeof(endpoint->uri), "%s", text);
    osm_address_set_port(endpoint, port);
    return 0;
}

int osm_address_parse(const char *text, struct osm_address *endpoint, char **error)
{
    const char *separator = strstr(text, "://");

    *endpoint = (struct osm_address){0};
    *error = NULL;
    if (!separator)
        return parse_unix(text, endpoint, error);
    if (strncmp(text, "unix://", 7) == 0)
        return parse_unix(text + 7, endpoint, error);
    if (strncmp(text, "tcp://", 6) == 0)
        return parse_tcp(text, false, endpoint, error);
    *error = osm_printf("Unsupported endpoint scheme \"%.*s://\". Use unix:///path/to/socket or "
                        "tcp://127.0.0.1:<port>",
                        (int)OSM_MIN(separator - text, OSM_SHOWN_TEXT), text);
    return -EINVAL;
}

int osm_address_parse_tcp(const char *text, struct osm_address *endpoint, char **error)
{
    *endpoint = (struct osm_address){0};
    *error = NULL;
    if (strncmp(text, "tcp://", 6) == 0)
        return parse_tcp(text, true, endpoint, error);
    *error = osm_printf("No address to listen on: \"%.*s\". Use tcp://<address>:<port>",
                        OSM_SHOWN_TEXT, text);
    return -EINVAL;
}

const char *osm_address_path(const struct osm_address *endpoint)
{
    osm_assert(endpoint->is_unix);
    return ((const struct sockaddr_un *)&endpoint->address)->sun_path;
}

unsigned osm_address_port(const struct osm_address *endpoint)
{
    switch (endpoint->address.ss_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *)&endpoint->address)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *)&endpoint->address)->sin6_port);
    default:
        return 0;
    }
}

void osm_address_set_port(struct osm_address *endpoint, unsigned port)
{
    char *colon = strrchr(endpoint->uri, ':');

    osm_assert(!endpoint->is_unix && colon && port <= OSM_PORT_MAX);
    if (endpoint->address.ss_family == AF_INET)
        ((struct sockaddr_in *)&endpoint->address)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)&endpoint->address)->sin6_port = htons((uint16_t)port);
    (void)snprintf(colon, sizeof(endpoint->uri) - (size_t)(colon - endpoint->uri), ":%u", port);
}
