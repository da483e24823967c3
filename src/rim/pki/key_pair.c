/* SPDX-License-Identifier: MIT */
/* Certificates with keys from files; see key_pair.h. */
#include "rim/pki/key_pair.h"

#include <stdlib.h>
#include <string.h>

#include "port/session_config.h"
#include "rim/pki/cert.h"
#include "rim/pki/cert_paths.h"
#include "util/alloc.h"
#include "util/wipe.h"

static const struct {
    const char *whose;
    enum osm_config_key cert, key;
} roles[] = {
    [OSM_KEY_PAIR_CLIENT] = {"client", OSM_CONFIG_clientCertPath, OSM_CONFIG_clientKeyPath},
    [OSM_KEY_PAIR_USER] = {"user", OSM_CONFIG_userCertPath, OSM_CONFIG_userKeyPath},
};

void osm_key_pair_deinit(struct osm_key_pair *pair)
{
    osm_wipe(pair->key.data, pair->key.length);
    UA_ByteString_clear(&pair->key);
    UA_ByteString_clear(&pair->leaf);
    UA_ByteString_clear(&pair->chain);
    EVP_PKEY_free(pair->private_key);
    free(pair->uri);
    *pair = (struct osm_key_pair){0};
}

/* Bytes of malloc() to the library's string; the plain free() of both is the same. */
static UA_ByteString owned(uint8_t *bytes, size_t size)
{
    return bytes ? (UA_ByteString){size, bytes} : UA_BYTESTRING_NULL;
}

static void add_to_chain(UA_ByteString *chain, const X509 *cert)
{
    size_t size = 0;
    uint8_t *der = osm_cert_der(cert, &size);

    if (!der)
        return;
    chain->data = osm_alloc_resize(chain->data, chain->length + size);
    memcpy(chain->data + chain->length, der, size);
    chain->length += size;
    free(der);
}

static bool take_leaf(struct osm_key_pair *pair, const X509 *leaf)
{
    const EVP_PKEY *key = X509_get0_pubkey(leaf);
    size_t size = 0;
    uint8_t *der = osm_cert_der(leaf, &size);

    pair->leaf = owned(der, size);
    pair->uri = osm_cert_uri(leaf);
    pair->kind = key ? osm_key_kind_of(key) : OSM_KEY_OTHER;
    pair->bits = key ? EVP_PKEY_get_bits(key) : 0;
    add_to_chain(&pair->chain, leaf);
    return der != NULL;
}

static bool take_certificates(struct osm_key_pair *pair, STACK_OF(X509) * certs)
{
    bool taken = take_leaf(pair, sk_X509_value(certs, 0));

    for (int i = 1; i < sk_X509_num(certs); i++)
        add_to_chain(&pair->chain, sk_X509_value(certs, i));
    return taken;
}

static bool take_key(struct osm_key_pair *pair, EVP_PKEY *key)
{
    size_t size = 0;
    uint8_t *der = osm_cert_key_der(key, &size);

    pair->key = owned(der, size);
    (void)EVP_PKEY_up_ref(key);
    pair->private_key = key;
    return der != NULL;
}

bool osm_key_pair_take(struct osm_key_pair *pair, const X509 *cert, EVP_PKEY *key)
{
    bool leaf = take_leaf(pair, cert);

    return take_key(pair, key) && leaf;
}

void osm_key_pair_copy(struct osm_key_pair *copy, const struct osm_key_pair *pair)
{
    *copy = (struct osm_key_pair){.private_key = pair->private_key,
                                  .uri = pair->uri ? osm_strdup(pair->uri) : NULL,
                                  .kind = pair->kind,
                                  .bits = pair->bits};
    (void)EVP_PKEY_up_ref(pair->private_key);
    osm_assert(UA_ByteString_copy(&pair->leaf, &copy->leaf) == UA_STATUSCODE_GOOD &&
               UA_ByteString_copy(&pair->chain, &copy->chain) == UA_STATUSCODE_GOOD &&
               UA_ByteString_copy(&pair->key, &copy->key) == UA_STATUSCODE_GOOD);
}

bool osm_key_pair_parse(struct osm_key_pair *pair, enum osm_key_pair_role role, const void *cert,
                        size_t cert_size, const char *cert_name, const void *key_bytes,
                        size_t key_size, const char *key_name, struct osm_arena *arena,
                        struct osm_fault *fault)
{
    STACK_OF(X509) *certs = osm_certs_parse(cert, cert_size);
    EVP_PKEY *key = osm_cert_key_parse(key_bytes, key_size);
    const char *whose = roles[role].whose;

    if (!certs || !take_certificates(pair, certs))
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                      "Failed to read %s certificate: no certificate (PEM or DER) in %s", whose,
                      cert_name);
    else if (!key || !take_key(pair, key))
        osm_fault_set(fault, arena, OSM_FAULT_OPENSSL,
                      "Failed to parse private key: no unencrypted key (PEM or DER) in %s",
                      key_name);
    else if (!osm_cert_fits_key(sk_X509_value(certs, 0), key))
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                      "The %s key does not belong to the %s certificate: %s and %s are no pair",
                      whose, whose, key_name, cert_name);
    else if (pair->kind == OSM_KEY_OTHER)
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                      "The %s certificate has a key that no security policy works with: %s", whose,
                      cert_name);
    osm_certs_free(certs);
    EVP_PKEY_free(key);
    return !osm_fault_is_set(fault);
}

static bool add_authorities(struct osm_key_pair *pair, const char *path, char *const *allowed_dirs,
                            struct osm_arena *arena, struct osm_fault *fault)
{
    struct osm_cert_file file = {0};
    STACK_OF(X509) * certs;

    if (!osm_cert_paths_read(OSM_CONFIG_caCertPath, path, allowed_dirs, &file, arena, fault))
        return false;
    certs = osm_certs_parse(file.data, file.size);
    osm_cert_file_deinit(&file);
    if (!certs)
        return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                             "Failed to read certificate file: no certificate (PEM or DER) in %s",
                             path);
    for (int i = 0; i < sk_X509_num(certs); i++)
        add_to_chain(&pair->chain, sk_X509_value(certs, i));
    osm_certs_free(certs);
    return true;
}

bool osm_key_pair_load(struct osm_key_pair *pair, enum osm_key_pair_role role,
                       const char *cert_path, const char *key_path, const char *ca_path,
                       char *const *allowed_dirs, struct osm_arena *arena, struct osm_fault *fault)
{
    struct osm_cert_file cert = {0}, key = {0};
    bool loaded =
        osm_cert_paths_read(roles[role].cert, cert_path, allowed_dirs, &cert, arena, fault) &&
        osm_cert_paths_read(roles[role].key, key_path, allowed_dirs, &key, arena, fault) &&
        osm_key_pair_parse(pair, role, cert.data, cert.size, cert_path, key.data, key.size,
                           key_path, arena, fault) &&
        (!ca_path || add_authorities(pair, ca_path, allowed_dirs, arena, fault));

    osm_cert_file_deinit(&cert);
    osm_cert_file_deinit(&key);
    return loaded;
}

bool osm_key_pair_suits(const struct osm_key_pair *pair, enum osm_key_pair_role role,
                        enum osm_key_kind kind, int least_bits, const char *policy_name,
                        struct osm_arena *arena, struct osm_fault *fault)
{
    const char *whose = roles[role].whose;

    if (pair->kind != kind)
        return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                             "The %s certificate has %s, and %s needs %s", whose,
                             osm_key_kind_text(pair->kind), policy_name, osm_key_kind_text(kind));
    /* Longer ones than a policy knows are left to the server. */
    if (pair->bits < least_bits)
        return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                             "The %s key is too weak: it has %d bits, and %s needs %d or more",
                             whose, pair->bits, policy_name, least_bits);
    return true;
}
