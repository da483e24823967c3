/* SPDX-License-Identifier: MIT */
/* The routes; see metrics.h. */
#include "admin/metrics/metrics.h"

#include "admin/http/http_text.h"
#include "admin/metrics/metrics_internal.h"
#include "serve/command/ready.h"
#include "util/alloc.h"

struct osm_metrics {
    struct osm_manager *manager;
    const struct osm_histogram *turns;
    struct osm_metrics_files files;
    struct osm_http_routes routes;
};

/* One answer under way. */
struct scrape {
    struct osm_metrics_view view;
    enum osm_metrics_form form;
    struct osm_metrics_place place;
};

static enum osm_http_next produce(void *context, struct osm_buf *out, size_t room)
{
    struct scrape *scrape = context;

    return osm_metrics_write(out, &scrape->view, scrape->form, &scrape->place, room) ? OSM_HTTP_MORE
                                                                                     : OSM_HTTP_END;
}

static void ended(void *context)
{
    struct scrape *scrape = context;

    osm_arena_deinit(&scrape->view.arena);
    free(scrape);
}

static void serve_metrics(struct osm_http_exchange *exchange, void *context)
{
    static const struct osm_http_stream stream = {.produce = produce, .ended = ended};
    struct osm_metrics *metrics = context;
    struct scrape *scrape = osm_alloc(sizeof(*scrape));
    size_t form = osm_http_negotiate(osm_http_header(exchange, "Accept"), osm_metrics_media_types,
                                     OSM_METRICS_FORM_COUNT_);

    scrape->form =
        form < OSM_METRICS_FORM_COUNT_ ? (enum osm_metrics_form)form : OSM_METRICS_PROMETHEUS;
    osm_metrics_look(&scrape->view, metrics->manager, metrics->turns, osm_http_grant(exchange),
                     &metrics->files);
    osm_http_stream(exchange, osm_metrics_content_types[scrape->form], &stream, scrape);
}

static void serve_health(struct osm_http_exchange *exchange, void *context)
{
    struct osm_buf body = {0};

    (void)context;
    osm_buf_add_text(&body, "{\"healthy\":true}\n");
    osm_http_answer(exchange, 200, "application/json", &body);
}

static void serve_readiness(struct osm_http_exchange *exchange, void *context)
{
    const struct osm_metrics *metrics = context;
    struct osm_buf body = {0};
    struct osm_json json;
    size_t left_out;
    const struct osm_grant *grant = osm_http_grant(exchange);
    bool ready = osm_ready_is(metrics->manager, grant);

    osm_json_init(&json, &body);
    osm_json_object_begin(&json);
    osm_json_key(&json, "ready");
    osm_json_bool(&json, ready);
    osm_json_key(&json, "reasons");
    left_out = osm_ready_print_reasons(&json, metrics->manager, grant);
    if (left_out) {
        osm_json_key(&json, "leftOut");
        osm_json_uint(&json, left_out);
    }
    osm_json_object_end(&json);
    osm_buf_add_byte(&body, '\n');
    osm_http_answer(exchange, ready ? 200 : 503, "application/json", &body);
}

static const struct osm_http_route rows[] = {
    {OSM_HTTP_GET, "/metrics", OSM_HTTP_ROLE_READ, serve_metrics, "metrics for Prometheus"},
    {OSM_HTTP_GET, "/healthz", OSM_HTTP_ANYBODY, serve_health, "whether the process answers"},
    {OSM_HTTP_GET, "/readyz", OSM_HTTP_ROLE_READ, serve_readiness,
     "whether data flows, or why not"},
};

struct osm_metrics *osm_metrics_new(struct osm_manager *manager, const struct osm_histogram *turns)
{
    struct osm_metrics *metrics = osm_alloc(sizeof(*metrics));

    metrics->manager = manager;
    metrics->turns = turns;
    metrics->routes = (struct osm_http_routes){rows, OSM_ARRAY_SIZE(rows), metrics, NULL, NULL};
    return metrics;
}

struct osm_http_routes *osm_metrics_routes(struct osm_metrics *metrics)
{
    return &metrics->routes;
}

struct osm_metrics *osm_metrics_free(struct osm_metrics *metrics)
{
    free(metrics);
    return NULL;
}
