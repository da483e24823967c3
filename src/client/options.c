/* SPDX-License-Identifier: MIT */
/* Options; see options.h. */
#include "client/options.h"

#include <stddef.h>
#include <string.h>

#include "client/failure.h"
#include "util/alloc.h"
#include "wire/text/json.h"

#define MOST_SECONDS 1e9
#define POLICY_URI "http://opcfoundation.org/UA/SecurityPolicy#"

enum option_kind { OPTION_TEXT, OPTION_POLICY, OPTION_INT, OPTION_BOOL, OPTION_SECONDS };

static const struct option_row {
    const char *key; /* ipc-protocol.md §6 */
    enum option_kind kind;
    size_t offset;
} rows[] = {
#define ROW(key, kind, member)                                                                     \
    {                                                                                              \
        key, OPTION_##kind, offsetof(struct opcua_options, member)                                 \
    }
    ROW("opcuaTimeout", SECONDS, timeout),
    ROW("autoRetry", INT, auto_retry),
    ROW("securityPolicy", POLICY, security_policy),
    ROW("securityMode", INT, security_mode),
    ROW("username", TEXT, username),
    ROW("password", TEXT, password),
    ROW("clientCertPath", TEXT, certificate),
    ROW("clientKeyPath", TEXT, key),
    ROW("caCertPath", TEXT, ca_certificate),
    ROW("userCertPath", TEXT, user_certificate),
    ROW("userKeyPath", TEXT, user_key),
    ROW("trustStorePath", TEXT, trust_store),
    ROW("trustPolicy", TEXT, trust_policy),
    ROW("autoAccept", BOOL, auto_accept),
#undef ROW
};

bool osm_client_options_take(struct opcua_options *target, const struct opcua_options *given,
                             struct opcua_error *error)
{
    *target = (struct opcua_options)OPCUA_OPTIONS_INIT;
    if (!given)
        return true;
    if (given->size < offsetof(struct opcua_options, security_policy))
        return osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "options",
                           "Options must begin with OPCUA_OPTIONS_INIT: size is %zu", given->size);
    memcpy(target, given, OSM_MIN(given->size, sizeof(*target)));
    /* NaN is not 0 or more either. */
    return (target->timeout >= 0 && target->timeout <= MOST_SECONDS) ||
           osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "timeout",
                       "A timeout is a number of seconds, 0 (for 5) to 1e9, not %g",
                       target->timeout);
}

static void print_row(struct osm_json *json, const struct option_row *row, const void *at)
{
    const char *text = *(const char *const *)at;

    switch (row->kind) {
    case OPTION_POLICY:
        osm_json_key(json, row->key);
        if (strstr(text, "://")) {
            osm_json_cstring(json, text);
        } else {
            _cleanup_(osm_freep) char *uri = osm_printf(POLICY_URI "%s", text);

            osm_json_cstring(json, uri);
        }
        break;
    case OPTION_TEXT:
        osm_json_key(json, row->key);
        osm_json_cstring(json, text);
        break;
    case OPTION_INT:
        osm_json_key(json, row->key);
        osm_json_int(json, *(const int *)at);
        break;
    case OPTION_BOOL:
        osm_json_key(json, row->key);
        osm_json_bool(json, true);
        break;
    case OPTION_SECONDS:
        osm_json_key(json, row->key);
        osm_json_double(json, *(const double *)at);
        break;
    }
}

static bool is_set(const struct option_row *row, const void *at)
{
    switch (row->kind) {
    case OPTION_INT:
        return *(const int *)at != 0;
    case OPTION_BOOL:
        return *(const bool *)at;
    case OPTION_SECONDS:
        return *(const double *)at > 0;
    default:
        return *(const char *const *)at != NULL;
    }
}

char *osm_client_options_config(const struct opcua_options *options)
{
    _cleanup_(osm_buf_deinit_secret) struct osm_buf out = {0};
    struct osm_json json;

    osm_json_init(&json, &out);
    osm_json_object_begin(&json);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        const void *at = (const char *)options + rows[i].offset;

        if (is_set(&rows[i], at))
            print_row(&json, &rows[i], at);
    }
    osm_json_object_end(&json);
    return osm_strndup(out.data, out.length);
}
