/* SPDX-License-Identifier: MIT */
/* Certificates and keys for a connection, off the loop; see credentials.h. */
#include "rim/ua/credentials.h"

#include <string.h>

#include "rim/pki/cert.h"
#include "util/alloc.h"
#include "util/log.h"

struct osm_credentials_source {
    unsigned users;
    struct osm_own_cert *own;
    char *host; /* of the URL */
    char *client_cert_path, *client_key_path, *ca_cert_path;
    char *user_cert_path, *user_key_path;
    char *const *allowed_dirs;
    struct osm_verdict verdict;
};

/* --- the result ---------------------------------------------------------------------------- */

UA_ByteString osm_credentials_copy(struct osm_credentials *credentials, const UA_ByteString *bytes)
{
    UA_ByteString copy = {.length = bytes->length};

    if (bytes->length)
        copy.data = memcpy(osm_arena_alloc_raw(&credentials->bytes, bytes->length), bytes->data,
                           bytes->length);
    return copy;
}

void osm_credentials_deinit(struct osm_credentials *credentials)
{
    EVP_PKEY_free(credentials->own_key);
    EVP_PKEY_free(credentials->user_key);
    EVP_PKEY_free(credentials->server_key);
    osm_arena_deinit(&credentials->bytes);
    free(credentials->application_uri);
    *credentials = (struct osm_credentials){0};
}

UA_ByteString osm_credentials_leaf(const UA_ByteString *chain)
{
    size_t length = osm_cert_der_leaf(chain->data, chain->length);

    return (UA_ByteString){.length = length ? length : chain->length, .data = chain->data};
}

static bool take_chain(struct osm_credentials *credentials, const UA_ByteString *chain)
{
    STACK_OF(X509) *certs = osm_certs_parse_der(chain->data, chain->length);

    EVP_PKEY_free(osm_steal(credentials->server_key));
    credentials->server_chain = *chain;
    credentials->server_ends = osm_cert_ends(chain->data, chain->length);
    if (certs)
        credentials->server_key = X509_get_pubkey(sk_X509_value(certs, 0));
    osm_certs_free(certs);
    return credentials->server_key != NULL;
}

/* --- the source ---------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    return text ? osm_strdup(text) : NULL;
}

struct osm_credentials_source *osm_credentials_source_new(const struct osm_ua_params *params,
                                                          const char *host, bool secured,
                                                          bool user_cert, struct osm_own_cert *own)
{
    struct osm_credentials_source *source = osm_alloc(sizeof(*source));

    source->users = 1;
    source->own = own;
    source->host = osm_strdup(host);
    source->allowed_dirs = params->allowed_cert_dirs;
    if (user_cert) {
        source->user_cert_path = copy_text(params->user_cert_path);
        source->user_key_path = copy_text(params->user_key_path);
    }
    if (!secured)
        return source;
    if (params->client_cert_path && params->client_key_path) {
        source->client_cert_path = copy_text(params->client_cert_path);
        source->client_key_path = copy_text(params->client_key_path);
    }
    source->ca_cert_path = copy_text(params->ca_cert_path);
    source->verdict = (struct osm_verdict){.store_path = copy_text(params->trust_store_path),
                                           .policy = copy_text(params->trust_policy),
                                           .ca_path = copy_text(params->ca_cert_path),
                                           .allowed_dirs = params->allowed_cert_dirs,
                                           .fixed = params->may_not_trust,
                                           .refuse_other_uri = params->refuse_other_uri,
                                           .auto_accept = params->auto_accept,
                                           .auto_accept_force = params->auto_accept_force};
    return source;
}

void osm_credentials_source_release(struct osm_credentials_source *source)
{
    if (!source || --source->users > 0)
        return;
    osm_verdict_deinit(&source->verdict);
    free(source->host);
    free(source->client_cert_path);
    free(source->client_key_path);
    free(source->ca_cert_path);
    free(source->user_cert_path);
    free(source->user_key_path);
    free(source);
}

const struct osm_verdict *osm_credentials_verdict(const struct osm_credentials_source *source)
{
    return &source->verdict;
}

/* --- our side, on a thread of the pool ----------------------------------------------------- */

static bool load_own(struct osm_credentials_job *job, struct osm_key_pair *own)
{
    const struct osm_credentials_source *source = job->source;

    if (!source->client_cert_path)
        return osm_own_cert_get(source->own, (job->channel ? job->channel : job->token)->key_kind,
                                own, &job->warnings, &job->arena, &job->fault);
    return osm_key_pair_load(own, OSM_KEY_PAIR_CLIENT, source->client_cert_path,
                             source->client_key_path, source->ca_cert_path, source->allowed_dirs,
                             &job->arena, &job->fault);
}

static bool suits(struct osm_credentials_job *job, const struct osm_key_pair *pair,
                  enum osm_key_pair_role role, const struct osm_policy *policy)
{
    return !policy || osm_key_pair_suits(pair, role, policy->key_kind, policy->min_key_bits,
                                         policy->name, &job->arena, &job->fault);
}

static EVP_PKEY *share_key(EVP_PKEY *key)
{
    EVP_PKEY_up_ref(key);
    return key;
}

static bool take_own(struct osm_credentials_job *job, struct osm_key_pair *own)
{
    struct osm_credentials *out = &job->credentials;

    if (!load_own(job, own) || !suits(job, own, OSM_KEY_PAIR_CLIENT, job->channel))
        return false;
    out->own_key = share_key(own->private_key);
    out->own_leaf = osm_credentials_copy(out, &own->leaf);
    out->own_ends = osm_cert_ends(own->leaf.data, own->leaf.length);
    out->own_chain = osm_credentials_copy(out, &own->chain);
    out->application_uri = osm_steal(own->uri);
    if (!out->application_uri && !job->warnings && job->channel)
        job->warnings = osm_printf("The client certificate %s names no application URI: servers "
                                   "that compare it with what the session announces refuse it",
                                   job->source->client_cert_path);
    return true;
}

/* RSA encrypts for the server alone; secrets of elliptic curves are signed. */
static bool needs_own(const struct osm_credentials_job *job)
{
    return job->channel || (job->token && job->token->family == OSM_POLICY_FAMILY_ECC);
}

static bool take_user(struct osm_credentials_job *job, struct osm_key_pair *user)
{
    const struct osm_credentials_source *source = job->source;

    if (!source->user_cert_path)
        return true;
    if (!osm_key_pair_load(user, OSM_KEY_PAIR_USER, source->user_cert_path, source->user_key_path,
                           NULL, source->allowed_dirs, &job->arena, &job->fault) ||
        !suits(job, user, OSM_KEY_PAIR_USER, job->token))
        return false;
    job->credentials.user_key = share_key(user->private_key);
    job->credentials.user_leaf = osm_credentials_copy(&job->credentials, &user->leaf);
    job->credentials.user_ends = osm_cert_ends(user->leaf.data, user->leaf.length);
    return true;
}

/* --- their side ---------------------------------------------------------------------------- */

static bool judge(struct osm_credentials_job *job)
{
    return osm_verdict_certificate(&job->source->verdict, &job->server_chain, job->look, &job->log,
                                   &job->arena, &job->fault);
}

static bool compare_names(struct osm_credentials_job *job)
{
    char *warning;
    bool good = osm_verdict_names(&job->source->verdict, &job->server_chain, job->announced_uri,
                                  job->source->host, &warning, &job->log, &job->arena, &job->fault);

    if (job->warnings)
        free(warning);
    else
        job->warnings = warning;
    return good;
}

/* What is not to be signed or encrypted with such a key is not to be trusted either. */
static bool key_fits(struct osm_credentials_job *job, const struct osm_policy *policy)
{
    char text[OSM_POLICY_KEY_TEXT];

    return !policy || osm_policy_takes_key(policy, job->credentials.server_key, text) ||
           osm_fault_set(&job->fault, &job->arena, OSM_FAULT_SECURITY, "%s", text);
}

static bool take_server(struct osm_credentials_job *job)
{
    if (!job->server_chain.length)
        return true;
    if (!take_chain(&job->credentials, &job->server_chain) && (job->channel || job->token))
        return osm_fault_set(&job->fault, &job->arena, OSM_FAULT_CERTIFICATE_PARSE,
                             "The server's certificate cannot be read");
    if (!key_fits(job, job->channel) ||
        (!job->source->user_cert_path && !key_fits(job, job->token)))
        return false;
    if (!job->channel)
        return true;
    return compare_names(job) && (!osm_verdict_is_set(&job->source->verdict) || judge(job));
}

/* --- the job ------------------------------------------------------------------------------- */

static void run(struct osm_job *base)
{
    struct osm_credentials_job *job = osm_container_of(base, struct osm_credentials_job, job);
    struct osm_key_pair own = {0}, user = {0};

    if (job->look)
        (void)!judge(job); /* the fault says it */
    else
        (void)!((!needs_own(job) || take_own(job, &own)) && take_user(job, &user) &&
                take_server(job));
    osm_key_pair_deinit(&own);
    osm_key_pair_deinit(&user);
}

static void job_free(struct osm_credentials_job *job)
{
    osm_credentials_deinit(&job->credentials);
    osm_credentials_source_release(job->source);
    osm_verdict_log_deinit(&job->log);
    osm_arena_deinit(&job->arena);
    free(job->announced_uri);
    free(job->warnings);
    free(job);
}

static void done(struct osm_job *base)
{
    struct osm_credentials_job *job = osm_container_of(base, struct osm_credentials_job, job);

    if (job->warnings)
        osm_log_warning("%s", job->warnings);
    if (job->log.warning)
        osm_log_warning("%s", job->log.warning);
    if (job->log.info)
        osm_log_info("%s", job->log.info);
    if (job->context)
        job->told(job->context, job);
    job_free(job);
}

struct osm_credentials_job *osm_credentials_job_new(struct osm_credentials_source *source)
{
    struct osm_credentials_job *job = osm_alloc(sizeof(*job));

    job->source = source;
    source->users++;
    job->job.run = run;
    job->job.done = done;
    osm_arena_init(&job->arena);
    return job;
}

void osm_credentials_job_submit(struct osm_credentials_job *job, struct osm_jobs *jobs)
{
    osm_jobs_submit(jobs, &job->job);
}

void osm_credentials_job_abandon(struct osm_credentials_job *job)
{
    if (!job)
        return;
    job->context = NULL;
    if (osm_jobs_withdraw(&job->job))
        job_free(job);
}
