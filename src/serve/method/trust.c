/* SPDX-License-Identifier: MIT */
/*
 * trustCertificate and untrustCertificate (methods.md §2.28) on the session's trust store. The
 * files are changed off the loop; a session that is closed meanwhile does not stop that, so the
 * work has memory of its own and the operation forgets it when it ends.
 */
#include <string.h>

#include "core/event/event_fields.h"
#include "core/manager/registry.h"
#include "rim/pki/trust_store.h"
#include "serve/method/method.h"
#include "util/alloc.h"
#include "util/base64.h"
#include "util/log.h"

struct trust_job {
    struct osm_manager *manager;
    struct osm_op *op; /* NULL once the operation is over */
    char *path;        /* owned */
    char *const *allowed_dirs;
    uint8_t *der; /* owned; NULL = untrust */
    size_t size;
    struct osm_fingerprint fingerprint;
    int error; /* negative errno */
};

struct trust {
    UA_ByteString der;                  /* trustCertificate; empty = nothing to do */
    struct osm_fingerprint fingerprint; /* untrustCertificate; empty = nothing to do */
    struct trust_job *job;
};

/* --- the work ------------------------------------------------------------------------------ */

/* On another thread: touches nothing but the job. */
static void work(void *context)
{
    struct trust_job *job = context;
    const struct osm_trust_store store = {.path = job->path, .allowed_dirs = job->allowed_dirs};

    job->error = job->der ? osm_trust_store_trust(&store, job->der, job->size)
                          : osm_trust_store_untrust(&store, &job->fingerprint);
}

static void log_done(const struct trust_job *job)
{
    struct osm_fingerprint fingerprint =
        job->der ? osm_trust_fingerprint_of(job->der, job->size) : job->fingerprint;
    char text[OSM_FINGERPRINT_TEXT];

    osm_trust_fingerprint_print(&fingerprint, text);
    osm_log_info("Server certificate %s (fingerprint=%s)",
                 job->der ? "manually trusted" : "removed", text);
}

static void tell_done(struct osm_op *op, const struct trust_job *job)
{
    struct osm_fingerprint fingerprint =
        job->der ? osm_trust_fingerprint_of(job->der, job->size) : job->fingerprint;
    char text[OSM_FINGERPRINT_TEXT];

    osm_trust_fingerprint_print(&fingerprint, text);
    if (job->der)
        osm_tell(osm_op_session(op), OSM_EVENT_SERVER_CERTIFICATE_MANUALLY_TRUSTED,
                 osm_field_text("fingerprint", text), osm_field_text("subject", NULL));
    else
        osm_tell(osm_op_session(op), OSM_EVENT_SERVER_CERTIFICATE_REMOVED,
                 osm_field_text("fingerprint", text));
}

static void worked(void *context)
{
    struct trust_job *job = context;
    struct osm_op *op = osm_registry_work_end(job->manager) ? job->op : NULL;

    if (op && job->error < 0)
        osm_op_failf(op, OSM_FAULT_CONFIGURATION,
                     "Cannot change the trust store %s: %s; the user of the daemon must be "
                     "able to write there",
                     job->path, strerror(-job->error));
    if (job->error == 0)
        log_done(job);
    if (op && job->error == 0) {
        tell_done(op, job);
        osm_reply_null(op);
    }
    free(job->path);
    free(job->der);
    free(job);
}

static void forget_job(struct osm_op *op)
{
    ((struct trust *)op->state)->job->op = NULL;
}

static void start_job(struct osm_op *op, const char *path)
{
    struct osm_manager *manager = osm_registry_manager(osm_op_session(op));
    struct trust_job *job = osm_alloc(sizeof(*job));
    struct trust *trust = op->state;

    job->manager = manager;
    job->op = op;
    job->path = osm_strdup(path);
    job->allowed_dirs = osm_manager_config(manager)->allowed_cert_dirs;
    job->fingerprint = trust->fingerprint;
    job->size = trust->der.length;
    if (job->size) {
        job->der = osm_alloc(job->size);
        memcpy(job->der, trust->der.data, job->size);
    }
    trust->job = job;
    op->cleanup = forget_job;
    osm_registry_work_begin(manager);
    osm_manager_env(manager)->loop.ops->work(osm_manager_env(manager)->loop.context, work, worked,
                                             job);
}

/* Without a trust store, or with nothing to look for in it, there is nothing to do. */
static void trust_start(struct osm_op *op)
{
    const char *path =
        osm_config_text(osm_session_config(osm_op_session(op)), OSM_CONFIG_trustStorePath);
    const struct trust *trust = op->state;

    if (path && (trust->der.length || trust->fingerprint.text[0]))
        start_job(op, path);
    else
        osm_reply_null(op);
}

/* --- parameters ---------------------------------------------------------------------------- */

#define DER_SEQUENCE 0x30

/* M13: base64 of something that can be a certificate; anything else counts as the bytes. */
static bool trust_complete(struct osm_args *args, void *state)
{
    struct trust *trust = state;
    UA_ByteString bytes;

    if (osm_base64_decode((const char *)trust->der.data, trust->der.length, args->decode->arena,
                          &bytes.data, &bytes.length) &&
        bytes.length && bytes.data[0] == DER_SEQUENCE)
        trust->der = bytes;
    return true;
}

static bool read_fingerprint(struct osm_args *args, const struct osm_parameter *row,
                             yyjson_val *value, void *out)
{
    size_t length;
    const char *text = osm_cast_text(value, args->decode->arena, &length);

    if (!osm_trust_fingerprint_parse(text, length, out))
        *(struct osm_fingerprint *)out = (struct osm_fingerprint){0};
    return true;
}

static const struct osm_parameter trust_parameters[] = {
    {"certDer", NULL, OSM_TEXT(struct trust, der)}, {.name = ""}};
static const struct osm_parameter untrust_parameters[] = {
    {"fingerprint", NULL, OSM_READ(read_fingerprint, struct trust, fingerprint)}, {.name = ""}};

OSM_METHOD(trustCertificate, .flags = OSM_OP_LOCAL, .state_size = sizeof(struct trust),
           .parameters = trust_parameters, .complete = trust_complete, .start = trust_start);
OSM_METHOD(untrustCertificate, .flags = OSM_OP_LOCAL, .state_size = sizeof(struct trust),
           .parameters = untrust_parameters, .start = trust_start);
