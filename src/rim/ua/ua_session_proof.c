/* SPDX-License-Identifier: MIT */
/* Signatures and secrets of a session (OPC 10000-4 §5.7.2, §5.7.3, §7.37), off the loop. */
#include "rim/ua/ua_session.h"

#include <open62541/types_generated_handling.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "rim/ua/user_secret.h"
#include "util/alloc.h"

static EVP_PKEY *share_key(EVP_PKEY *key)
{
    if (key)
        EVP_PKEY_up_ref(key);
    return key;
}

static void copy_bytes(const UA_ByteString *from, UA_ByteString *to)
{
    osm_assert(UA_ByteString_copy(from, to) == UA_STATUSCODE_GOOD);
}

static void proof_free(struct osm_ua_proof *proof)
{
    EVP_PKEY_free(proof->own_key);
    EVP_PKEY_free(proof->user_key);
    EVP_PKEY_free(proof->server_key);
    osm_buf_deinit(&proof->signed_by_server);
    osm_buf_deinit(&proof->server_signature);
    osm_buf_deinit(&proof->to_sign);
    osm_buf_deinit_secret(&proof->secret);
    UA_ByteString_clear(&proof->server_nonce);
    UA_ByteString_clear(&proof->own_leaf);
    UA_EphemeralKeyType_clear(&proof->ephemeral);
    osm_buf_deinit(&proof->signature);
    osm_buf_deinit(&proof->user_signature);
    osm_buf_deinit(&proof->sealed);
    free(proof);
}

/* --- on a thread of the pool --------------------------------------------------------------- */

static bool refuse(struct osm_ua_proof *proof, enum osm_fault_type type, const char *text)
{
    return osm_stack_error_set(&proof->error, OSM_ORIGIN_HERE, type,
                               UA_STATUSCODE_BADSECURITYCHECKSFAILED, "%s", text);
}

static bool check_server(struct osm_ua_proof *proof)
{
    return !proof->signed_by_server.length ||
           osm_policy_verify(proof->policy, proof->server_key, proof->signed_by_server.data,
                             proof->signed_by_server.length, proof->server_signature.data,
                             proof->server_signature.length) ||
           refuse(proof, OSM_FAULT_SIGNATURE,
                  "CreateSession response signature verification failed");
}

static bool sign(struct osm_ua_proof *proof)
{
    return !proof->policy ||
           osm_policy_sign(proof->policy, proof->own_key, proof->to_sign.data,
                           proof->to_sign.length, &proof->signature) ||
           refuse(proof, OSM_FAULT_OPENSSL,
                  "Failed to sign ActivateSession: the client key does not fit the policy");
}

static bool sign_user(struct osm_ua_proof *proof)
{
    const struct osm_policy *policy = proof->token_policy ? proof->token_policy : proof->policy;

    return !proof->user_key || !policy ||
           osm_policy_sign(policy, proof->user_key, proof->to_sign.data, proof->to_sign.length,
                           &proof->user_signature) ||
           refuse(proof, OSM_FAULT_OPENSSL,
                  "Failed to sign with the user key: it does not fit the policy");
}

/* Without a channel that is secured, the certificate came with the session (§5.7.2). */
static bool find_server_key(struct osm_ua_proof *proof)
{
    const unsigned char *at = (const unsigned char *)proof->to_sign.data;
    char text[OSM_POLICY_KEY_TEXT];
    X509 *leaf;

    if (proof->server_key)
        return true;
    leaf = proof->server_leaf ? d2i_X509(NULL, &at, (long)proof->server_leaf) : NULL;
    proof->server_key = leaf ? X509_get_pubkey(leaf) : NULL;
    X509_free(leaf);
    ERR_clear_error();
    if (!proof->server_key)
        return refuse(proof, OSM_FAULT_SECURITY,
                      "The password cannot be encrypted: the server shows no certificate");
    return osm_policy_takes_key(proof->token_policy, proof->server_key, text) ||
           refuse(proof, OSM_FAULT_SECURITY, text);
}

static bool seal(struct osm_ua_proof *proof)
{
    struct osm_user_secret with = {.policy = proof->token_policy,
                                   .server_nonce = proof->server_nonce,
                                   .own_key = proof->own_key,
                                   .own_leaf = proof->own_leaf,
                                   .server_ephemeral = proof->ephemeral.publicKey,
                                   .now = UA_DateTime_now()};

    if (!proof->token_policy || proof->user_key || !proof->secret.data)
        return true;
    if (!find_server_key(proof))
        return false;
    with.server_key = proof->server_key;
    if (osm_user_secret_needs_ephemeral(proof->token_policy) &&
        !osm_user_secret_verify(proof->token_policy, proof->server_key, &proof->ephemeral))
        return refuse(proof, OSM_FAULT_SIGNATURE,
                      "The server has not signed its key for the password");
    return osm_user_secret_seal(&with, proof->secret.data, proof->secret.length, &proof->sealed) ||
           refuse(proof, OSM_FAULT_SECURITY,
                  "The password cannot be encrypted with the server's certificate");
}

static void run(struct osm_job *job)
{
    struct osm_ua_proof *proof = osm_container_of(job, struct osm_ua_proof, job);

    (void)!(check_server(proof) && sign(proof) && sign_user(proof) && seal(proof));
}

/* --- on the loop --------------------------------------------------------------------------- */

static void done(struct osm_job *job)
{
    struct osm_ua_proof *proof = osm_container_of(job, struct osm_ua_proof, job);

    if (proof->context)
        proof->told(proof->context, proof);
    proof_free(proof);
}

struct osm_ua_proof *osm_ua_proof_new(const struct osm_ua_session *session)
{
    const struct osm_ua_session_setup *setup = session->setup;
    const struct osm_credentials *credentials = setup->credentials;
    struct osm_ua_proof *proof = osm_alloc(sizeof(*proof));

    proof->job.run = run;
    proof->job.done = done;
    proof->policy = setup->policy;
    proof->token_policy = setup->user == UA_USERTOKENTYPE_ANONYMOUS ? NULL : setup->token_policy;
    proof->own_key = share_key(credentials->own_key);
    proof->user_key = share_key(credentials->user_key);
    proof->server_key = share_key(credentials->server_key);
    copy_bytes(&session->server_nonce, &proof->server_nonce);
    copy_bytes(&credentials->own_leaf, &proof->own_leaf);
    osm_assert(UA_EphemeralKeyType_copy(&session->ephemeral, &proof->ephemeral) ==
               UA_STATUSCODE_GOOD);
    osm_buf_add(&proof->to_sign, session->server_leaf.data, session->server_leaf.length);
    proof->server_leaf = proof->to_sign.length;
    osm_buf_add(&proof->to_sign, session->server_nonce.data, session->server_nonce.length);
    if (setup->user == UA_USERTOKENTYPE_USERNAME)
        osm_buf_add(&proof->secret, setup->password, strlen(setup->password) + 1);
    if (proof->secret.length)
        proof->secret.length--; /* an empty one is a secret, too */
    return proof;
}

void osm_ua_proof_submit(struct osm_ua_proof *proof, struct osm_jobs *jobs)
{
    osm_jobs_submit(jobs, &proof->job);
}

void osm_ua_proof_abandon(struct osm_ua_proof *proof)
{
    if (!proof)
        return;
    proof->context = NULL;
    if (osm_jobs_withdraw(&proof->job))
        proof_free(proof);
}
