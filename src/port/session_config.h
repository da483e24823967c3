/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_SESSION_CONFIG_H
#define OSM_PORT_SESSION_CONFIG_H
/*
 * The configuration of a session, `open.config` (ipc-protocol.md §6): one table row per key, from
 * which parsing, `list` (serve/request/config.h) and the session's identity follow.
 *
 * Which keys were set is part of the identity: a key set to its default differs from an absent
 * one. Secrets are kept only as long as somebody needs them to connect.
 */
#include <stdbool.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/digest.h"
#include "util/fault.h"
#include "util/macros.h"

enum osm_config_kind { OSM_CONFIG_FLOAT, OSM_CONFIG_INT, OSM_CONFIG_BOOL, OSM_CONFIG_TEXT };

/* name on the wire, kind, secret, shown by `list` */
#define OSM_CONFIG_KEYS(X)                                                                         \
    X(opcuaTimeout, FLOAT, false, true)                                                            \
    X(autoRetry, INT, false, true)                                                                 \
    X(batchSize, INT, false, true)                                                                 \
    X(defaultBrowseMaxDepth, INT, false, true)                                                     \
    X(securityPolicy, TEXT, false, true)                                                           \
    X(securityMode, INT, false, true)                                                              \
    X(username, TEXT, false, false)                                                                \
    X(password, TEXT, true, false)                                                                 \
    X(clientCertPath, TEXT, false, true)                                                           \
    X(clientKeyPath, TEXT, true, false)                                                            \
    X(caCertPath, TEXT, true, false)                                                               \
    X(userCertPath, TEXT, false, true)                                                             \
    X(userKeyPath, TEXT, true, false)                                                              \
    X(trustStorePath, TEXT, false, true)                                                           \
    X(trustPolicy, TEXT, false, true)                                                              \
    X(autoAccept, BOOL, false, true)                                                               \
    X(autoAcceptForce, BOOL, false, true)                                                          \
    X(autoDetectWriteType, BOOL, false, true)                                                      \
    X(readMetadataCache, BOOL, false, true)                                                        \
    X(strict, BOOL, false, true)                                                                   \
    X(sessionTimeout, FLOAT, false, true)                                                          \
    X(reverse, BOOL, false, true)

enum osm_config_key {
#define X(key, kind, secret, listed) OSM_CONFIG_##key,
    OSM_CONFIG_KEYS(X)
#undef X
        OSM_CONFIG_KEY_COUNT_
};

struct osm_config_row {
    const char *name; /* on the wire */
    enum osm_config_kind kind;
    bool secret;
    bool listed;
};

extern const struct osm_config_row osm_config_rows[OSM_CONFIG_KEY_COUNT_];

union osm_config_value {
    double as_FLOAT;
    int64_t as_INT;
    bool as_BOOL;
    char *as_TEXT; /* owned */
};

struct osm_config {
    uint32_t set; /* bit per key */
    union osm_config_value values[OSM_CONFIG_KEY_COUNT_];
};

/* Checks securityPolicy, securityMode and trustPolicy (ValueError), then that security is
 * configured wholly or not at all (S5). */
OSM_MUST_CHECK bool osm_config_check(const struct osm_config *config, struct osm_arena *arena,
                                     struct osm_fault *fault);
/* Wipes secrets, frees texts. NULL is fine. */
void osm_config_deinit(struct osm_config *config);
/* Wipes a text; the key is absent from then on. */
void osm_config_forget(struct osm_config *config, enum osm_config_key key);

static inline bool osm_config_has(const struct osm_config *config, enum osm_config_key key)
{
    return config->set & (UINT32_C(1) << key);
}

/* The value of a text key, NULL when absent. */
const char *osm_config_text(const struct osm_config *config, enum osm_config_key key);
/* The value, or fallback when absent. */
int64_t osm_config_int(const struct osm_config *config, enum osm_config_key key, int64_t fallback);
bool osm_config_bool(const struct osm_config *config, enum osm_config_key key, bool fallback);
/* opcuaTimeout in seconds as the getter reports it: negative and absent give 5.0 (R18). */
double osm_config_timeout(const struct osm_config *config);

/* sessionTimeout in milliseconds as the server is asked for it; 0 = absent or not above 0. */
uint32_t osm_config_session_timeout(const struct osm_config *config);

/* The row of that name, or OSM_CONFIG_KEY_COUNT_. */
enum osm_config_key osm_config_find(const char *name, size_t length);
/* Everything, secrets included; the copy is owned. */
void osm_config_copy(struct osm_config *out, const struct osm_config *config);
/* Same keys set, equal values, secrets included. */
bool osm_config_same(const struct osm_config *a, const struct osm_config *b);
/* A digest of what is set, secrets included, under a salt: under the same one equal digests are of
 * configurations that are the same. */
void osm_config_digest(const struct osm_config *config, const uint8_t salt[OSM_SALT_BYTES],
                       uint8_t digest[OSM_DIGEST_BYTES]);

#endif
