/* SPDX-License-Identifier: MIT */
/* The generated client certificate; see own_cert.h. */
#include "rim/pki/own_cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <open62541/plugin/create_certificate.h>
#include <openssl/pem.h>
#include <uv.h>

#include "rim/pki/cert.h"
#include "rim/pki/cert_paths.h"
#include "util/alloc.h"
#include "util/dirs.h"
#include "util/scrub.h"
#include "util/write_file.h"

/* A new one is made so long before the old one expires: servers get the time to learn it, and
 * sessions that last for days end before it does. */
#define OSM_RENEWAL_SECONDS (30 * 86400)
#define OSM_OWN_FILE "client.pem"
#define OSM_OWN_PUBLIC_FILE "client-certificate.der"

struct osm_own_cert {
    uv_mutex_t lock;
    char *state_dir;
    struct osm_key_pair pair; /* present, empty before the first use */
};

struct osm_own_cert *osm_own_cert_new(const char *state_dir)
{
    struct osm_own_cert *own = osm_alloc(sizeof(*own));

    osm_assert(uv_mutex_init(&own->lock) == 0);
    own->state_dir = state_dir ? osm_strdup(state_dir) : NULL;
    return own;
}

void osm_own_cert_free(struct osm_own_cert *own)
{
    if (!own)
        return;
    osm_key_pair_deinit(&own->pair);
    uv_mutex_destroy(&own->lock);
    free(own->state_dir);
    free(own);
}

/* Whether it will be valid for a while. */
static bool is_fresh(const struct osm_key_pair *pair)
{
    STACK_OF(X509) *certs = osm_certs_parse(pair->leaf.data, pair->leaf.length);
    int64_t now = time(NULL);
    bool fresh = certs && osm_cert_age(sk_X509_value(certs, 0), now) == OSM_CERT_VALID &&
                 osm_cert_age(sk_X509_value(certs, 0), now + OSM_RENEWAL_SECONDS) == OSM_CERT_VALID;

    osm_certs_free(certs);
    return fresh;
}

/* --- the state directory ------------------------------------------------------------------- */

static void load(struct osm_own_cert *own)
{
    _cleanup_(osm_freep) char *path = osm_printf("%s/%s", own->state_dir, OSM_OWN_FILE);
    struct osm_cert_file file = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (osm_cert_file_read(path, &file) == 0 &&
        !osm_key_pair_parse(&own->pair, OSM_KEY_PAIR_CLIENT, file.data, file.size, path, file.data,
                            file.size, path, &arena, &fault))
        osm_key_pair_deinit(&own->pair); /* a new one replaces the file */
    osm_cert_file_deinit(&file);
    osm_arena_deinit(&arena);
}

/* Certificate and key as PEM in memory of libcrypto. */
static BIO *as_pem(const struct osm_key_pair *pair)
{
    STACK_OF(X509) *certs = osm_certs_parse(pair->leaf.data, pair->leaf.length);
    EVP_PKEY *key = osm_key_parse(pair->key.data, pair->key.length);
    BIO *bio = BIO_new(BIO_s_secmem());
    bool written = bio && certs && key && PEM_write_bio_X509(bio, sk_X509_value(certs, 0)) &&
                   PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);

    osm_certs_free(certs);
    EVP_PKEY_free(key);
    if (written)
        return bio;
    BIO_free(bio);
    return NULL;
}

static int save_into(int directory, const struct osm_key_pair *pair)
{
    BIO *bio = as_pem(pair);
    char *text = NULL;
    long size = bio ? BIO_get_mem_data(bio, &text) : 0;
    int r = size > 0 ? osm_write_file(directory, OSM_OWN_FILE, 0600, text, (size_t)size) : -EIO;

    BIO_free(bio);
    if (r < 0)
        return r;
    return osm_write_file(directory, OSM_OWN_PUBLIC_FILE, 0644, pair->leaf.data, pair->leaf.length);
}

static int save(const struct osm_own_cert *own)
{
    int r = osm_dirs_make(own->state_dir, 0700), directory;

    if (r < 0)
        return r;
    directory = open(own->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -errno;
    r = save_into(directory, &own->pair);
    (void)close(directory);
    return r;
}

/* --- a new one ----------------------------------------------------------------------------- */

static UA_StatusCode generate(struct osm_key_pair *pair)
{
    UA_String subject[] = {UA_STRING_STATIC("O=OPC UA PHP Client"),
                           UA_STRING_STATIC("CN=OPC UA PHP Client")};
    UA_String names[] = {UA_STRING_STATIC("URI:urn:opcua-client")};
    UA_UInt16 bits = 2048, days = 365;
    UA_KeyValuePair pairs[] = {{.key = {0, UA_STRING_STATIC("key-size-bits")}},
                               {.key = {0, UA_STRING_STATIC("expires-in-days")}}};
    UA_KeyValueMap params = {OSM_ARRAY_SIZE(pairs), pairs};
    static const UA_Logger silent = {0}; /* the log belongs to the loop's thread */

    UA_Variant_setScalar(&pairs[0].value, &bits, &UA_TYPES[UA_TYPES_UINT16]);
    UA_Variant_setScalar(&pairs[1].value, &days, &UA_TYPES[UA_TYPES_UINT16]);
    return UA_CreateCertificate(&silent, subject, OSM_ARRAY_SIZE(subject), names,
                                OSM_ARRAY_SIZE(names), UA_CERTIFICATEFORMAT_DER, &params,
                                &pair->key, &pair->leaf);
}

static bool make_new(struct osm_own_cert *own, struct osm_arena *arena, struct osm_fault *fault)
{
    UA_ByteString key, leaf;
    struct osm_key_pair made = {0};
    UA_StatusCode status;
    bool parsed;

    osm_scrub_begin();
    status = generate(&made);
    osm_scrub_end(made.key.length);
    if (status != UA_STATUSCODE_GOOD) {
        osm_key_pair_deinit(&made);
        return osm_fault_set(fault, arena, OSM_FAULT_SECURITY,
                             "Failed to generate a client certificate: %s",
                             UA_StatusCode_name(status));
    }
    key = made.key;
    leaf = made.leaf;
    osm_key_pair_deinit(&own->pair);
    parsed = osm_key_pair_parse(&own->pair, OSM_KEY_PAIR_CLIENT, leaf.data, leaf.length,
                                "the generated one", key.data, key.length, "the generated one",
                                arena, fault);
    osm_key_pair_deinit(&made);
    return parsed;
}

static bool renew(struct osm_own_cert *own, char **warning, struct osm_arena *arena,
                  struct osm_fault *fault)
{
    int r;

    if (!own->pair.leaf.length && own->state_dir)
        load(own);
    if (own->pair.leaf.length && is_fresh(&own->pair))
        return true;
    if (!make_new(own, arena, fault))
        return false;
    r = own->state_dir ? save(own) : 0;
    if (r < 0)
        *warning = osm_printf("Cannot keep the generated client certificate in %s: %s; after the "
                              "next start servers will see another one",
                              own->state_dir, strerror(-r));
    return true;
}

bool osm_own_cert_get(struct osm_own_cert *own, struct osm_key_pair *copy, char **warning,
                      struct osm_arena *arena, struct osm_fault *fault)
{
    bool got;

    *warning = NULL;
    uv_mutex_lock(&own->lock);
    got = renew(own, warning, arena, fault);
    if (got) {
        osm_assert(UA_ByteString_copy(&own->pair.leaf, &copy->leaf) == UA_STATUSCODE_GOOD &&
                   UA_ByteString_copy(&own->pair.chain, &copy->chain) == UA_STATUSCODE_GOOD &&
                   UA_ByteString_copy(&own->pair.key, &copy->key) == UA_STATUSCODE_GOOD);
        copy->uri = own->pair.uri ? osm_strdup(own->pair.uri) : NULL;
        copy->bits = own->pair.bits;
    }
    uv_mutex_unlock(&own->lock);
    return got;
}
