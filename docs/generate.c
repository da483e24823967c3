/* SPDX-License-Identifier: MIT */
/*
 * Writes the pages of this folder that come from tables in the code:
 *
 *   osm-docs <docs folder>            writes them (cmake --build build --target docs)
 *   osm-docs --check <docs folder>    compares them, exit 1 when one is out of date
 */
#include <stdbool.h>
#include <string.h>

#include "admin/console/console.h"
#include "admin/metrics/metrics.h"
#include "app/conf/options_text.h"
#include "app/daemon/own_counters.h"
#include "core/manager/manager.h"
#include "serve/command/status.h"
#include "serve/method/method.h"
#include "tool/explore/keys.h"
#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"

static void write_metrics(struct osm_buf *out)
{
    struct osm_metrics_groups groups[2];

    groups[0].list = osm_manager_own_counters(&groups[0].size);
    groups[1].list = osm_own_counters_of_daemon(&groups[1].size);
    osm_metrics_write_markdown(out, groups, OSM_ARRAY_SIZE(groups));
}

static const struct page {
    const char *path;
    void (*write)(struct osm_buf *out);
} pages[] = {
    {"man/opcua-session-manager.8", osm_options_write_man},
    {"man/opcua-session-manager.conf.5", osm_options_write_conf_man},
    {"methods.md", osm_methods_write_markdown},
    {"metrics.md", write_metrics},
    {"options.md", osm_options_write_markdown},
    {"status.md", osm_status_write_markdown},
    {"console.md", osm_console_write_markdown},
    {"man/uactl.1", tool_write_man},
    {"tool.md", tool_write_markdown},
    {"explore.md", explore_keys_write_markdown},
};

static bool read_page(const char *path, struct osm_buf *content)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file)
        return false;
    while ((got = fread(osm_buf_reserve(content, 4096), 1, 4096, file)) > 0)
        osm_buf_commit(content, got);
    return fclose(file) == 0;
}

static bool write_page(const char *path, const struct osm_buf *content)
{
    FILE *file = fopen(path, "wb");
    size_t written;

    if (!file)
        return false;
    written = fwrite(content->data, 1, content->length, file);
    return fclose(file) == 0 && written == content->length;
}

static bool handle_page(const struct page *page, const char *folder, bool check)
{
    _cleanup_(osm_freep) char *path = osm_printf("%s/%s", folder, page->path);
    _cleanup_(osm_buf_deinit) struct osm_buf now = {0}, then = {0};

    page->write(&now);
    if (!check) {
        if (!write_page(path, &now))
            fprintf(stderr, "osm-docs: cannot write %s\n", path);
        else
            return true;
    } else if (!read_page(path, &then) || then.length != now.length ||
               memcmp(then.data, now.data, now.length) != 0) {
        fprintf(stderr, "osm-docs: %s is out of date, build the target `docs`\n", path);
    } else {
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    bool good = true;

    if (argc != 2 && !check) {
        fprintf(stderr, "usage: osm-docs [--check] <docs folder>\n");
        return 2;
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(pages); i++)
        good = handle_page(&pages[i], argv[argc - 1], check) && good;
    return good ? 0 : 1;
}
