/* SPDX-License-Identifier: MIT */
/* Kinds of keys; see key_kind.h. */
#include "rim/pki/key_kind.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

static const struct row {
    const char *type, *group; /* libcrypto's names */
    const char *text, *suffix;
    const EVP_MD *(*hash)(void);
} rows[OSM_KEY_KINDS] = {
    [OSM_KEY_OTHER] = {"", NULL, "a key of another kind", "-other", EVP_sha256},
    [OSM_KEY_RSA] = {"RSA", NULL, "an RSA key", "", EVP_sha256},
    [OSM_KEY_NIST_P256] = {"EC", "prime256v1", "a key on nistP256", "-nistP256", EVP_sha256},
    [OSM_KEY_NIST_P384] = {"EC", "secp384r1", "a key on nistP384", "-nistP384", EVP_sha384},
    [OSM_KEY_BRAINPOOL_P256] = {"EC", "brainpoolP256r1", "a key on brainpoolP256r1",
                                "-brainpoolP256r1", EVP_sha256},
    [OSM_KEY_BRAINPOOL_P384] = {"EC", "brainpoolP384r1", "a key on brainpoolP384r1",
                                "-brainpoolP384r1", EVP_sha384},
    [OSM_KEY_CURVE25519] = {"ED25519", NULL, "a key on curve25519", "-curve25519", NULL},
    [OSM_KEY_CURVE448] = {"ED448", NULL, "a key on curve448", "-curve448", NULL},
};

enum osm_key_kind osm_key_kind_of(const EVP_PKEY *key)
{
    char group[32] = "";

    (void)EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    ERR_clear_error();
    for (enum osm_key_kind kind = OSM_KEY_RSA; kind < OSM_KEY_KINDS; kind++)
        if (EVP_PKEY_is_a(key, rows[kind].type) &&
            (!rows[kind].group || strcmp(rows[kind].group, group) == 0))
            return kind;
    return OSM_KEY_OTHER;
}

EVP_PKEY *osm_key_kind_generate(enum osm_key_kind kind)
{
    const struct row *row = &rows[kind];
    EVP_PKEY *key;

    if (kind == OSM_KEY_RSA)
        key = EVP_RSA_gen(2048);
    else if (row->group)
        key = EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->group);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, row->type);
    ERR_clear_error();
    return key;
}

const char *osm_key_kind_text(enum osm_key_kind kind)
{
    return rows[kind].text;
}

const char *osm_key_kind_suffix(enum osm_key_kind kind)
{
    return rows[kind].suffix;
}

const EVP_MD *osm_key_kind_hash(enum osm_key_kind kind)
{
    return rows[kind].hash ? rows[kind].hash() : NULL;
}
