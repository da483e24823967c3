/* SPDX-License-Identifier: MIT */
/* Certificates, keys and revocation lists from files and from servers: PEM or DER, whatever comes
 * is understood or refused; what is understood survives being written and read again. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rim/pki/cert.h"
#include "rim/pki/key_pair.h"

static void look_at(X509 *cert)
{
    STACK_OF(X509) * again;
    size_t size = 0;
    uint8_t *der = osm_cert_der(cert, &size);

    free(osm_cert_uri(cert));
    free(osm_cert_common_name(cert));
    (void)osm_cert_is_for_host(cert, "localhost");
    (void)osm_cert_is_for_host(cert, "127.0.0.1");
    (void)osm_cert_age(cert, 1700000000);
    if (!der)
        return;
    osm_assert(osm_cert_der_leaf(der, size) == size);
    again = osm_certs_parse(der, size);
    osm_assert(again && sk_X509_num(again) == 1);
    osm_certs_free(again);
    free(der);
}

static void look_at_pair(const uint8_t *data, size_t size)
{
    struct osm_key_pair pair = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (osm_key_pair_parse(&pair, OSM_KEY_PAIR_CLIENT, data, size, "a", data, size, "b", &arena,
                           &fault))
        osm_assert(pair.leaf.length && pair.key.length && pair.bits > 0);
    else
        osm_assert(osm_fault_is_set(&fault));
    osm_key_pair_deinit(&pair);
    osm_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    STACK_OF(X509) *certs = osm_certs_parse(data, size);
    STACK_OF(X509_CRL) *lists = osm_crls_parse(data, size);

    osm_assert(osm_cert_der_leaf(data, size) <= size);
    for (int i = 0; i < sk_X509_num(certs); i++)
        look_at(sk_X509_value(certs, i));
    if (certs)
        (void)osm_cert_verify_chain(sk_X509_value(certs, 0), certs, certs, lists);
    osm_certs_free(certs);
    osm_cert_crls_free(lists);
    EVP_PKEY_free(osm_cert_key_parse(data, size));
    look_at_pair(data, size);
    return 0;
}
