/* SPDX-License-Identifier: MIT */
/* Between the stages, off the loop; see secure_work.h. */
#include "rim/ua/secure_work.h"

#include <stdlib.h>
#include <string.h>

#include "rim/pki/cert.h"
#include "rim/ua/endpoint_select.h"
#include "util/alloc.h"
#include "util/scrub.h"

void osm_secure_work_reset(struct osm_secure_work *work)
{
    UA_EndpointDescription_clear(&work->endpoint);
    UA_ByteString_clear(&work->server_chain);
    UA_ByteString_clear(&work->user_leaf);
    osm_policy_set_free(osm_steal(work->set));
    free(osm_steal(work->application_uri));
    free(osm_steal(work->warnings));
    osm_verdict_log_deinit(&work->log);
    work->look = false;
    work->channel_uri = NULL;
    work->token_uri = NULL;
    work->fault = (struct osm_fault){0};
    osm_arena_deinit(&work->arena);
    osm_arena_init(&work->arena);
}

void osm_secure_work_deinit(struct osm_secure_work *work)
{
    osm_secure_work_reset(work);
    osm_arena_deinit(&work->arena);
    osm_verdict_deinit(&work->judge);
    free(work->host);
    free(work->client_cert_path);
    free(work->client_key_path);
    free(work->ca_cert_path);
    free(work->user_cert_path);
    free(work->user_key_path);
}

/* --- our side ------------------------------------------------------------------------------ */

static bool load_own(struct osm_secure_work *work, struct osm_key_pair *own)
{
    if (!work->client_cert_path)
        return osm_own_cert_get(work->own, OSM_KEY_RSA, own, &work->warnings, &work->arena,
                                &work->fault);
    return osm_key_pair_load(own, OSM_KEY_PAIR_CLIENT, work->client_cert_path,
                             work->client_key_path, work->ca_cert_path, work->allowed_dirs,
                             &work->arena, &work->fault);
}

static bool suits(struct osm_secure_work *work, const struct osm_key_pair *pair,
                  enum osm_key_pair_role role, const char *policy_uri)
{
    const char *name = policy_uri ? osm_policy_name(policy_uri) : NULL;
    /* OPC 10000-7; the two old policies take shorter ones. */
    int least =
        name && (strcmp(name, "Basic128Rsa15") == 0 || strcmp(name, "Basic256") == 0) ? 1024 : 2048;

    return !name ||
           osm_key_pair_suits(pair, role, OSM_KEY_RSA, least, name, &work->arena, &work->fault);
}

static bool load_user(struct osm_secure_work *work, struct osm_key_pair *user)
{
    if (!work->user_cert_path)
        return true;
    if (!osm_key_pair_load(user, OSM_KEY_PAIR_USER, work->user_cert_path, work->user_key_path, NULL,
                           work->allowed_dirs, &work->arena, &work->fault) ||
        !suits(work, user, OSM_KEY_PAIR_USER, work->token_uri))
        return false;
    return UA_ByteString_copy(&user->leaf, &work->user_leaf) == UA_STATUSCODE_GOOD;
}

static void take_uri(struct osm_secure_work *work, struct osm_key_pair *own)
{
    work->application_uri = osm_steal(own->uri);
    if (!work->application_uri && !work->warnings)
        work->warnings = osm_printf("The client certificate %s names no application URI: servers "
                                    "that compare it with what the session announces refuse it",
                                    work->client_cert_path);
}

static void build(struct osm_secure_work *work, struct osm_key_pair *own,
                  const struct osm_key_pair *user)
{
    const struct osm_policy_needs needs = {.channel_uri = work->channel_uri,
                                           .token_uri = work->token_uri,
                                           .own = own,
                                           .user = work->user_cert_path ? user : NULL};

    osm_scrub_begin();
    work->set = osm_policy_set_build(&needs);
    osm_scrub_end(OSM_MAX(own->key.length, user->key.length));
    if (!work->set)
        osm_fault_set(&work->fault, &work->arena, OSM_FAULT_CONFIGURATION,
                      "Security policy %s does not take the client certificate or its key",
                      osm_policy_name(work->channel_uri ? work->channel_uri : work->token_uri));
    else if (work->channel_uri)
        take_uri(work, own);
}

/* --- their side ---------------------------------------------------------------------------- */

static bool judge(struct osm_secure_work *work)
{
    return osm_verdict_certificate(&work->judge, &work->server_chain, work->look, &work->log,
                                   &work->arena, &work->fault);
}

static bool compare_names(struct osm_secure_work *work)
{
    const UA_String *uri = &work->endpoint.server.applicationUri;
    _cleanup_(osm_freep) char *announced = osm_strndup((const char *)uri->data, uri->length);
    char *warning;
    bool good = osm_verdict_names(&work->judge, &work->server_chain, announced, work->host,
                                  &warning, &work->log, &work->arena, &work->fault);

    if (work->warnings)
        free(warning);
    else
        work->warnings = warning;
    return good;
}

void osm_secure_work_run(struct osm_secure_work *work)
{
    struct osm_key_pair own = {0}, user = {0};
    bool needs_own = work->channel_uri || work->token_uri;

    if (work->look) {
        (void)!judge(work); /* the fault says it */
        return;
    }
    if ((!needs_own ||
         (load_own(work, &own) && suits(work, &own, OSM_KEY_PAIR_CLIENT, work->channel_uri))) &&
        load_user(work, &user))
        build(work, &own, &user);
    if (work->set && work->channel_uri) {
        if (compare_names(work) && osm_verdict_is_set(&work->judge))
            (void)!judge(work);
    }
    osm_key_pair_deinit(&own);
    osm_key_pair_deinit(&user);
}
