/* SPDX-License-Identifier: MIT */
/* The session configuration and its table; see config.h. */
#include "port/session_config.h"

#include <string.h>

#include "port/policy_name.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "wire/text/cast.h"

#define OSM_DEFAULT_TIMEOUT 5.0

static const struct {
    const char *name;
    enum osm_config_kind kind;
    bool secret;
    bool listed;
} keys[] = {
#define X(key, kind, secret, listed) {#key, OSM_CONFIG_##kind, secret, listed},
    OSM_CONFIG_KEYS(X)
#undef X
};

_Static_assert(OSM_ARRAY_SIZE(keys) <= 32, "the set of keys is a 32-bit mask");

/* False if it is a text with a NUL character: cut there, it would be another name, or another
 * password. */
static bool take_value(struct osm_config *config, size_t key, yyjson_val *value,
                       struct osm_arena *arena)
{
    union osm_config_value *slot = &config->values[key];
    size_t length;
    const char *text;

    switch (keys[key].kind) {
    case OSM_CONFIG_FLOAT:
        slot->as_FLOAT = osm_cast_float(value);
        break;
    case OSM_CONFIG_INT:
        slot->as_INT = osm_cast_int(value);
        break;
    case OSM_CONFIG_BOOL:
        slot->as_BOOL = osm_cast_bool(value);
        break;
    case OSM_CONFIG_TEXT:
        text = osm_cast_text(value, arena, &length);
        if (strnlen(text, length) != length)
            return false;
        slot->as_TEXT = osm_strndup(text, length);
        break;
    }
    config->set |= UINT32_C(1) << key;
    return true;
}

bool osm_config_parse(struct osm_config *config, yyjson_val *object, struct osm_arena *arena,
                      struct osm_fault *fault)
{
    *config = (struct osm_config){0};
    if (osm_is_null(object) || (yyjson_is_arr(object)))
        return true; /* a list has none of our keys */
    if (!yyjson_is_obj(object))
        return osm_fault_set(fault, arena, OSM_FAULT_TYPE_ERROR, "open: config must be an object");
    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++) {
        yyjson_val *value = osm_json_get(object, keys[key].name);

        if (!osm_is_null(value) && !take_value(config, key, value, arena))
            return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                                 "open: %s must not contain a NUL character", keys[key].name);
    }
    return true;
}

void osm_config_deinit(struct osm_config *config)
{
    if (!config)
        return;
    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++)
        if (keys[key].kind == OSM_CONFIG_TEXT)
            osm_free_secret(config->values[key].as_TEXT);
    *config = (struct osm_config){0};
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
    osm_assert(keys[key].kind == OSM_CONFIG_TEXT);
    return osm_config_has(config, key) ? config->values[key].as_TEXT : NULL;
}

int64_t osm_config_int(const struct osm_config *config, enum osm_config_key key, int64_t fallback)
{
    osm_assert(keys[key].kind == OSM_CONFIG_INT);
    return osm_config_has(config, key) ? config->values[key].as_INT : fallback;
}

bool osm_config_bool(const struct osm_config *config, enum osm_config_key key, bool fallback)
{
    osm_assert(keys[key].kind == OSM_CONFIG_BOOL);
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

static uint32_t plain_mask(void)
{
    uint32_t mask = 0;

    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++)
        if (!keys[key].secret)
            mask |= UINT32_C(1) << key;
    return mask;
}

static bool value_equal(size_t key, const union osm_config_value *a,
                        const union osm_config_value *b)
{
    switch (keys[key].kind) {
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

bool osm_config_equal(const struct osm_config *a, const struct osm_config *b)
{
    uint32_t mask = plain_mask();

    if ((a->set & mask) != (b->set & mask))
        return false;
    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++)
        if ((a->set & mask & (UINT32_C(1) << key)) &&
            !value_equal(key, &a->values[key], &b->values[key]))
            return false;
    return true;
}

/* The secrets one behind the other, each with a mark for set or absent and its length. */
static void collect_secrets(const struct osm_config *config, struct osm_buf *out)
{
    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++) {
        const char *text;
        size_t length;

        if (!keys[key].secret)
            continue;
        text = osm_config_text(config, (enum osm_config_key)key);
        length = text ? strlen(text) : 0;
        osm_buf_add_byte(out, text ? 1 : 0);
        osm_buf_add(out, &length, sizeof(length));
        osm_buf_add(out, text, length);
    }
}

void osm_config_digest(const struct osm_config *config, struct osm_digest *digest)
{
    struct osm_buf secrets;

    osm_buf_init(&secrets);
    collect_secrets(config, &secrets);
    osm_digest_make(digest, secrets.data, secrets.length);
    osm_wipe(secrets.data, secrets.length);
    osm_buf_deinit(&secrets);
}

bool osm_config_digest_matches(const struct osm_config *config, const struct osm_digest *digest)
{
    struct osm_buf secrets;
    bool matches;

    osm_buf_init(&secrets);
    collect_secrets(config, &secrets);
    matches = osm_digest_matches(digest, secrets.data, secrets.length);
    osm_wipe(secrets.data, secrets.length);
    osm_buf_deinit(&secrets);
    return matches;
}

/* --- list ---------------------------------------------------------------------------------- */

static void print_value(struct osm_json *json, size_t key, const union osm_config_value *value)
{
    osm_json_key(json, keys[key].name);
    switch (keys[key].kind) {
    case OSM_CONFIG_FLOAT:
        osm_json_double(json, value->as_FLOAT);
        break;
    case OSM_CONFIG_INT:
        osm_json_int(json, value->as_INT);
        break;
    case OSM_CONFIG_BOOL:
        osm_json_bool(json, value->as_BOOL);
        break;
    case OSM_CONFIG_TEXT:
        osm_json_cstring(json, value->as_TEXT);
        break;
    }
}

void osm_config_print(struct osm_json *json, const struct osm_config *config)
{
    uint32_t shown = 0;

    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++)
        if (keys[key].listed)
            shown |= config->set & (UINT32_C(1) << key);
    if (!shown) {
        osm_json_array_begin(json);
        osm_json_array_end(json);
        return;
    }
    osm_json_object_begin(json);
    for (size_t key = 0; key < OSM_ARRAY_SIZE(keys); key++)
        if (shown & (UINT32_C(1) << key))
            print_value(json, key, &config->values[key]);
    osm_json_object_end(json);
}
