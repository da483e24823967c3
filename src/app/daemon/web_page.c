/* SPDX-License-Identifier: MIT */
/* See web_page.h. */
#include "app/daemon/web_page.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/printf.h"

static int complain(char **error, char *message)
{
    *error = message;
    return -EINVAL;
}

/* A page is for browsers, which know no Unix sockets. */
static int parse(const char *text, struct osm_address *address, char **error)
{
    _cleanup_(osm_freep) char *uri =
        strstr(text, "://") ? osm_strdup(text) : osm_printf("tcp://%s", text);
    _cleanup_(osm_freep) char *why = NULL;

    if (osm_address_parse(uri, address, &why) < 0)
        return complain(error, osm_printf("--web %s: %s", text, why));
    return address->is_unix
               ? complain(error, osm_printf("--web %s: browsers need <host>:<port>", text))
               : 0;
}

static bool identify(void *context, const char *token, size_t length, struct osm_grant **grant)
{
    const struct osm_web_page *page = context;

    return osm_ipc_server_identify(page->ipc, token, length, grant);
}

int osm_web_page_start(struct osm_web_page *page, const struct osm_options *options,
                       uv_loop_t *loop, char **error)
{
    struct osm_http_config config;
    struct osm_address address;
    int r;

    if (!options->web)
        return 0;
    if (osm_web_is_missing())
        return complain(error, osm_printf("--web: %s", osm_web_is_missing()));
    if (!options->token && !options->token_file)
        return complain(error, osm_printf("--web needs a token: without one every program and "
                                          "user of this machine could use the page; name a "
                                          "--token-file"));
    r = parse(options->web, &address, error);
    if (r < 0)
        return r;
    osm_http_config_init(&config);
    config.endpoint = &address;
    config.name = "web";
    config.identify = identify;
    config.identify_context = page;
    page->loop = loop;
    return osm_http_server_new(loop, &config, &page->http, error);
}

static const struct osm_counter rows[] = {
#define X(name, help) OSM_COUNTER_ROW(struct osm_http_stats, name, OSM_GAUGE, help),
    OSM_HTTP_GAUGES(X)
#undef X
#define X(name, help) OSM_COUNTER_ROW(struct osm_http_stats, name, OSM_COUNTER, help),
        OSM_HTTP_COUNTERS(X)
#undef X
};

/* The server ends before the manager does. */
static const void *look(void *context)
{
    static const struct osm_http_stats ended;
    const struct osm_web_page *page = context;

    return page->http ? osm_http_server_stats(page->http) : &ended;
}

void osm_web_page_serve(struct osm_web_page *page, struct osm_ipc_server *ipc,
                        struct osm_manager *manager)
{
    if (!page->http)
        return;
    page->ipc = ipc;
    page->counters = (struct osm_counter_group){
        .name = "web", .rows = rows, .size = OSM_ARRAY_SIZE(rows), .look = look, .context = page};
    osm_counters_register(osm_manager_counters(manager), &page->counters);
    page->web = osm_web_new(page->loop, page->http, ipc);
    osm_log_info("Web page on http://%s/",
                 osm_http_server_endpoint(page->http)->uri + sizeof("tcp://") - 1);
}

void osm_web_page_end(struct osm_web_page *page)
{
    page->http = osm_http_server_free(page->http);
    page->web = osm_web_free(page->web);
}
