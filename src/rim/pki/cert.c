/* SPDX-License-Identifier: MIT */
/* Certificates and keys by libcrypto; see cert.h. */
#include "rim/pki/cert.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "util/alloc.h"

static const char pem_mark[] = "-----BEGIN ";

static bool is_pem(const void *data, size_t size)
{
    return memmem(data, size, pem_mark, sizeof(pem_mark) - 1) != NULL;
}

static BIO *open_bytes(const void *data, size_t size)
{
    BIO *bio = size <= INT_MAX ? BIO_new_mem_buf(data, (int)size) : NULL;

    osm_assert(bio || size > INT_MAX);
    return bio;
}

/* Nobody can answer a question for a pass phrase. */
static int no_pass_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* --- reading ------------------------------------------------------------------------------- */

/* The end of PEM blocks looks like a failure; whether it was one the error's reason tells. */
static bool ended_well(void)
{
    unsigned long error = ERR_peek_last_error();

    ERR_clear_error();
    return !error ||
           (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE);
}

/* What a PEM or DER file holds of one kind. add() takes the object over. */
struct kind {
    void *(*from_pem)(BIO *bio);
    void *(*from_der)(const unsigned char **at, long size);
    bool (*add)(void *list, void *object);
};

static bool read_pem(const struct kind *kind, const void *data, size_t size, void *list)
{
    BIO *bio = open_bytes(data, size);
    void *object;

    if (!bio)
        return false;
    while ((object = kind->from_pem(bio)) != NULL)
        osm_assert(kind->add(list, object));
    BIO_free(bio);
    return ended_well();
}

static bool read_der(const struct kind *kind, const void *data, size_t size, void *list)
{
    const unsigned char *at = data, *end = at + size;

    while (at < end) {
        void *object = kind->from_der(&at, end - at);

        if (!object) {
            ERR_clear_error();
            return false;
        }
        osm_assert(kind->add(list, object));
    }
    return true;
}

/* Behind the first one is what helps to find an authority; it ends where it cannot be read. */
static bool read_shown(const struct kind *kind, const void *data, size_t size, void *list)
{
    (void)read_der(kind, data, size, list);
    return true;
}

static bool read_list(const struct kind *kind, const void *data, size_t size, void *list)
{
    if (size > LONG_MAX)
        return false;
    return is_pem(data, size) ? read_pem(kind, data, size, list) : read_der(kind, data, size, list);
}

static void *cert_from_pem(BIO *bio)
{
    return PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
}

static void *cert_from_der(const unsigned char **at, long size)
{
    return d2i_X509(NULL, at, size);
}

static bool cert_add(void *list, void *object)
{
    return sk_X509_push(list, object) > 0;
}

typedef bool read_fn(const struct kind *kind, const void *data, size_t size, void *list);

static STACK_OF(X509) * parse_certs(read_fn *read, const void *data, size_t size)
{
    static const struct kind kind = {cert_from_pem, cert_from_der, cert_add};
    STACK_OF(X509) *certs = sk_X509_new_null();

    osm_assert(certs);
    if (read(&kind, data, size, certs) && sk_X509_num(certs) > 0)
        return certs;
    osm_certs_free(certs);
    return NULL;
}

STACK_OF(X509) * osm_certs_parse(const void *data, size_t size)
{
    return parse_certs(read_list, data, size);
}

STACK_OF(X509) * osm_certs_parse_der(const void *data, size_t size)
{
    return size <= LONG_MAX ? parse_certs(read_shown, data, size) : NULL;
}

void osm_certs_free(STACK_OF(X509) * certs)
{
    sk_X509_pop_free(certs, X509_free);
}

static void *crl_from_pem(BIO *bio)
{
    return PEM_read_bio_X509_CRL(bio, NULL, no_pass_phrase, NULL);
}

static void *crl_from_der(const unsigned char **at, long size)
{
    return d2i_X509_CRL(NULL, at, size);
}

static bool crl_add(void *list, void *object)
{
    return sk_X509_CRL_push(list, object) > 0;
}

STACK_OF(X509_CRL) * osm_crls_parse(const void *data, size_t size)
{
    static const struct kind kind = {crl_from_pem, crl_from_der, crl_add};
    STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();

    osm_assert(crls);
    if (read_list(&kind, data, size, crls) && sk_X509_CRL_num(crls) > 0)
        return crls;
    osm_cert_crls_free(crls);
    return NULL;
}

void osm_cert_crls_free(STACK_OF(X509_CRL) * crls)
{
    sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

EVP_PKEY *osm_cert_key_parse(const void *data, size_t size)
{
    EVP_PKEY *key = NULL;

    if (is_pem(data, size)) {
        BIO *bio = open_bytes(data, size);

        if (bio)
            key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
        BIO_free(bio);
    } else if (size <= LONG_MAX) {
        const unsigned char *at = data;

        key = d2i_AutoPrivateKey(NULL, &at, (long)size);
    }
    ERR_clear_error();
    return key;
}

/* --- bytes --------------------------------------------------------------------------------- */

/* libcrypto's memory to ours. */
static uint8_t *own_bytes(unsigned char *bytes, int length, size_t *size)
{
    uint8_t *copy;

    ERR_clear_error();
    if (length <= 0)
        return NULL;
    copy = osm_alloc((size_t)length);
    memcpy(copy, bytes, (size_t)length);
    OPENSSL_clear_free(bytes, (size_t)length);
    *size = (size_t)length;
    return copy;
}

uint8_t *osm_cert_der(const X509 *cert, size_t *size)
{
    unsigned char *bytes = NULL;
    int length = i2d_X509(cert, &bytes);

    return own_bytes(bytes, length, size);
}

uint8_t *osm_cert_key_der(const EVP_PKEY *key, size_t *size)
{
    unsigned char *bytes = NULL;
    int length = i2d_PrivateKey(key, &bytes);

    return own_bytes(bytes, length, size);
}

size_t osm_cert_der_leaf(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t length, count;

    if (size < 2 || bytes[0] != 0x30)
        return 0;
    if (bytes[1] < 0x80)
        return (size_t)bytes[1] + 2 <= size ? (size_t)bytes[1] + 2 : 0;
    count = bytes[1] & 0x7f;
    if (count == 0 || count > 4 || size < 2 + count)
        return 0;
    length = 0;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | bytes[2 + i];
    return length <= size - 2 - count ? length + 2 + count : 0;
}

/* --- what it says -------------------------------------------------------------------------- */

/* As UTF-8 up to a NUL character; NULL when that cannot be. */
static char *text_of(const ASN1_STRING *string)
{
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, string);
    char *text = length >= 0 ? osm_strndup((const char *)utf8, (size_t)length) : NULL;

    OPENSSL_free(utf8);
    ERR_clear_error();
    return text;
}

char *osm_cert_uri(const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    char *uri = NULL;

    ERR_clear_error();
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !uri; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_URI)
            uri = text_of(name->d.uniformResourceIdentifier);
    }
    GENERAL_NAMES_free(names);
    return uri;
}

char *osm_cert_common_name(const X509 *cert)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    char *name = NULL;

    if (at >= 0)
        name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return name ? name : osm_strdup("Unknown");
}

bool osm_cert_is_for_host(X509 *cert, const char *host)
{
    bool fits =
        X509_check_host(cert, host, 0, 0, NULL) == 1 || X509_check_ip_asc(cert, host, 0) == 1;

    ERR_clear_error();
    return fits;
}

bool osm_cert_fits_key(const X509 *cert, const EVP_PKEY *key)
{
    bool fits = X509_check_private_key(cert, key) == 1;

    ERR_clear_error();
    return fits;
}

enum osm_cert_age osm_cert_age(const X509 *cert, int64_t when)
{
    time_t moment = (time_t)when;
    enum osm_cert_age age = OSM_CERT_VALID;

    /* 0 = the time cannot be read: then it is not valid either. */
    if (X509_cmp_time(X509_get0_notAfter(cert), &moment) <= 0)
        age = OSM_CERT_EXPIRED;
    else if (X509_cmp_time(X509_get0_notBefore(cert), &moment) >= 0)
        age = OSM_CERT_NOT_YET_VALID;
    ERR_clear_error();
    return age;
}

double osm_cert_ends(const void *data, size_t size)
{
    const uint8_t *at = data;
    X509 *cert = size && size <= LONG_MAX ? d2i_X509(NULL, &at, (long)size) : NULL;
    struct tm ends;
    double seconds = 0;

    if (cert && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &ends) == 1)
        seconds = (double)timegm(&ends);
    X509_free(cert);
    ERR_clear_error();
    return seconds;
}

/* --- chains -------------------------------------------------------------------------------- */

/* A list that is missing, too old or from the future says nothing; what is revoked stays so. */
static int forgive_lists(int ok, X509_STORE_CTX *context)
{
    switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return 1;
    default:
        return ok;
    }
}

static X509_STORE *store_of(STACK_OF(X509) * authorities, STACK_OF(X509_CRL) * crls)
{
    X509_STORE *store = X509_STORE_new();

    osm_assert(store);
    for (int i = 0; i < sk_X509_num(authorities); i++)
        (void)X509_STORE_add_cert(store, sk_X509_value(authorities, i));
    for (int i = 0; i < sk_X509_CRL_num(crls); i++)
        (void)X509_STORE_add_crl(store, sk_X509_CRL_value(crls, i));
    if (sk_X509_CRL_num(crls) > 0)
        (void)X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    /* The authority that is given is the end of the chain, whoever has signed it. */
    (void)X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_set_verify_cb(store, forgive_lists);
    return store;
}

bool osm_cert_verify_chain(X509 *cert, STACK_OF(X509) * between, STACK_OF(X509) * authorities,
                           STACK_OF(X509_CRL) * crls)
{
    X509_STORE *store = store_of(authorities, crls);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool verified;

    osm_assert(context);
    verified =
        X509_STORE_CTX_init(context, store, cert, between) == 1 && X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return verified;
}
