/* SPDX-License-Identifier: MIT */
/* The generated client certificate; see own_cert.h. */
#include "rim/pki/own_cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <uv.h>

#include "rim/pki/cert.h"
#include "rim/pki/cert_paths.h"
#include "rim/pki/self_signed.h"
#include "util/alloc.h"
#include "util/dirs.h"
#include "util/write_file.h"

/* A new one is made so long before the old one expires: servers get the time to learn it, and
 * sessions that last for days end before it does. */
#define OSM_RENEWAL_SECONDS (30 * 86400)
/* How far a clock may be behind the certificate. */
#define OSM_CLOCK_BEHIND 86400
/* The beginning of 2026: a clock that says less is not set. */
#define OSM_CLOCK_LEAST 1767225600

struct osm_own_cert {
    uv_mutex_t lock;
    char *state_dir;
    struct osm_key_pair pairs[OSM_KEY_KINDS]; /* present, empty before their first use */
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
    for (size_t i = 0; i < OSM_KEY_KINDS; i++)
        osm_key_pair_deinit(&own->pairs[i]);
    uv_mutex_destroy(&own->lock);
    free(own->state_dir);
    free(own);
}

/* Whether it will be valid for a while. A clock that is behind a little, or was never set, costs no
 * certificate that servers have learnt: another one would be dated by that clock. */
static bool is_fresh(const struct osm_key_pair *pair)
{
    STACK_OF(X509) *certs = osm_certs_parse(pair->leaf.data, pair->leaf.length);
    int64_t now = time(NULL);
    bool fresh =
        certs &&
        (now < OSM_CLOCK_LEAST ||
         (osm_cert_age(sk_X509_value(certs, 0), now + OSM_CLOCK_BEHIND) == OSM_CERT_VALID &&
          osm_cert_age(sk_X509_value(certs, 0), now + OSM_RENEWAL_SECONDS) == OSM_CERT_VALID));

    osm_certs_free(certs);
    return fresh;
}

/* --- the state directory ------------------------------------------------------------------- */

static char *file_name(enum osm_key_kind kind)
{
    return osm_printf("client%s.pem", osm_key_kind_suffix(kind));
}

static char *public_file_name(enum osm_key_kind kind)
{
    return osm_printf("client-certificate%s.der", osm_key_kind_suffix(kind));
}

static void load(const char *state_dir, enum osm_key_kind kind, struct osm_key_pair *pair)
{
    _cleanup_(osm_freep) char *name = file_name(kind);
    _cleanup_(osm_freep) char *path = osm_printf("%s/%s", state_dir, name);
    struct osm_cert_file file = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (osm_cert_file_read(path, &file) == 0 &&
        (!osm_key_pair_parse(pair, OSM_KEY_PAIR_CLIENT, file.data, file.size, path, file.data,
                             file.size, path, &arena, &fault) ||
         pair->kind != kind))
        osm_key_pair_deinit(pair); /* a new one replaces the file */
    osm_cert_file_deinit(&file);
    osm_arena_deinit(&arena);
}

/* Certificate and key as PEM in memory of libcrypto. */
static BIO *as_pem(const struct osm_key_pair *pair)
{
    STACK_OF(X509) *certs = osm_certs_parse(pair->leaf.data, pair->leaf.length);
    BIO *bio = BIO_new(BIO_s_secmem());
    bool written = bio && certs && PEM_write_bio_X509(bio, sk_X509_value(certs, 0)) &&
                   PEM_write_bio_PrivateKey(bio, pair->private_key, NULL, NULL, 0, NULL, NULL);

    osm_certs_free(certs);
    if (written)
        return bio;
    BIO_free(bio);
    return NULL;
}

static int save_into(int directory, const struct osm_key_pair *pair)
{
    _cleanup_(osm_freep) char *name = file_name(pair->kind);
    _cleanup_(osm_freep) char *public_name = public_file_name(pair->kind);
    BIO *bio = as_pem(pair);
    char *text = NULL;
    long size = bio ? BIO_get_mem_data(bio, &text) : 0;
    int r = size > 0 ? osm_write_file(directory, name, 0600, text, (size_t)size) : -EIO;

    BIO_free(bio);
    if (r < 0)
        return r;
    return osm_write_file(directory, public_name, 0644, pair->leaf.data, pair->leaf.length);
}

static int save(const char *state_dir, const struct osm_key_pair *pair)
{
    int r = osm_dirs_make(state_dir, 0700), directory;

    if (r < 0)
        return r;
    directory = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -errno;
    r = save_into(directory, pair);
    (void)close(directory);
    return r;
}

/* --- a new one ----------------------------------------------------------------------------- */

static bool make_new(struct osm_key_pair *pair, enum osm_key_kind kind, struct osm_arena *arena,
                     struct osm_fault *fault)
{
    EVP_PKEY *key;
    X509 *cert;
    bool made = osm_self_signed_make(kind, &key, &cert);

    osm_key_pair_deinit(pair);
    made = made && osm_key_pair_take(pair, cert, key);
    EVP_PKEY_free(key);
    X509_free(cert);
    if (made)
        return true;
    osm_key_pair_deinit(pair);
    return osm_fault_set(fault, arena, OSM_FAULT_SECURITY,
                         "Failed to generate a client certificate: libcrypto does not make %s",
                         osm_key_kind_text(kind));
}

static bool renew(struct osm_own_cert *own, enum osm_key_kind kind, char **warning,
                  struct osm_arena *arena, struct osm_fault *fault)
{
    struct osm_key_pair *pair = &own->pairs[kind];
    int r;

    if (!pair->leaf.length && own->state_dir)
        load(own->state_dir, kind, pair);
    if (pair->leaf.length && is_fresh(pair))
        return true;
    if (!make_new(pair, kind, arena, fault))
        return false;
    r = own->state_dir ? save(own->state_dir, pair) : 0;
    if (r < 0)
        *warning = osm_printf("Cannot keep the generated client certificate in %s: %s; after the "
                              "next start servers will see another one",
                              own->state_dir, strerror(-r));
    return true;
}

bool osm_own_cert_get(struct osm_own_cert *own, enum osm_key_kind kind, struct osm_key_pair *copy,
                      char **warning, struct osm_arena *arena, struct osm_fault *fault)
{
    bool got;

    *warning = NULL;
    uv_mutex_lock(&own->lock);
    got = renew(own, kind, warning, arena, fault);
    if (got)
        osm_key_pair_copy(copy, &own->pairs[kind]);
    uv_mutex_unlock(&own->lock);
    return got;
}
