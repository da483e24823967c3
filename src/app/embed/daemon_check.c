/* SPDX-License-Identifier: MIT */
/* A configuration file looked at without starting anything, as `opcua-session-manager --check`. */
#include <stdlib.h>
#include <string.h>

#include "app/conf/arguments.h"
#include "app/daemon/check.h"
#include "app/embed/embed_internal.h"
#include "util/alloc.h"

struct report {
    const char *path;
    osm_daemon_mistake_fn *mistake;
    void *context;
    unsigned errors;
};

/* "<file>:<line>: text" of that file; others are of the file as a whole. */
static unsigned line_of(const struct report *report, const char *text)
{
    size_t length = strlen(report->path);

    if (strncmp(text, report->path, length) != 0 || text[length] != ':')
        return 0;
    return (unsigned)strtoul(text + length + 1, NULL, 10);
}

static void tell(struct report *report, const struct osm_buf *lines)
{
    _cleanup_(osm_freep) char *all = osm_strndup(lines->data ? lines->data : "", lines->length);

    for (char *rest = all, *line; (line = strsep(&rest, "\n"));) {
        bool is_error = !strstr(line, "WARNING: ");

        if (!*line)
            continue;
        report->errors += is_error;
        if (report->mistake)
            report->mistake(report->context, line_of(report, line), is_error, line);
    }
}

bool osm_daemon_check(const char *path, osm_daemon_mistake_fn *mistake, void *context)
{
    char program[] = "opcua-session-manager", option[] = "--config";
    _cleanup_(osm_freep) char *file = osm_strdup(path ? path : "");
    char *argv[] = {program, option, file, NULL};
    _cleanup_(osm_options_deinit) struct osm_options options;
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0}, err = {0}, more = {0};
    struct report report = {file, mistake, context, 0};
    int r = osm_arguments_parse(&options, 3, argv, osm_embed_no_environment, &out, &err);

    tell(&report, &err);
    if (r == OSM_OPTIONS_RUN && osm_check_options(&options, &more) < 0)
        tell(&report, &more);
    return r == OSM_OPTIONS_RUN && !report.errors;
}
