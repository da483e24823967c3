/* SPDX-License-Identifier: MIT */
/* The session configuration and its table; see session_config.h. */
#include "port/session_config.h"

#include <string.h>

#include "port/policy_name.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/wipe.h"

#define OSM_DEFAULT_TIMEOUT 5.0

const struct osm_config_row osm_config_rows[OSM_CONFIG_KEY_COUNT_] = {
#define X(key, kind, secret, listed) {#key, OSM_CONFIG_##kind, secret, listed},
    OSM_CONFIG_KEYS(X)
#undef X
};

_Static_assert(OSM_CONFIG_KEY_COUNT_ <= 32, "the set of keys is a 32-bit mask");

void osm_config_deinit(struct osm_config *config)
{
    if (!config)
        return;
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++)
        if (osm_config_rows[key].kind == OSM_CONFIG_TEXT)
            osm_wipe_and_free(config->values[key].as_TEXT);
    *config = (struct osm_config){0};
}

void osm_config_forget(struct osm_config *config, enum osm_config_key key)
{
    osm_assert(osm_config_rows[key].kind == OSM_CONFIG_TEXT);
    osm_wipe_and_free(osm_steal(config->values[key].as_TEXT));
    config->set &= ~(UINT32_C(1) << key);
}

enum osm_config_key osm_config_find(const char *name, size_t length)
{
    size_t key = 0;

    while (key < OSM_CONFIG_KEY_COUNT_ && (strlen(osm_config_rows[key].name) != length ||
                                           memcmp(osm_config_rows[key].name, name, length) != 0))
        key++;
    return (enum osm_config_key)key;
}

void osm_config_copy(struct osm_config *out, const struct osm_config *config)
{
    *out = *config;
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++)
        if (osm_config_rows[key].kind == OSM_CONFIG_TEXT && config->values[key].as_TEXT)
            out->values[key].as_TEXT = osm_strdup(config->values[key].as_TEXT);
}

/* --- checks -------------------------------------------------------------------------------- */

static const char *const policies[] = {OSM_POLICY_PREFIX "None",
                                       OSM_POLICY_PREFIX "Basic128Rsa15",
                                       OSM_POLICY_PREFIX "Basic256",
                                       OSM_POLICY_PREFIX "Basic256Sha256",
                                       OSM_POLICY_PREFIX "Aes128_Sha256_RsaOaep",
                                       OSM_POLICY_PREFIX "Aes256_Sha256_RsaPss",
                                       OSM_POLICY_PREFIX "ECC_nistP256",
                                       OSM_POLICY_PREFIX "ECC_nistP384",
                                       OSM_POLICY_PREFIX "ECC_brainpoolP256r1",
                                       OSM_POLICY_PREFIX "ECC_brainpoolP384r1",
                                       OSM_POLICY_PREFIX "ECC_curve25519",
                                       OSM_POLICY_PREFIX "ECC_curve448",
                                       NULL};

static const char *const trust_policies[] = {"fingerprint", "fingerprint+expiry", "full", NULL};

static bool check_text(const struct osm_config *config, enum osm_config_key key,
                       const char *const *allowed, const char *enumeration, struct osm_arena *arena,
                       struct osm_fault *fault)
{
    const char *text = osm_config_text(config, key);

    if (!text)
        return true;
    for (; *allowed; allowed++)
        if (strcmp(*allowed, text) == 0)
            return true;
    return osm_fault_set(fault, arena, OSM_FAULT_VALUE_ERROR,
                         "\"%s\" is not a valid backing value for enum PhpOpcua\\Client\\%s", text,
                         enumeration);
}

bool osm_config_check(const struct osm_config *config, struct osm_arena *arena,
                      struct osm_fault *fault)
{
    int64_t mode = osm_config_int(config, OSM_CONFIG_securityMode, 1);
    const char *policy = osm_config_text(config, OSM_CONFIG_securityPolicy);
    bool has_policy, has_mode;

    if (!check_text(config, OSM_CONFIG_securityPolicy, policies, "Security\\SecurityPolicy", arena,
                    fault))
        return false;
    if (mode < 1 || mode > 3)
        return osm_fault_set(
            fault, arena, OSM_FAULT_VALUE_ERROR,
            "%lld is not a valid backing value for enum PhpOpcua\\Client\\Security\\SecurityMode",
            (long long)mode);
    if (!check_text(config, OSM_CONFIG_trustPolicy, trust_policies, "TrustStore\\TrustPolicy",
                    arena, fault))
        return false;
    has_policy = policy && strcmp(policy, policies[0]) != 0;
    has_mode = mode != 1;
    if (has_policy != has_mode)
        return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                             "securityPolicy and securityMode must be given together: %s",
                             has_policy ? "a policy is set, but securityMode is 1 (None)"
                                        : "securityMode asks for security, but securityPolicy is "
                                          "absent or None");
    return true;
}

/* --- values -------------------------------------------------------------------------------- */

const char *osm_config_text(const struct osm_config *config, enum osm_config_key key)
{
    osm_assert(osm_config_rows[key].kind == OSM_CONFIG_TEXT);
    return osm_config_has(config, key) ? config->values[key].as_TEXT : NULL;
}

int64_t osm_config_int(const struct osm_config *config, enum osm_config_key key, int64_t fallback)
{
    osm_assert(osm_config_rows[key].kind == OSM_CONFIG_INT);
    return osm_config_has(config, key) ? config->values[key].as_INT : fallback;
}

bool osm_config_bool(const struct osm_config *config, enum osm_config_key key, bool fallback)
{
    osm_assert(osm_config_rows[key].kind == OSM_CONFIG_BOOL);
    return osm_config_has(config, key) ? config->values[key].as_BOOL : fallback;
}

double osm_config_timeout(const struct osm_config *config)
{
    double seconds = config->values[OSM_CONFIG_opcuaTimeout].as_FLOAT;

    if (!osm_config_has(config, OSM_CONFIG_opcuaTimeout) || !(seconds >= 0.0))
        return OSM_DEFAULT_TIMEOUT;
    return seconds;
}

/* --- identity ------------------------------------------------------------------------------ */

static bool value_equal(size_t key, const union osm_config_value *a,
                        const union osm_config_value *b)
{
    switch (osm_config_rows[key].kind) {
    case OSM_CONFIG_FLOAT:
        return a->as_FLOAT == b->as_FLOAT;
    case OSM_CONFIG_INT:
        return a->as_INT == b->as_INT;
    case OSM_CONFIG_BOOL:
        return a->as_BOOL == b->as_BOOL;
    case OSM_CONFIG_TEXT:
        return strcmp(a->as_TEXT, b->as_TEXT) == 0;
    }
    return false;
}

bool osm_config_same(const struct osm_config *a, const struct osm_config *b)
{
    if (a->set != b->set)
        return false;
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++)
        if ((a->set & (UINT32_C(1) << key)) && !value_equal(key, &a->values[key], &b->values[key]))
            return false;
    return true;
}

/* So that equal values are equal bytes. */
static void add_value(struct osm_buf *out, size_t key, const union osm_config_value *value)
{
    double number;
    size_t length;

    switch (osm_config_rows[key].kind) {
    case OSM_CONFIG_FLOAT:
        number = value->as_FLOAT + 0.0; /* there are two zeros */
        osm_buf_add(out, &number, sizeof(number));
        break;
    case OSM_CONFIG_INT:
        osm_buf_add(out, &value->as_INT, sizeof(value->as_INT));
        break;
    case OSM_CONFIG_BOOL:
        osm_buf_add(out, &value->as_BOOL, sizeof(value->as_BOOL));
        break;
    case OSM_CONFIG_TEXT:
        length = strlen(value->as_TEXT) + 1;
        osm_buf_add(out, value->as_TEXT, length);
        break;
    }
}

void osm_config_digest(const struct osm_config *config, const uint8_t salt[OSM_SALT_BYTES],
                       uint8_t digest[OSM_DIGEST_BYTES])
{
    struct osm_buf all;

    osm_buf_init(&all);
    osm_buf_add(&all, &config->set, sizeof(config->set));
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++)
        if (config->set & (UINT32_C(1) << key))
            add_value(&all, key, &config->values[key]);
    osm_digest_salted(salt, all.data, all.length, digest);
    osm_buf_deinit_secret(&all);
}

uint32_t osm_config_session_timeout(const struct osm_config *config)
{
    double wanted = config->values[OSM_CONFIG_sessionTimeout].as_FLOAT;

    if (!osm_config_has(config, OSM_CONFIG_sessionTimeout) || !(wanted >= 1.0))
        return 0;
    return wanted > UINT32_MAX ? UINT32_MAX : (uint32_t)wanted;
}
