/* SPDX-License-Identifier: MIT */
/* Trust in server certificates; see verdict.h. */
#include "rim/pki/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rim/pki/cert.h"
#include "util/alloc.h"

/* The reasons the contract knows. */
#define NOT_FOUND "Certificate not found in trust store"
#define EXPIRED "Certificate has expired"
#define NOT_YET "Certificate is not yet valid"
#define BAD_CHAIN "Certificate chain verification failed"
/* And ours (differences.md, S13, S19). */
#define NOT_READABLE "Trust store cannot be read"
#define OTHER_URI "Certificate names another application URI than the server"

bool osm_verdict_is_set(const struct osm_verdict *judge)
{
    return judge->store_path && judge->policy;
}

void osm_verdict_deinit(struct osm_verdict *judge)
{
    free(judge->store_path);
    free(judge->policy);
    free(judge->ca_path);
    *judge = (struct osm_verdict){0};
}

void osm_verdict_log_deinit(struct osm_verdict_log *log)
{
    free(log->info);
    free(log->warning);
    free(log->subject);
    *log = (struct osm_verdict_log){0};
}

/* A case at hand. */
struct hearing {
    const struct osm_verdict *judge;
    struct osm_trust_store store;
    const uint8_t *der; /* of the certificate itself */
    size_t size;
    STACK_OF(X509_CRL) * lists; /* while the chain is followed */
    STACK_OF(X509) * chain;     /* it and what came behind it; NULL = not readable */
    char fingerprint[OSM_FINGERPRINT_TEXT];
    char *subject;
    char *detail; /* what stood in the way of looking; NULL = nothing */
};

/* It could not be looked at: that is no trust. */
static bool fail_to_read(struct hearing *hearing, const char *what, int error)
{
    if (!hearing->detail)
        hearing->detail = osm_printf("%s: %s", what, strerror(-error));
    return false;
}

/* --- the chain ------------------------------------------------------------------------------ */

static bool take_lists(struct hearing *hearing, const struct osm_cert_file *file)
{
    STACK_OF(X509_CRL) *found = osm_crls_parse(file->data, file->size);
    bool any = found != NULL;

    while (sk_X509_CRL_num(found) > 0)
        osm_assert(sk_X509_CRL_push(hearing->lists, sk_X509_CRL_pop(found)) > 0);
    osm_cert_crls_free(found);
    return any;
}

/* One that cannot be read must not make revoked certificates good. */
static int add_list(void *context, const char *name, const struct osm_cert_file *file, int error)
{
    struct hearing *hearing = context;

    if (error == 0 && take_lists(hearing, file))
        return 0;
    hearing->detail = osm_printf("crl/%s: %s", name,
                                 error ? strerror(-error) : "no revocation list (PEM or DER)");
    return error ? error : -EBADMSG;
}

/* Lists may stand in the file of the authorities, too. */
static bool add_lists_of(struct hearing *hearing, const struct osm_cert_file *authorities)
{
    static const char mark[] = "-----BEGIN X509 CRL";

    if (take_lists(hearing, authorities) ||
        !memmem(authorities->data, authorities->size, mark, sizeof(mark) - 1))
        return true;
    hearing->detail = osm_strdup("a revocation list in the file of the CA cannot be read");
    return false;
}

/* Nor must a folder that cannot be read. */
static bool chain_holds(struct hearing *hearing, const struct osm_cert_file *authorities)
{
    STACK_OF(X509) *trusted = osm_certs_parse(authorities->data, authorities->size);
    bool holds;
    int r;

    hearing->lists = sk_X509_CRL_new_null();
    osm_assert(hearing->lists);
    r = osm_trust_store_lists(&hearing->store, add_list, hearing);
    holds = (r == 0 || fail_to_read(hearing, "crl", r)) && add_lists_of(hearing, authorities) &&
            trusted &&
            osm_cert_verify_chain(sk_X509_value(hearing->chain, 0), hearing->chain, trusted,
                                  hearing->lists);
    osm_cert_crls_free(osm_steal(hearing->lists));
    osm_certs_free(trusted);
    return holds;
}

static bool is_issued(struct hearing *hearing)
{
    const struct osm_verdict *judge = hearing->judge;
    struct osm_cert_file authorities = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;
    bool issued;

    osm_arena_init(&arena);
    issued = osm_cert_paths_read(OSM_CONFIG_caCertPath, judge->ca_path, judge->allowed_dirs,
                                 &authorities, &arena, &fault) &&
             chain_holds(hearing, &authorities);
    if (osm_fault_is_set(&fault))
        hearing->detail = osm_strdup(fault.message);
    osm_cert_file_deinit(&authorities);
    osm_arena_deinit(&arena);
    return issued;
}

/* --- the judgement -------------------------------------------------------------------------- */

/* What is wrong with it, known or not; NULL when nothing is. */
static const char *flaw_of(struct hearing *hearing)
{
    const char *policy = hearing->judge->policy;

    if (strcmp(policy, "fingerprint") == 0)
        return NULL;
    if (!hearing->chain)
        return BAD_CHAIN;
    switch (osm_cert_age(sk_X509_value(hearing->chain, 0), time(NULL))) {
    case OSM_CERT_EXPIRED:
        return EXPIRED;
    case OSM_CERT_NOT_YET_VALID:
        return NOT_YET;
    case OSM_CERT_VALID:
        break;
    }
    if (strcmp(policy, "full") == 0 && hearing->judge->ca_path && !is_issued(hearing))
        return BAD_CHAIN;
    return NULL;
}

/* Why it is not trusted; NULL when it is. */
static const char *object(struct hearing *hearing)
{
    int r = osm_trust_store_holds(&hearing->store, hearing->der, hearing->size);

    if (r < 0) {
        (void)!fail_to_read(hearing, hearing->judge->store_path, r);
        return NOT_READABLE;
    }
    return r == 0 ? NOT_FOUND : flaw_of(hearing);
}

/* autoAccept: 1 accepted, 0 not for *reason, negative errno. A certificate that is there but does
 * not hold means that the store is not empty. One that would not hold is not taken in: it would be
 * refused at the next look. */
static int accept_by_itself(struct hearing *hearing, const char **reason,
                            struct osm_verdict_log *log)
{
    const struct osm_verdict *judge = hearing->judge;
    int r;

    if (!judge->auto_accept || strcmp(*reason, NOT_READABLE) == 0)
        return 0;
    if (judge->auto_accept_force) {
        r = osm_trust_store_trust(&hearing->store, hearing->der, hearing->size);
        r = r < 0 ? r : 1;
    } else {
        const char *flaw = flaw_of(hearing);

        if (flaw) {
            *reason = flaw;
            return 0;
        }
        r = osm_trust_store_trust_first(&hearing->store, hearing->der, hearing->size);
    }
    if (r == 1)
        log->info = osm_printf("Server certificate %s-accepted (fingerprint=%s)",
                               judge->auto_accept_force ? "force" : "auto", hearing->fingerprint);
    return r;
}

static void note_rejection(const struct hearing *hearing, const char *reason,
                           struct osm_verdict_log *log)
{
    int r = osm_trust_store_reject(&hearing->store, hearing->der, hearing->size);

    log->warning = osm_printf(
        "Server certificate rejected: %s (fingerprint=%s)%s%s", reason, hearing->fingerprint,
        r < 0 ? "; it could not be kept among the rejected ones: " : "", r < 0 ? strerror(-r) : "");
}

static bool reject(const struct hearing *hearing, const char *reason, struct osm_arena *arena,
                   struct osm_fault *fault)
{
    return osm_fault_set(fault, arena, OSM_FAULT_UNTRUSTED_CERTIFICATE,
                         "Server certificate not trusted.\n  Fingerprint: %s\n  Subject: %s\n  "
                         "Reason: %s%s%s",
                         hearing->fingerprint, hearing->subject, reason,
                         hearing->detail ? ": " : "", hearing->detail ? hearing->detail : "");
}

static bool decide(struct hearing *hearing, bool look, struct osm_verdict_log *log,
                   struct osm_arena *arena, struct osm_fault *fault)
{
    const struct osm_verdict *judge = hearing->judge;
    const char *reason = object(hearing);
    int r;

    /* What force takes in with its flaws, a look does not put out again. */
    if (look && judge->auto_accept && judge->auto_accept_force && reason &&
        strcmp(reason, NOT_FOUND) != 0 && strcmp(reason, NOT_READABLE) != 0)
        reason = NULL;
    if (!reason) {
        log->trust = OSM_UA_TRUST_TRUSTED;
        return true;
    }
    r = look ? 0 : accept_by_itself(hearing, &reason, log);
    if (r == 1) {
        log->trust = OSM_UA_TRUST_ACCEPTED;
        return true;
    }
    if (r < 0)
        return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                             "Cannot change the trust store %s: %s; the user of the daemon must be "
                             "able to write there",
                             judge->store_path, strerror(-r));
    log->trust = OSM_UA_TRUST_REJECTED;
    log->reason = reason;
    if (!look)
        note_rejection(hearing, reason, log);
    return reject(hearing, reason, arena, fault);
}

static void open_hearing(struct hearing *hearing, const struct osm_verdict *judge,
                         const UA_ByteString *chain)
{
    size_t leaf = osm_cert_der_leaf(chain->data, chain->length);
    struct osm_fingerprint fingerprint;

    *hearing =
        (struct hearing){.judge = judge, .der = chain->data, .size = leaf ? leaf : chain->length};
    hearing->store = (struct osm_trust_store){judge->store_path, judge->allowed_dirs, judge->fixed};
    hearing->chain = osm_certs_parse_der(chain->data, chain->length);
    hearing->subject = hearing->chain ? osm_cert_common_name(sk_X509_value(hearing->chain, 0))
                                      : osm_strdup("Unknown");
    fingerprint = osm_trust_fingerprint_of(hearing->der, hearing->size);
    osm_trust_fingerprint_print(&fingerprint, hearing->fingerprint);
}

/* Whose it was goes to the log. */
static void close_hearing(struct hearing *hearing, struct osm_verdict_log *log)
{
    memcpy(log->fingerprint, hearing->fingerprint, sizeof(log->fingerprint));
    free(log->subject);
    log->subject = hearing->subject;
    free(hearing->detail);
    osm_certs_free(hearing->chain);
}

bool osm_verdict_certificate(const struct osm_verdict *judge, const UA_ByteString *chain, bool look,
                             struct osm_verdict_log *log, struct osm_arena *arena,
                             struct osm_fault *fault)
{
    struct hearing hearing;
    bool trusted;

    open_hearing(&hearing, judge, chain);
    trusted = decide(&hearing, look, log, arena, fault);
    close_hearing(&hearing, log);
    return trusted;
}

/* --- names ---------------------------------------------------------------------------------- */

static bool refuses_other_uri(const struct osm_verdict *judge)
{
    return judge->refuse_other_uri ||
           (osm_verdict_is_set(judge) && strcmp(judge->policy, "full") == 0);
}

static bool refuse_uri(const struct hearing *hearing, struct osm_verdict_log *log,
                       struct osm_arena *arena, struct osm_fault *fault)
{
    log->trust = OSM_UA_TRUST_REJECTED;
    log->reason = OTHER_URI;
    if (osm_verdict_is_set(hearing->judge))
        note_rejection(hearing, OTHER_URI, log);
    return reject(hearing, OTHER_URI, arena, fault);
}

bool osm_verdict_names(const struct osm_verdict *judge, const UA_ByteString *chain,
                       const char *announced_uri, const char *host, char **warning,
                       struct osm_verdict_log *log, struct osm_arena *arena,
                       struct osm_fault *fault)
{
    const char *announced = announced_uri ? announced_uri : "";
    _cleanup_(osm_freep) char *uri = NULL;
    struct hearing hearing;
    X509 *leaf;
    bool good = true;

    *warning = NULL;
    open_hearing(&hearing, judge, chain);
    leaf = hearing.chain ? sk_X509_value(hearing.chain, 0) : NULL;
    uri = leaf ? osm_cert_uri(leaf) : NULL;
    if (leaf && strcmp(announced, uri ? uri : "") != 0) {
        *warning = osm_printf("The server announces application URI %s, its certificate says %s: "
                              "the certificate is another one's, or badly made",
                              *announced ? announced : "none", uri ? uri : "none");
        if (refuses_other_uri(judge))
            good = refuse_uri(&hearing, log, arena, fault);
    } else if (leaf && !osm_cert_is_for_host(leaf, host)) {
        *warning = osm_printf("The server's certificate is not for host %s", host);
    }
    close_hearing(&hearing, log);
    return good;
}
