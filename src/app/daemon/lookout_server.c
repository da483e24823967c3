/* SPDX-License-Identifier: MIT */
/* Certificates, clocks, limits and the spool; see lookout_internal.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/daemon/lookout_internal.h"
#include "core/link/link.h"
#include "util/utf8.h"

#define CERTIFICATE_DAYS 30
#define DAY 86400.0
#define SKEW 10.0        /* seconds: a notice is raised … */
#define SKEW_SETTLED 8.0 /* … and settled */
#define REFUSED 3        /* times in a row */
#define FULL 80u         /* percent … */
#define FULL_SETTLED 70u

static const char generated[] = "the certificate the daemon has made for itself";

/* Of what is shown to servers: the file, which many sessions may share. */
static const char *client_certificate(const struct osm_session *session)
{
    const char *path = osm_config_text(osm_session_config(session), OSM_CONFIG_clientCertPath);

    return path ? path : generated;
}

static const char *owner_of(enum osm_notice_kind kind)
{
    return kind == OSM_NOTICE_SERVER_CERTIFICATE ? "server's"
           : kind == OSM_NOTICE_USER_CERTIFICATE ? "user's"
                                                 : "client";
}

void osm_lookout_at_certificate(struct osm_notices *notices, enum osm_notice_kind kind,
                                const char *object, const char *endpoint, double ends, double now)
{
    time_t moment = (time_t)ends;
    char when[32], text[128];
    struct tm parts;

    if (ends <= 0 || ends - now > CERTIFICATE_DAYS * DAY || !gmtime_r(&moment, &parts))
        return;
    (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &parts);
    (void)snprintf(text, sizeof(text), "the %s certificate %s at %s", owner_of(kind),
                   ends < now ? "has ended" : "ends", when);
    osm_notices_raise(notices, kind, object, endpoint, text);
}

static void look_at_clock(struct osm_notices *notices, const struct osm_link *link, const char *url)
{
    double apart = fabs(link->skew);
    char text[128];

    if (link->heard_at <= 0)
        return;
    if (apart > SKEW_SETTLED)
        osm_notices_keep(notices, OSM_NOTICE_CLOCK, url);
    if (apart <= SKEW)
        return;
    (void)snprintf(text, sizeof(text), "the server's clock is %.0f s %s this machine's", apart,
                   link->skew > 0 ? "ahead of" : "behind");
    osm_notices_raise(notices, OSM_NOTICE_CLOCK, url, url, text);
}

static void look_at_limits(struct osm_notices *notices, const struct osm_link *link,
                           const char *url)
{
    char was[32] = "any number", text[128];

    if (!link->cut.was)
        return;
    if (link->cut.was != UINT32_MAX)
        (void)snprintf(was, sizeof(was), "%" PRIu32, link->cut.was);
    (void)snprintf(text, sizeof(text),
                   "the server takes %" PRIu32 " in one request of the kind %s; before it took %s",
                   link->cut.is, osm_operation_limit_name(link->cut.kind), was);
    osm_notices_raise(notices, OSM_NOTICE_LIMITS, url, url, text);
}

/* --- what a server makes of what it is asked for -------------------------------------------- */

static struct osm_buf *next_part(struct osm_buf *text)
{
    osm_buf_add_text(text, text->length ? "; besides, " : "");
    return text;
}

static void add_lifetime(struct osm_buf *text, const struct osm_session *session,
                         const struct osm_link *link)
{
    uint32_t asked = osm_config_session_timeout(osm_session_config(session));
    uint32_t is = link->env->ua_ops->conn_session_timeout(link->conn);

    if (is && asked >= OSM_REVISED * is)
        osm_buf_printf(next_part(text),
                       "a session is kept for %" PRIu32 " ms; asked for were %" PRIu32, is, asked);
}

/* What has been cut is told of the first subscription of each kind. */
static void add_subscriptions(struct osm_buf *text, const struct osm_subscription *by_id)
{
    const struct osm_subscription *published = NULL, *sampled = NULL, *queued = NULL, *one, *next;

    HASH_ITER (hh, by_id, one, next) {
        double asked = one->params.publishing_interval;

        if (!published && asked > 0 && one->revised_interval >= OSM_REVISED * asked)
            published = one;
        if (!sampled && one->sampling.items)
            sampled = one;
        if (!queued && one->queue.items)
            queued = one;
    }
    if (published)
        osm_buf_printf(next_part(text),
                       "subscription %" PRIu32 " is published every %.0f ms; asked for were %.0f",
                       published->id, published->revised_interval,
                       published->params.publishing_interval);
    if (sampled)
        osm_buf_printf(next_part(text),
                       "%u items of subscription %" PRIu32
                       " are sampled more rarely, as one every %.0f ms; asked for were %.0f",
                       sampled->sampling.items, sampled->id, sampled->sampling.given,
                       sampled->sampling.asked);
    if (queued)
        osm_buf_printf(next_part(text),
                       "of %u items of subscription %" PRIu32
                       " fewer values are kept, as of one %.0f; asked for were %.0f",
                       queued->queue.items, queued->id, queued->queue.given, queued->queue.asked);
}

static void look_at_revisions(struct osm_notices *notices, const struct osm_session *session,
                              const struct osm_link *link, const char *url)
{
    struct osm_buf text = {0};

    add_lifetime(&text, session, link);
    add_subscriptions(&text, osm_session_subscriptions(session)->by_id);
    if (text.length) {
        osm_buf_add_byte(&text, '\0');
        osm_notices_raise(notices, OSM_NOTICE_REVISED, url, url, text.data);
    }
    osm_buf_deinit(&text);
}

/* --- one of them ---------------------------------------------------------------------------- */

void osm_lookout_at_session(struct osm_notices *notices, const struct osm_session *session,
                            double now)
{
    const struct osm_link *link = osm_session_link(session);
    const char *url = osm_session_endpoint_url(session), *own = client_certificate(session);
    const char *user = osm_config_text(osm_session_config(session), OSM_CONFIG_userCertPath);
    struct osm_ua_channel channel;

    if (link->state != OSM_LINK_UP) {
        osm_notices_keep(notices, OSM_NOTICE_SERVER_CERTIFICATE, url);
        osm_notices_keep(notices, OSM_NOTICE_CLIENT_CERTIFICATE, own);
        if (user)
            osm_notices_keep(notices, OSM_NOTICE_USER_CERTIFICATE, user);
        osm_notices_keep(notices, OSM_NOTICE_REVISED, url);
        osm_notices_keep(notices, OSM_NOTICE_LIMITS, url);
        osm_notices_keep(notices, OSM_NOTICE_CLOCK, url);
        return;
    }
    link->env->ua_ops->conn_channel(link->conn, &channel);
    osm_lookout_at_certificate(notices, OSM_NOTICE_SERVER_CERTIFICATE, url, url,
                               channel.server_certificate_ends, now);
    osm_lookout_at_certificate(notices, OSM_NOTICE_CLIENT_CERTIFICATE, own, url,
                               channel.own_certificate_ends, now);
    if (user)
        osm_lookout_at_certificate(notices, OSM_NOTICE_USER_CERTIFICATE, user, url,
                                   channel.user_certificate_ends, now);
    look_at_clock(notices, link, url);
    look_at_revisions(notices, session, link, url);
    look_at_limits(notices, link, url);
}

void osm_lookout_at_connection(struct osm_notices *notices,
                               const struct osm_connection_status *connection)
{
    char text[256];

    if (connection->removing || !connection->error || connection->failures < REFUSED)
        return;
    (void)snprintf(
        text, sizeof(text), "no connection, %u times in a row: %.*s", connection->failures,
        (int)osm_utf8_cut(connection->error, strlen(connection->error), 200), connection->error);
    osm_notices_raise(notices, OSM_NOTICE_REFUSED, connection->label, connection->endpoint, text);
}

void osm_lookout_at_sink(struct osm_notices *notices, const struct osm_sink_status *sink)
{
    char text[128];

    if (!sink->most_bytes || sink->bytes < sink->most_bytes / 100 * FULL_SETTLED)
        return;
    osm_notices_keep(notices, OSM_NOTICE_SPOOL, sink->name);
    if (sink->bytes < sink->most_bytes / 100 * FULL)
        return;
    (void)snprintf(text, sizeof(text), "%" PRIu64 " of at most %" PRIu64 " bytes wait to be sent",
                   sink->bytes, sink->most_bytes);
    osm_notices_raise(notices, OSM_NOTICE_SPOOL, sink->name, NULL, text);
}
