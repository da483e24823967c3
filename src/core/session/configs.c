/* SPDX-License-Identifier: MIT */
/* Configurations, each once; see configs.h. */
#include "core/session/configs.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/random.h"

void osm_configs_init(struct osm_configs *configs)
{
    *configs = (struct osm_configs){0};
    osm_random(configs->salt, sizeof(configs->salt));
}

static struct osm_kept_config *find(const struct osm_configs *configs, const uint8_t *digest)
{
    struct osm_kept_config *kept;

    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_FIND(hh, configs->all, digest, OSM_DIGEST_BYTES, kept);
    return kept;
}

const struct osm_kept_config *osm_configs_find(const struct osm_configs *configs,
                                               const struct osm_config *config)
{
    uint8_t digest[OSM_DIGEST_BYTES];

    if (!configs->all)
        return NULL;
    osm_config_digest(config, configs->salt, digest);
    return find(configs, digest);
}

const struct osm_kept_config *osm_configs_join(struct osm_configs *configs,
                                               struct osm_config *config)
{
    uint8_t digest[OSM_DIGEST_BYTES];
    struct osm_kept_config *kept;

    osm_config_digest(config, configs->salt, digest);
    kept = find(configs, digest);
    if (kept) {
        osm_config_deinit(config);
    } else {
        osm_config_forget(config, OSM_CONFIG_password);
        kept = osm_alloc(sizeof(*kept));
        kept->of = configs;
        kept->config = *config;
        *config = (struct osm_config){0};
        memcpy(kept->digest, digest, sizeof(digest));
        /* NOLINTNEXTLINE(clang-analyzer-*,bugprone-*): inside uthash */
        HASH_ADD(hh, configs->all, digest, sizeof(kept->digest), kept);
    }
    kept->sessions++;
    return kept;
}

void osm_configs_leave(const struct osm_kept_config *joined)
{
    struct osm_kept_config *kept = (struct osm_kept_config *)(uintptr_t)joined;

    if (--kept->sessions)
        return;
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_DEL(kept->of->all, kept);
    osm_config_deinit(&kept->config);
    free(kept);
}
