/* SPDX-License-Identifier: MIT */
/* Session configurations: casts, identity, secrets, checks, `list` (ipc-protocol.md §6, §7). */
#include <math.h>

#include "testing/testing.h"

#define POLICY "http://opcfoundation.org/UA/SecurityPolicy#"

/* A configuration with the request its JSON lives in. */
struct parsed {
    struct osm_request request;
    struct osm_config config;
    struct osm_fault fault;
    bool ok;
};

static struct parsed *parse(const char *text)
{
    struct parsed *parsed = osm_alloc(sizeof(*parsed));
    char *copy = test_quotes(text);
    char *frame = osm_printf("{\"config\":%s}", copy);

    osm_request_init(&parsed->request, NULL, NULL);
    if (!osm_request_parse(&parsed->request, frame, strlen(frame), &parsed->fault))
        fail_msg("no JSON: %s", frame);
    parsed->ok =
        osm_config_parse(&parsed->config, osm_request_get(&parsed->request, OSM_REQUEST_config),
                         &parsed->request.arena, &parsed->fault);
    free(frame);
    free(copy);
    return parsed;
}

static void done(struct parsed *parsed)
{
    osm_config_deinit(&parsed->config);
    osm_request_deinit(&parsed->request);
    free(parsed);
}

/* Parses and prints as `list` does, without the quotes. */
static void prints(const char *text, const char *expected)
{
    struct parsed *parsed = parse(text);
    struct osm_buf out;
    struct osm_json json;
    char *copy = test_quotes(expected);

    osm_buf_init(&out);
    osm_json_init(&json, &out);
    assert_true(parsed->ok);
    osm_config_print(&json, &parsed->config);
    assert_string_equal(osm_buf_text(&out), copy);
    osm_buf_deinit(&out);
    free(copy);
    done(parsed);
}

/* --- casts --------------------------------------------------------------------------------- */

static void test_casts(void **state)
{
    static const struct {
        const char *config, *printed;
    } cases[] = {
        {"{}", "[]"},
        {"[]", "[]"},
        {"null", "[]"},
        {"{'other':1,'OpcuaTimeout':2}", "[]"},
        {"{'opcuaTimeout':null,'username':null,'autoAccept':null}", "[]"},
        {"{'opcuaTimeout':5}", "{'opcuaTimeout':5.0}"},
        {"{'opcuaTimeout':0.25}", "{'opcuaTimeout':0.25}"},
        {"{'opcuaTimeout':'2.5s'}", "{'opcuaTimeout':2.5}"},
        {"{'opcuaTimeout':'abc'}", "{'opcuaTimeout':0.0}"},
        {"{'opcuaTimeout':true}", "{'opcuaTimeout':1.0}"},
        {"{'opcuaTimeout':false}", "{'opcuaTimeout':0.0}"},
        {"{'opcuaTimeout':[]}", "{'opcuaTimeout':0.0}"},
        {"{'opcuaTimeout':{'a':1}}", "{'opcuaTimeout':1.0}"},
        {"{'autoRetry':3.9,'batchSize':'5x','defaultBrowseMaxDepth':-1}",
         "{'autoRetry':3,'batchSize':5,'defaultBrowseMaxDepth':-1}"},
        {"{'autoRetry':'','batchSize':[0],'defaultBrowseMaxDepth':true}",
         "{'autoRetry':0,'batchSize':1,'defaultBrowseMaxDepth':1}"},
        {"{'securityMode':'3','securityPolicy':5}", "{'securityPolicy':'5','securityMode':3}"},
        {"{'clientCertPath':['/a'],'userCertPath':false,'trustStorePath':true}",
         "{'clientCertPath':'Array','userCertPath':'','trustStorePath':'1'}"},
        {"{'trustPolicy':1.50}", "{'trustPolicy':'1.5'}"},
        {"{'autoAccept':'0','autoAcceptForce':'false'}",
         "{'autoAccept':false,'autoAcceptForce':true}"},
        {"{'autoDetectWriteType':[],'readMetadataCache':{'x':0}}",
         "{'autoDetectWriteType':false,'readMetadataCache':true}"},
        {"{'autoRetry':1,'autoRetry':2}", "{'autoRetry':2}"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        prints(cases[i].config, cases[i].printed);
}

static void test_what_is_no_config(void **state)
{
    static const char *const cases[] = {"5",  "'x'", "true",  "false", "0",
                                        "''", "1.5", "[1,2]", "[{}]"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct parsed *parsed = parse(cases[i]);

        assert_false(parsed->ok);
        assert_int_equal(parsed->fault.type, OSM_FAULT_TYPE_ERROR);
        assert_string_equal(parsed->fault.message, "open: config must be an object");
        assert_int_equal(parsed->config.set, 0);
        done(parsed);
    }
}

static void test_list_shows_no_secrets(void **state)
{
    prints("{'username':'u','password':'p','clientKeyPath':'/k','caCertPath':'/c',"
           "'userKeyPath':'/u'}",
           "[]");
    prints("{'password':'p','trustPolicy':'full','userKeyPath':'/u','clientCertPath':'/x/y'}",
           "{'clientCertPath':'/x/y','trustPolicy':'full'}");
}

static void test_order_of_keys_is_the_contracts(void **state)
{
    prints("{'readMetadataCache':true,'autoDetectWriteType':true,'autoAcceptForce':true,"
           "'autoAccept':true,'trustPolicy':'full','trustStorePath':'/t','userCertPath':'/u',"
           "'clientCertPath':'/c','securityMode':1,'securityPolicy':'p',"
           "'defaultBrowseMaxDepth':1,'batchSize':2,'autoRetry':3,'opcuaTimeout':4}",
           "{'opcuaTimeout':4.0,'autoRetry':3,'batchSize':2,'defaultBrowseMaxDepth':1,"
           "'securityPolicy':'p','securityMode':1,'clientCertPath':'/c','userCertPath':'/u',"
           "'trustStorePath':'/t','trustPolicy':'full','autoAccept':true,"
           "'autoAcceptForce':true,'autoDetectWriteType':true,'readMetadataCache':true}");
}

static void timeout_is(const char *config, double expected)
{
    struct parsed *parsed = parse(config);

    assert_true(osm_config_timeout(&parsed->config) == expected);
    done(parsed);
}

/* R18 */
static void test_timeout(void **state)
{
    timeout_is("{}", 5.0);
    timeout_is("{'opcuaTimeout':0.5}", 0.5);
    timeout_is("{'opcuaTimeout':0}", 0.0);
    timeout_is("{'opcuaTimeout':'x'}", 0.0);
    timeout_is("{'opcuaTimeout':-1}", 5.0);
    timeout_is("{'opcuaTimeout':-0.001}", 5.0);
    timeout_is("{'opcuaTimeout':1e999}", (double)INFINITY);
}

static void test_values_and_fallbacks(void **state)
{
    struct parsed *parsed = parse("{'autoRetry':0,'autoAccept':false,'username':''}");

    assert_int_equal(osm_config_int(&parsed->config, OSM_CONFIG_autoRetry, 7), 0);
    assert_int_equal(osm_config_int(&parsed->config, OSM_CONFIG_batchSize, 7), 7);
    assert_false(osm_config_bool(&parsed->config, OSM_CONFIG_autoAccept, true));
    assert_true(osm_config_bool(&parsed->config, OSM_CONFIG_autoDetectWriteType, true));
    assert_string_equal(osm_config_text(&parsed->config, OSM_CONFIG_username), "");
    assert_null(osm_config_text(&parsed->config, OSM_CONFIG_password));
    done(parsed);
}

/* --- identity ------------------------------------------------------------------------------ */

static const uint8_t no_salt[OSM_SALT_BYTES];

static void compare(const char *a, const char *b, bool equal)
{
    struct parsed *one = parse(a), *other = parse(b);
    uint8_t of_one[OSM_DIGEST_BYTES], of_other[OSM_DIGEST_BYTES];

    osm_config_digest(&one->config, no_salt, of_one);
    osm_config_digest(&other->config, no_salt, of_other);
    if (osm_config_same(&one->config, &other->config) != equal ||
        osm_config_same(&other->config, &one->config) != equal ||
        (memcmp(of_one, of_other, sizeof(of_one)) == 0) != equal)
        fail_msg("%s and %s", a, b);
    done(one);
    done(other);
}

static void test_identity(void **state)
{
    compare("{}", "[]", true);
    compare("{}", "{'other':1}", true);
    compare("{'opcuaTimeout':5}", "{'opcuaTimeout':5.0}", true);
    compare("{'opcuaTimeout':5}", "{'opcuaTimeout':'5'}", true);
    compare("{'opcuaTimeout':0.0}", "{'opcuaTimeout':-0.0}", true);
    compare("{'opcuaTimeout':5}", "{}", false); /* a default that was set */
    compare("{'opcuaTimeout':5}", "{'opcuaTimeout':5.5}", false);
    compare("{'autoRetry':0}", "{}", false);
    compare("{'autoRetry':0}", "{'autoRetry':null}", false);
    compare("{'autoRetry':1}", "{'batchSize':1}", false);
    compare("{'autoAccept':false}", "{'autoAccept':0}", true);
    compare("{'autoAccept':false}", "{'autoAccept':true}", false);
    compare("{'securityMode':'1'}", "{'securityMode':1}", true);
    compare("{'username':'a'}", "{'username':'A'}", false);
    compare("{'username':'a'}", "{'username':'a'}", true);
    compare("{'username':''}", "{}", false);
    compare("{'clientCertPath':'/a'}", "{'clientCertPath':'/b'}", false);
    compare("{'a':1,'autoRetry':1,'batchSize':2}", "{'batchSize':2,'autoRetry':1}", true);
}

static void test_every_key_has_its_part(void **state)
{
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++) {
        char *one = osm_printf("{'%s':'1'}", osm_config_rows[key].name);
        char *two = osm_printf("{'%s':''}", osm_config_rows[key].name);

        compare(one, two, false);
        compare(one, "{}", false);
        compare(two, "{}", false);
        free(one);
        free(two);
    }
}

/* S1 */
static void test_secrets(void **state)
{
    compare("{'username':'u','password':'a'}", "{'username':'u','password':'a'}", true);
    compare("{'username':'u','password':'a'}", "{'username':'u','password':'b'}", false);
    compare("{'username':'u','password':'a'}", "{'username':'u'}", false);
    compare("{'username':'u','password':''}", "{'username':'u'}", false);
    compare("{'password':'a','clientKeyPath':'b'}", "{'password':'b','clientKeyPath':'a'}", false);
    compare("{'password':'ab'}", "{'password':'a','clientKeyPath':'b'}", false);
    compare("{'password':'a'}", "{'clientKeyPath':'a'}", false);
}

static void test_digests_are_salted(void **state)
{
    const uint8_t salt[OSM_SALT_BYTES] = "pepper";
    struct parsed *parsed = parse("{'password':'secret'}");
    uint8_t one[OSM_DIGEST_BYTES], other[OSM_DIGEST_BYTES];

    osm_config_digest(&parsed->config, no_salt, one);
    osm_config_digest(&parsed->config, salt, other);
    assert_memory_not_equal(one, other, sizeof(one));
    done(parsed);
}

/* --- checks -------------------------------------------------------------------------------- */

static void check(const char *config, enum osm_fault_type type, const char *message)
{
    struct parsed *parsed = parse(config);
    bool ok = osm_config_check(&parsed->config, &parsed->request.arena, &parsed->fault);

    if (ok != (type == OSM_FAULT_NONE) || parsed->fault.type != type)
        fail_msg("%s: %s", config, ok ? "accepted" : parsed->fault.message);
    if (message)
        assert_string_equal(parsed->fault.message, message);
    done(parsed);
}

static void test_values_of_enums(void **state)
{
    check("{}", OSM_FAULT_NONE, NULL);
    check("{'securityPolicy':'" POLICY "None'}", OSM_FAULT_NONE, NULL);
    check("{'securityPolicy':'None'}", OSM_FAULT_VALUE_ERROR,
          "\"None\" is not a valid backing value for enum "
          "PhpOpcua\\Client\\Security\\SecurityPolicy");
    check("{'securityPolicy':''}", OSM_FAULT_VALUE_ERROR,
          "\"\" is not a valid backing value for enum "
          "PhpOpcua\\Client\\Security\\SecurityPolicy");
    check("{'securityPolicy':'" POLICY "none'}", OSM_FAULT_VALUE_ERROR, NULL);
    check("{'securityMode':0}", OSM_FAULT_VALUE_ERROR,
          "0 is not a valid backing value for enum PhpOpcua\\Client\\Security\\SecurityMode");
    check("{'securityMode':4}", OSM_FAULT_VALUE_ERROR, NULL);
    check("{'securityMode':-1}", OSM_FAULT_VALUE_ERROR, NULL);
    check("{'trustPolicy':'Full'}", OSM_FAULT_VALUE_ERROR,
          "\"Full\" is not a valid backing value for enum "
          "PhpOpcua\\Client\\TrustStore\\TrustPolicy");
    check("{'trustPolicy':''}", OSM_FAULT_VALUE_ERROR, NULL);
    check("{'trustPolicy':'fingerprint'}", OSM_FAULT_NONE, NULL);
    check("{'trustPolicy':'fingerprint+expiry'}", OSM_FAULT_NONE, NULL);
    check("{'trustPolicy':'full'}", OSM_FAULT_NONE, NULL);
}

static void test_all_policies_are_known(void **state)
{
    static const char *const names[] = {
        "Basic128Rsa15",       "Basic256",       "Basic256Sha256",      "Aes128_Sha256_RsaOaep",
        "ECC_nistP256",        "ECC_nistP384",   "ECC_brainpoolP256r1", "Aes256_Sha256_RsaPss",
        "ECC_brainpoolP384r1", "ECC_curve25519", "ECC_curve448"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++) {
        char *config = osm_printf("{'securityPolicy':'" POLICY "%s','securityMode':3}", names[i]);

        check(config, OSM_FAULT_NONE, NULL);
        free(config);
    }
}

/* S5, and only after the values have been looked at */
static void test_security_wholly_or_not_at_all(void **state)
{
    check("{'securityPolicy':'" POLICY "Basic256Sha256'}", OSM_FAULT_CONFIGURATION, NULL);
    check("{'securityPolicy':'" POLICY "Basic256Sha256','securityMode':1}", OSM_FAULT_CONFIGURATION,
          NULL);
    check("{'securityMode':2}", OSM_FAULT_CONFIGURATION, NULL);
    check("{'securityPolicy':'" POLICY "None','securityMode':3}", OSM_FAULT_CONFIGURATION, NULL);
    check("{'securityPolicy':'" POLICY "None','securityMode':1}", OSM_FAULT_NONE, NULL);
    check("{'securityMode':1}", OSM_FAULT_NONE, NULL);
    check("{'securityMode':2,'trustPolicy':'x'}", OSM_FAULT_VALUE_ERROR, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_what_is_no_config),
        cmocka_unit_test(test_list_shows_no_secrets),
        cmocka_unit_test(test_order_of_keys_is_the_contracts),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_values_and_fallbacks),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_every_key_has_its_part),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_digests_are_salted),
        cmocka_unit_test(test_values_of_enums),
        cmocka_unit_test(test_all_policies_are_known),
        cmocka_unit_test(test_security_wholly_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
