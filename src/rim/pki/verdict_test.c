/* SPDX-License-Identifier: MIT */
/* What becomes of a certificate that is not the server's own: by trust policy and option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rim/pki/cert.h"
#include "rim/pki/own_cert.h"
#include "rim/pki/verdict.h"
#include "util/alloc.h"
#include "util/buf.h"

#define OURS "urn:opcua-client" /* what generated certificates say */

struct result {
    bool good;
    char *warning, *message;
    struct osm_verdict_log log;
};

static struct osm_key_pair pair;

static int make_pair(void **state)
{
    struct osm_own_cert *own = osm_own_cert_new(NULL);
    struct osm_fault fault = {0};
    struct osm_arena arena;
    char *warning;
    bool made;

    (void)state;
    osm_arena_init(&arena);
    made = osm_own_cert_get(own, OSM_KEY_NIST_P256, &pair, &warning, &arena, &fault);
    osm_arena_deinit(&arena);
    osm_own_cert_free(own);
    return made ? 0 : -1;
}

static int drop_pair(void **state)
{
    (void)state;
    osm_key_pair_deinit(&pair);
    return 0;
}

static struct result compare(const struct osm_verdict *judge, const UA_ByteString *chain,
                             const char *announced)
{
    struct result result = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    result.good = osm_verdict_names(judge, chain, announced, "plant", &result.warning, &result.log,
                                    &arena, &fault);
    assert_int_equal(result.good, !osm_fault_is_set(&fault));
    result.message = osm_strdup(fault.message ? fault.message : "");
    if (!result.good)
        assert_int_equal(fault.type, OSM_FAULT_UNTRUSTED_CERTIFICATE);
    osm_arena_deinit(&arena);
    return result;
}

static void result_deinit(struct result *result)
{
    free(result->warning);
    free(result->message);
    osm_verdict_log_deinit(&result->log);
}

static void check(const struct osm_verdict *judge, const char *announced, bool good,
                  const char *warning)
{
    struct result result = compare(judge, &pair.leaf, announced);

    assert_int_equal(result.good, good);
    assert_non_null(strstr(result.warning, warning));
    if (!good) {
        assert_non_null(strstr(result.message, "\n  Subject: OPC UA PHP Client\n  Reason: "
                                               "Certificate names another application URI"));
        assert_int_equal(result.log.trust, OSM_UA_TRUST_REJECTED);
    }
    result_deinit(&result);
}

static void test_other_uri(void **state)
{
    char store[] = "/proc/nonexistent/store", full[] = "full", print[] = "fingerprint+expiry";
    struct osm_verdict judge = {0};

    (void)state;
    check(&judge, "urn:other", true,
          "announces application URI urn:other, its certificate says " OURS);
    check(&judge, NULL, true, "announces application URI none");
    judge = (struct osm_verdict){.store_path = store, .policy = print};
    check(&judge, "urn:other", true, "urn:other");
    judge.refuse_other_uri = true;
    check(&judge, "urn:other", false, "urn:other");
    judge = (struct osm_verdict){.store_path = store, .policy = full};
    check(&judge, "urn:other", false, "urn:other");
    check(&judge, OURS, true, "is not for host plant");
    judge = (struct osm_verdict){.refuse_other_uri = true};
    check(&judge, "urn:other", false, "urn:other");
    check(&judge, OURS "s", false, OURS "s");
}

/* The leaf decides, whatever comes behind it. */
static void test_chain(void **state)
{
    struct osm_verdict judge = {.refuse_other_uri = true};
    UA_ByteString chain = {2 * pair.leaf.length, osm_alloc(2 * pair.leaf.length)};
    struct result result;

    (void)state;
    memcpy(chain.data, pair.leaf.data, pair.leaf.length);
    memcpy(chain.data + pair.leaf.length, pair.leaf.data, pair.leaf.length);
    result = compare(&judge, &chain, OURS);
    assert_true(result.good);
    result_deinit(&result);
    chain.length = 10;
    result = compare(&judge, &chain, "urn:other");
    assert_true(result.good && !result.warning);
    result_deinit(&result);
    free(chain.data);
}

/* A peer's certificate with what is none behind it, the text of one among it: what is judged is the
 * certificate the channel sees, and nothing else. */
static void test_what_stands_behind_the_certificate(void **state)
{
    static const char *const behind[] = {"", "\n", "0\x82\x01\x01junk",
                                         "-----BEGIN CERTIFICATE-----\n"};
    struct osm_verdict judge = {.refuse_other_uri = true};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(behind); i++) {
        struct osm_buf bytes = {0};
        UA_ByteString chain;
        struct result result;

        osm_buf_add(&bytes, pair.leaf.data, pair.leaf.length);
        osm_buf_add(&bytes, behind[i], strlen(behind[i]));
        chain = (UA_ByteString){bytes.length, (UA_Byte *)bytes.data};
        result = compare(&judge, &chain, OURS);
        assert_true(result.good);
        assert_string_not_equal(result.log.subject, "Unknown");
        result_deinit(&result);
        osm_buf_deinit(&bytes);
    }
}

/* --- trust on first use --- */

static bool judged(const struct osm_verdict *judge, bool look, char **message)
{
    struct osm_verdict_log log = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;
    bool good;

    osm_arena_init(&arena);
    good = osm_verdict_certificate(judge, &pair.leaf, look, &log, &arena, &fault);
    *message = osm_strdup(fault.message ? fault.message : "");
    osm_verdict_log_deinit(&log);
    osm_arena_deinit(&arena);
    return good;
}

static void check_judged(const struct osm_verdict *judge, bool look, const char *reason)
{
    char *message;
    bool good = judged(judge, look, &message);

    assert_int_equal(good, !reason);
    if (reason)
        assert_non_null(strstr(message, reason));
    free(message);
}

/* What is accepted stays so when it is looked at again; what would not stay is not accepted. A
 * file of authorities that is not there makes every chain a bad one. */
static void test_accepted_by_itself(void **state)
{
    char directory[] = "/tmp/osm_verdict_XXXXXX", policy[] = "full", none[] = "/proc/nonexistent";
    struct osm_verdict judge = {.policy = policy, .ca_path = none, .auto_accept = true};
    char *command;

    (void)state;
    assert_non_null(mkdtemp(directory));
    judge.store_path = directory;
    check_judged(&judge, false, "Reason: Certificate chain verification failed");
    check_judged(&judge, true, "Reason: Certificate not found in trust store");
    judge.auto_accept_force = true;
    check_judged(&judge, false, NULL);
    check_judged(&judge, true, NULL);
    judge.auto_accept = false;
    check_judged(&judge, true, "Reason: Certificate chain verification failed");
    command = osm_printf("rm -r '%s'", directory);
    assert_int_equal(system(command), 0); /* NOLINT: the name is ours */
    free(command);
}

/* What cannot be read is no trust, whatever is accepted by itself. */
static void test_store_that_cannot_be_read(void **state)
{
    char directory[] = "/tmp/osm_verdict_XXXXXX", policy[] = "fingerprint";
    struct osm_verdict judge = {.policy = policy, .auto_accept = true, .auto_accept_force = true};
    char *file, *reason;

    (void)state;
    assert_non_null(mkdtemp(directory));
    file = osm_printf("%s/trusted", directory);
    reason = osm_printf("Reason: Trust store cannot be read: %s: Not a directory", directory);
    assert_int_equal(mknod(file, S_IFREG | 0600, 0), 0);
    judge.store_path = directory;
    check_judged(&judge, false, reason);
    check_judged(&judge, true, reason);
    assert_int_equal(unlink(file), 0);
    check_judged(&judge, false, NULL);
    check_judged(&judge, true, NULL);
    free(reason);
    reason = osm_printf("rm -r '%s'", directory);
    assert_int_equal(system(reason), 0); /* NOLINT: the name is ours */
    free(reason);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_uri),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_what_stands_behind_the_certificate),
        cmocka_unit_test(test_accepted_by_itself),
        cmocka_unit_test(test_store_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, make_pair, drop_pair);
}
