/* SPDX-License-Identifier: MIT */
/*
 * SHOW TRUST, TRUST and REJECT: certificates a session's trust store has refused
 * (core/manager/refused_certificates.h). Files are moved off the loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin/console/console_internal.h"
#include "core/manager/refused_certificates.h"
#include "rim/pki/trust_store.h"
#include "util/alloc.h"

void osm_console_show_trust(struct osm_console_call *call)
{
    const struct osm_refused_certificates *all = osm_manager_refused(call->console->manager);
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    for (size_t i = 0; i < all->size; i++) {
        const struct osm_refused_certificate *one = &all->list[i];

        if (!osm_grant_reaches(call->request->grant, one->endpoint_url) || !osm_console_row(&table))
            continue;
        osm_console_text(&table, one->fingerprint);
        osm_console_text(&table, one->endpoint_url);
        osm_console_text(&table, one->subject);
        osm_console_text(&table, one->reason);
        osm_console_time(&table, one->since);
        osm_console_text(&table, one->store);
        osm_console_row_end(&table);
    }
    osm_console_table_end(&table);
}

/* The work; has memory of its own, and answers even when the caller has gone. */
struct job {
    struct osm_console_call *call;
    struct osm_manager *manager;
    char *store;
    char *const *allowed_dirs;
    struct osm_fingerprint fingerprint;
    bool trusts;
    int error; /* negative errno */
};

/* On another thread: touches nothing but the job. */
static void work(void *context)
{
    struct job *job = context;
    const struct osm_trust_store store = {.path = job->store, .allowed_dirs = job->allowed_dirs};

    job->error = job->trusts ? osm_trust_store_accept(&store, &job->fingerprint)
                             : osm_trust_store_drop(&store, &job->fingerprint);
}

static void tell(struct osm_console_call *call, const struct job *job)
{
    char text[OSM_FINGERPRINT_TEXT];

    osm_trust_fingerprint_print(&job->fingerprint, text);
    if (job->error < 0) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "%s in the trust store %s: %s%s", text,
                         job->store, strerror(-job->error),
                         job->error == -ENOENT
                             ? "; its file is not among the rejected ones: uactl trust add <file>"
                             : "");
        return;
    }
    osm_refused_certificates_forget(osm_manager_refused(job->manager), job->store, text);
    osm_console_done(call,
                     job->trusts ? "%s is trusted in %s: sessions connect at their next "
                                   "attempt, or with RECONNECT"
                                 : "%s no longer waits in %s",
                     text, job->store);
}

static void worked(void *context)
{
    struct job *job = context;

    if (osm_registry_work_end(job->manager)) {
        tell(job->call, job);
    } else {
        osm_request_count_as(job->call->request, NULL); /* tallies are the manager's */
        osm_request_failf(job->call->request, OSM_FAULT_CONNECTION, "The daemon is shutting down");
    }
    free(job->store);
    free(job);
}

static const struct osm_refused_certificate *find(struct osm_console_call *call,
                                                  const struct osm_fingerprint *fingerprint)
{
    const struct osm_refused_certificates *all = osm_manager_refused(call->console->manager);
    char text[OSM_FINGERPRINT_TEXT];

    osm_trust_fingerprint_print(fingerprint, text);
    for (size_t i = 0; i < all->size; i++)
        if (strcmp(all->list[i].fingerprint, text) == 0 &&
            osm_grant_reaches(call->request->grant, all->list[i].endpoint_url))
            return &all->list[i];
    return NULL;
}

static void start(struct osm_console_call *call, bool trusts)
{
    const char *word = call->words[0];
    const struct osm_refused_certificate *certificate = NULL;
    struct osm_manager *manager = call->console->manager;
    const struct osm_loop *loop = &osm_manager_env(manager)->loop;
    struct osm_fingerprint fingerprint;
    struct job *job;

    if (osm_trust_fingerprint_parse(word, strlen(word), &fingerprint))
        certificate = find(call, &fingerprint);
    if (!certificate) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT,
                         "No certificate with the fingerprint \"%s\" waits: see SHOW TRUST", word);
        return;
    }
    job = osm_alloc(sizeof(*job));
    *job = (struct job){.call = call,
                        .manager = manager,
                        .store = osm_strdup(certificate->store),
                        .allowed_dirs = osm_manager_config(manager)->allowed_cert_dirs,
                        .fingerprint = fingerprint,
                        .trusts = trusts};
    osm_registry_work_begin(manager);
    loop->ops->work(loop->context, work, worked, job);
}

void osm_console_trust(struct osm_console_call *call)
{
    start(call, true);
}

void osm_console_reject(struct osm_console_call *call)
{
    start(call, false);
}
