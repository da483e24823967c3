/* SPDX-License-Identifier: MIT */
/* See reload.h. */
#include "app/daemon/reload.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"

/* Longer times are as good as for ever, and can be counted in milliseconds. */
#define LONGEST_SECONDS INT64_C(1000000000000)

/* --- comparing ----------------------------------------------------------------------------- */

static const void *field_of(const struct osm_options *options, const struct osm_option *option)
{
    return (const char *)options + option->offset;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(char *const *a, char *const *b)
{
    if (!a || !b)
        return a == b;
    for (; *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return !*a && !*b;
}

static bool same_value(const struct osm_option *option, const void *a, const void *b)
{
    switch (option->kind) {
    case OSM_OPTION_TEXT:
        return same_text(*(char *const *)a, *(char *const *)b);
    case OSM_OPTION_LIST:
        return same_list(*(char **const *)a, *(char **const *)b);
    case OSM_OPTION_INT:
    case OSM_OPTION_OCTAL:
    case OSM_OPTION_CHOICE:
    case OSM_OPTION_FLAG:
        return *(const int64_t *)a == *(const int64_t *)b;
    default:
        return true; /* secrets are compared by digest */
    }
}

/* Only one that stands in the file can have changed. */
static bool same_token(const struct osm_reload *reload)
{
    const char *token = reload->loaded.token_from_file ? reload->loaded.auth_token : NULL;

    if (!token || !reload->has_token)
        return !token && !reload->has_token;
    return osm_digest_matches(&reload->token, token, strlen(token));
}

/* --- applying ------------------------------------------------------------------------------ */

static void add_name(struct osm_buf *names, const char *name)
{
    osm_buf_printf(names, "%s--%s", names->length ? ", " : "", name);
}

/* What may change takes its new value; names gets what may not. */
static void take_options(struct osm_reload *reload, struct osm_buf *names)
{
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        const void *value = field_of(&reload->loaded, option);
        void *field = (char *)reload->options + option->offset;

        if (same_value(option, field, value))
            continue;
        if (!option->reloadable) {
            add_name(names, option->name);
        } else if (option->kind == OSM_OPTION_TEXT) {
            free(*(char **)field);
            *(char **)field = *(char *const *)value ? osm_strdup(*(char *const *)value) : NULL;
        } else {
            osm_assert(option->kind != OSM_OPTION_LIST);
            *(int64_t *)field = *(const int64_t *)value;
        }
    }
    if (!same_token(reload))
        add_name(names, "auth-token");
}

static void apply(struct osm_reload *reload)
{
    const struct osm_options *options = reload->options;
    struct osm_buf names = {0};

    take_options(reload, &names);
    osm_log_threshold = (enum osm_log_level)options->log_level;
    osm_log_set_format((enum osm_log_format)options->log_format);
    osm_manager_set_limits(reload->manager, OSM_MIN(options->timeout, LONGEST_SECONDS),
                           OSM_MIN(options->cleanup_interval, LONGEST_SECONDS),
                           options->max_sessions);
    if (names.length)
        osm_log_warning("Changed options that need a restart, the old values stay: %s",
                        osm_buf_text(&names));
    osm_auto_connect_apply(reload->auto_connect, osm_steal(reload->loaded.wanted));
    osm_log_info("Configuration reloaded");
    osm_buf_deinit(&names);
}

static void log_findings(struct osm_reload *reload)
{
    const char *text = osm_buf_text(&reload->findings);

    while (*text) {
        size_t length = strcspn(text, "\n");
        _cleanup_(osm_freep) char *line = osm_strndup(text, length);

        if (strstr(line, "WARNING: "))
            osm_log_warning("%s", line);
        else
            osm_log_error("%s", line);
        text += length + (text[length] == '\n');
    }
}

/* --- reading ------------------------------------------------------------------------------- */

static bool has_files(const struct osm_reload *reload)
{
    return reload->options->config || reload->options->auto_connect;
}

static void read_files(void *context)
{
    struct osm_reload *reload = context;

    if (has_files(reload))
        reload->result =
            osm_options_load(&reload->loaded, reload->argc, reload->argv, &reload->findings);
    osm_callers_load(reload->options->token_file, &reload->callers);
}

static void have_read(void *context)
{
    struct osm_reload *reload = context;

    reload->running = false;
    if (!reload->ended)
        osm_callers_apply(&reload->callers, reload->server);
    osm_callers_unload(&reload->callers);
    if (!reload->ended && has_files(reload)) {
        log_findings(reload);
        if (reload->result < 0)
            osm_log_error("Configuration not reloaded because of the mistakes above: everything "
                          "stays as it was");
        else
            apply(reload);
    }
    osm_options_deinit(&reload->loaded);
    osm_buf_deinit(&reload->findings);
    if (reload->again && !reload->ended)
        osm_reload_start(reload);
}

void osm_reload_init(struct osm_reload *reload, struct osm_options *options, int argc,
                     char *const *argv)
{
    *reload = (struct osm_reload){.options = options, .argc = argc, .argv = argv};
    reload->has_token = options->token_from_file && options->token;
    if (reload->has_token)
        osm_digest_make(&reload->token, options->token, strlen(options->token));
}

void osm_reload_start(struct osm_reload *reload)
{
    if (!reload->options || (!has_files(reload) && !reload->options->token_file))
        return;
    reload->again = reload->running;
    if (reload->running)
        return;
    reload->running = true;
    reload->loop->ops->work(reload->loop->context, read_files, have_read, reload);
}

void osm_reload_end(struct osm_reload *reload)
{
    reload->ended = true;
}
