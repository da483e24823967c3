/* SPDX-License-Identifier: MIT */
/* See callers.h. */
#include "app/daemon/callers.h"

#include <errno.h>

#include "app/conf/token_file.h"
#include "rim/io/peer.h"
#include "serve/request/endpoint_rule.h"
#include "util/alloc.h"

static int check_endpoint_rules(const struct osm_options *options, char **error)
{
    for (char **rule = options->allow_endpoint; rule && *rule; rule++) {
        if (osm_endpoint_rule_is_valid(*rule))
            continue;
        *error = osm_printf("Not a server: \"%s\" (--allow-endpoint takes host or host:port, * and "
                            "? stand for any characters)",
                            *rule);
        return -EINVAL;
    }
    return 0;
}

int osm_callers_read(const struct osm_options *options, const struct osm_address *endpoint,
                     struct osm_ipc_config *config, char **error)
{
    _cleanup_(osm_buf_deinit) struct osm_buf err = {0};
    int r = check_endpoint_rules(options, error);

    if (r == 0)
        r = osm_peer_rules_new(options->allow_uid, options->allow_gid, &config->peers, error);
    if (r == 0 && config->peers && !endpoint->is_unix) {
        *error = osm_printf("--allow-uid and --allow-gid need a Unix socket: over TCP nobody knows "
                            "who calls");
        r = -EINVAL;
    }
    if (r == 0) {
        r = osm_token_file_read(options->token_file, &config->tokens, &err);
        if (r < 0)
            *error = osm_printf("%.*s", (int)err.length - 1, err.data);
        else if (err.length)
            osm_log_warning("%.*s", (int)err.length - 1, err.data);
    }
    if (r < 0)
        config->peers = osm_peer_rules_free(config->peers);
    return r;
}
