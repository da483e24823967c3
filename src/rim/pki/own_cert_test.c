/* SPDX-License-Identifier: MIT */
/* Generated certificates of every kind: what they say, and that they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "rim/pki/cert.h"
#include "rim/pki/own_cert.h"
#include "util/alloc.h"

static char *directory;

static int make_directory(void **state)
{
    (void)state;
    directory = osm_strdup("/tmp/osm_own_cert_XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    char *command = osm_printf("rm -r '%s'", directory);
    int r = system(command); /* NOLINT: the name is ours */

    (void)state;
    free(command);
    free(directory);
    return r;
}

static void get(struct osm_own_cert *own, enum osm_key_kind kind, struct osm_key_pair *pair)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    char *warning;

    osm_arena_init(&arena);
    assert_true(osm_own_cert_get(own, kind, pair, &warning, &arena, &fault));
    assert_null(warning);
    osm_arena_deinit(&arena);
}

static void check_content(const struct osm_key_pair *pair, enum osm_key_kind kind)
{
    STACK_OF(X509) *certs = osm_certs_parse(pair->leaf.data, pair->leaf.length);
    X509 *cert = sk_X509_value(certs, 0);

    assert_int_equal(pair->kind, kind);
    assert_int_equal(osm_key_kind_of(pair->private_key), kind);
    assert_string_equal(pair->uri, "urn:opcua-client");
    assert_true(osm_cert_fits_key(cert, pair->private_key));
    assert_true(osm_cert_verify_chain(cert, NULL, certs, NULL));
    assert_int_equal(X509_verify(cert, X509_get0_pubkey(cert)), 1);
    assert_int_equal(osm_cert_age(cert, time(NULL) + 60), OSM_CERT_VALID);
    assert_int_equal(osm_cert_age(cert, time(NULL) + 366 * 86400), OSM_CERT_EXPIRED);
    assert_true(X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE);
    osm_certs_free(certs);
}

static void test_every_kind_is_kept(void **state)
{
    (void)state;
    for (enum osm_key_kind kind = OSM_KEY_RSA; kind < OSM_KEY_KINDS; kind++) {
        struct osm_own_cert *own = osm_own_cert_new(directory);
        struct osm_key_pair first = {0}, second = {0}, third = {0};
        char *path = osm_printf("%s/client%s.pem", directory, osm_key_kind_suffix(kind));
        struct stat found;

        get(own, kind, &first);
        check_content(&first, kind);
        get(own, kind, &second);
        assert_true(UA_ByteString_equal(&first.leaf, &second.leaf));
        osm_own_cert_free(own);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0600);
        own = osm_own_cert_new(directory);
        get(own, kind, &third);
        assert_true(UA_ByteString_equal(&first.leaf, &third.leaf));
        assert_true(EVP_PKEY_eq(first.private_key, third.private_key) == 1);
        osm_own_cert_free(own);
        osm_key_pair_deinit(&first);
        osm_key_pair_deinit(&second);
        osm_key_pair_deinit(&third);
        free(path);
    }
}

/* Somebody has put a key of another kind there: it would be refused by every server. */
static void test_wrong_kind_is_replaced(void **state)
{
    char *from = osm_printf("%s/client.pem", directory);
    char *to = osm_printf("%s/client-nistP256.pem", directory);
    struct osm_own_cert *own = osm_own_cert_new(directory);
    struct osm_key_pair pair = {0};

    (void)state;
    get(own, OSM_KEY_RSA, &pair);
    osm_key_pair_deinit(&pair);
    (void)unlink(to);
    assert_int_equal(link(from, to), 0);
    get(own, OSM_KEY_NIST_P256, &pair);
    check_content(&pair, OSM_KEY_NIST_P256);
    osm_key_pair_deinit(&pair);
    osm_own_cert_free(own);
    free(from);
    free(to);
}

/* Makes the kept certificate one whose time begins later. */
static void postpone(const char *path, long seconds)
{
    FILE *file = fopen(path, "r+");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

    assert_true(cert && key);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), seconds));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    rewind(file);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    assert_int_equal(PEM_write_X509(file, cert), 1);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    EVP_PKEY_free(key);
    X509_free(cert);
}

/* Whether a certificate that becomes valid later is kept. */
static bool outlives(long seconds)
{
    char *path = osm_printf("%s/client-nistP256.pem", directory);
    struct osm_own_cert *own = osm_own_cert_new(directory);
    struct osm_key_pair first = {0}, second = {0};
    bool same;

    get(own, OSM_KEY_NIST_P256, &first);
    osm_own_cert_free(own);
    postpone(path, seconds);
    own = osm_own_cert_new(directory);
    get(own, OSM_KEY_NIST_P256, &second);
    same = EVP_PKEY_eq(first.private_key, second.private_key) == 1;
    osm_own_cert_free(own);
    osm_key_pair_deinit(&first);
    osm_key_pair_deinit(&second);
    assert_int_equal(unlink(path), 0);
    free(path);
    return same;
}

/* As after a start without a battery, with the time of the last shutdown. One that was made while
 * the clock was far ahead would be of no use for as long. */
static void test_clock_is_behind(void **state)
{
    (void)state;
    assert_true(outlives(20L * 3600));
    assert_false(outlives(200L * 86400));
}

static void test_suits(void **state)
{
    struct osm_own_cert *own = osm_own_cert_new(NULL);
    struct osm_key_pair pair = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    (void)state;
    osm_arena_init(&arena);
    get(own, OSM_KEY_NIST_P384, &pair);
    assert_true(osm_key_pair_suits(&pair, OSM_KEY_PAIR_CLIENT, OSM_KEY_NIST_P384, 384,
                                   "ECC_nistP384", &arena, &fault));
    assert_false(osm_key_pair_suits(&pair, OSM_KEY_PAIR_USER, OSM_KEY_RSA, 2048, "Basic256Sha256",
                                    &arena, &fault));
    assert_string_equal(fault.message, "The user certificate has a key on nistP384, and "
                                       "Basic256Sha256 needs an RSA key");
    osm_key_pair_deinit(&pair);
    osm_own_cert_free(own);
    osm_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_is_kept),
        cmocka_unit_test(test_wrong_kind_is_replaced),
        cmocka_unit_test(test_clock_is_behind),
        cmocka_unit_test(test_suits),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
