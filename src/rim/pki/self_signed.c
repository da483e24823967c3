/* SPDX-License-Identifier: MIT */
/* The generated client certificate; see self_signed.h. */
#include "rim/pki/self_signed.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "util/macros.h"

#define NAME "OPC UA PHP Client"
#define URI "URI:urn:opcua-client"
#define DAYS 365
/* Valid since a little while ago: clocks of servers are not all right. */
#define SINCE_S (-3600)

/* OPC 10000-6 §6.2.2: what an application instance certificate must say. A self-signed one also
 * signs itself. Keys on curves do not encipher. */
static const struct extension {
    int nid;
    const char *rsa, *curve;
} extensions[] = {
    {NID_subject_alt_name, URI, URI},
    {NID_basic_constraints, "CA:FALSE", "CA:FALSE"},
    {NID_key_usage,
     "critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyCertSign",
     "critical,digitalSignature,nonRepudiation,keyAgreement,keyCertSign"},
    {NID_ext_key_usage, "critical,serverAuth,clientAuth", "critical,serverAuth,clientAuth"},
    {NID_subject_key_identifier, "hash", "hash"},
};

static bool set_name(X509 *cert)
{
    X509_NAME *name = X509_get_subject_name(cert);
    const unsigned char *text = (const unsigned char *)NAME;

    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1;
}

static bool set_serial(X509 *cert)
{
    BIGNUM *number = BN_new();
    bool set = number && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;

    BN_free(number);
    return set;
}

static bool add_extensions(X509 *cert, enum osm_key_kind kind)
{
    X509V3_CTX context;
    bool added = true;

    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(extensions) && added; i++) {
        const char *value = kind == OSM_KEY_RSA ? extensions[i].rsa : extensions[i].curve;
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, value);

        added = extension && X509_add_ext(cert, extension, -1) == 1;
        X509_EXTENSION_free(extension);
    }
    return added;
}

static bool fill(X509 *cert, EVP_PKEY *key, enum osm_key_kind kind)
{
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) && set_name(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), SINCE_S) &&
           X509_time_adj_ex(X509_getm_notAfter(cert), DAYS, 0, NULL) &&
           X509_set_pubkey(cert, key) == 1 && add_extensions(cert, kind) &&
           X509_sign(cert, key, osm_key_kind_hash(kind)) > 0;
}

bool osm_self_signed_make(enum osm_key_kind kind, EVP_PKEY **key, X509 **cert)
{
    bool made;

    *key = osm_key_kind_generate(kind);
    *cert = X509_new();
    made = *key && *cert && fill(*cert, *key, kind);
    ERR_clear_error();
    if (made)
        return true;
    EVP_PKEY_free(osm_steal(*key));
    X509_free(osm_steal(*cert));
    return false;
}
