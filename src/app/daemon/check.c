/* SPDX-License-Identifier: MIT */
/* Looking without touching; see check.h. */
#include "app/daemon/check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/daemon/callers.h"
#include "app/daemon/event_sinks.h"
#include "rim/io/address.h"
#include "rim/io/peer.h"
#include "rim/pki/cert_paths.h"
#include "rim/ua/ua.h"
#include "serve/ipc/server.h"
#include "serve/ipc/token_set.h"
#include "util/alloc.h"

static bool complain(struct osm_buf *err, const char *message)
{
    size_t size = 4 * strlen(message) + 1;
    _cleanup_(osm_freep) char *escaped = osm_alloc(size);

    osm_buf_add(err, escaped, osm_log_escape(escaped, size, message, strlen(message)));
    osm_buf_add_byte(err, '\n');
    return false;
}

static bool check_socket(const struct osm_options *options, struct osm_buf *err)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_address endpoint;

    return osm_address_parse(options->socket, &endpoint, &error) == 0 || complain(err, error);
}

static bool check_reverse(const struct osm_options *options, struct osm_buf *err)
{
    _cleanup_(osm_freep) char *error = NULL;

    return !options->reverse_listen || osm_ua_listen_check(options->reverse_listen, &error) ||
           complain(err, error);
}

static bool check_metrics(const struct osm_options *options, struct osm_buf *err)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_address endpoint;

    return !options->metrics || osm_address_parse(options->metrics, &endpoint, &error) == 0 ||
           complain(err, error);
}

/* Users, groups, rules and the file of tokens; with a line for each mistake in the file. */
static bool check_callers(const struct osm_options *options, struct osm_buf *err)
{
    _cleanup_(osm_freep) char *error = NULL, *none = NULL;
    struct osm_address endpoint;
    struct osm_ipc_config config = {0};
    bool good = osm_address_parse(options->socket, &endpoint, &none) < 0 ||
                osm_callers_read(options, &endpoint, &config, &error) == 0;

    for (char *rest = error, *line; (line = strsep(&rest, "\n"));)
        (void)complain(err, line);
    osm_peer_rules_free(config.peers);
    osm_token_set_free(config.tokens);
    return good;
}

static bool check_sinks(const struct osm_options *options, struct osm_buf *err)
{
    _cleanup_(osm_freep) char *error = NULL;

    return osm_event_sinks_check(options, &error) == 0 || complain(err, error);
}

static bool check_cache(const struct osm_options *options, struct osm_buf *err)
{
    const char *path = options->cache_path;
    _cleanup_(osm_freep) char *message = NULL;
    struct stat status;

    if (options->cache_driver != OSM_CACHE_FILE)
        return true;
    if (!path || !*path)
        return complain(err, "--cache-path is required when --cache-driver=file");
    if (stat(path, &status) < 0 || S_ISDIR(status.st_mode))
        return true; /* what is missing will be made */
    message = osm_printf("Cannot use cache directory %s: %s", path, strerror(ENOTDIR));
    return complain(err, message);
}

/* What `open` looks at before it connects. */
static bool check_paths(const struct osm_options *options,
                        const struct osm_desired_connection *connection, struct osm_buf *err)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    char *message;
    bool good;

    osm_arena_init(&arena);
    good = osm_cert_paths_check(&connection->config, options->allowed_cert_dirs, &arena, &fault);
    if (!good) {
        message = osm_printf("%s:%u: connection \"%s\": %s", connection->file, connection->line,
                             connection->label, fault.message);
        (void)complain(err, message);
        free(message);
    }
    osm_arena_deinit(&arena);
    return good;
}

static bool check_connections(const struct osm_options *options, struct osm_buf *err)
{
    bool good = true;

    for (size_t i = 0; options->wanted && i < options->wanted->size; i++)
        good = check_paths(options, &options->wanted->connections[i], err) && good;
    return good;
}

int osm_check_options(const struct osm_options *options, struct osm_buf *err)
{
    static bool (*const checks[])(const struct osm_options *options, struct osm_buf *err) = {
        check_socket, check_reverse, check_metrics,     check_callers,
        check_sinks,  check_cache,   check_connections,
    };
    bool good = true;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(checks); i++)
        good = checks[i](options, err) && good;
    return good ? 0 : -EINVAL;
}
