/* SPDX-License-Identifier: MIT */
/* Tasks one after the other; see reload.h. */
#include "app/daemon/reload.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "app/conf/arguments.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/wipe.h"

/* A reload, or with an option a SET. */
struct task {
    const struct osm_option *option; /* NULL = everything is read again */
    char *value;
    struct osm_console_wait *waiting; /* all for a reload, one for a SET */
    struct task *prev, *next;
};

struct osm_reload {
    struct osm_options *options; /* those in force */
    int argc;
    char *const *argv;
    struct osm_reload_parts parts;
    struct task *tasks; /* the first is under way */
    unsigned sets;
    bool ended;
    struct osm_reload_retired *retired;
    /* of the task under way */
    struct osm_reload_ready ready;
    struct osm_buf findings;
    int result;
    bool log_is_open; /* again */
};

static void begin(struct osm_reload *reload);

/* --- telling ------------------------------------------------------------------------------- */

static void tell(struct task *task, bool good, const char *text)
{
    while (task->waiting) {
        struct osm_console_wait *wait = task->waiting;

        DL_DELETE(task->waiting, wait);
        wait->done(wait, good, text);
    }
}

static void task_free(struct task *task)
{
    if (task->value)
        osm_wipe_and_free(task->value);
    free(task);
}

static void log_findings(struct osm_buf *findings)
{
    const char *text = osm_buf_text(findings);

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

static bool has_files(const struct osm_reload *reload)
{
    return reload->options->config || reload->options->auto_connect;
}

/* --- on the loop --------------------------------------------------------------------------- */

static void refuse(struct osm_reload *reload, struct task *task)
{
    log_findings(&reload->findings);
    if (!task->option)
        osm_log_error("Configuration not reloaded because of the mistakes above: everything stays "
                      "as it was. The old tokens stay, too");
    tell(task, false, osm_buf_text(&reload->findings));
}

/* What has been done, for whoever asked. */
static void report(struct osm_reload *reload, struct task *task, struct osm_reload_changes *changes)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    if (!task->option || !changes->fixed.length)
        osm_buf_add_text(&text, task->option ? "Set" : "Reloaded");
    if (changes->taken.length)
        osm_buf_printf(&text, "; changed: %s", osm_buf_text(&changes->taken));
    if (changes->fixed.length)
        osm_buf_printf(&text, "%sneed a restart, the old values stay: %s", text.length ? "; " : "",
                       osm_buf_text(&changes->fixed));
    if (reload->findings.length)
        osm_buf_printf(&text, "\n%s", osm_buf_text(&reload->findings));
    tell(task, !task->option || !changes->fixed.length, osm_buf_text(&text));
}

static bool may_change_sinks(struct osm_reload *reload, const struct osm_reload_changes *changes)
{
    _cleanup_(osm_freep) char *error = NULL;

    if (!changes->parts[OSM_OPTION_SINKS] || !*reload->parts.sinks ||
        osm_sinks_may_change(*reload->parts.sinks, &error) == 0)
        return true;
    osm_buf_printf(&reload->findings, "%s\n", error);
    return false;
}

static void carry_out(struct osm_reload *reload, struct task *task)
{
    struct osm_reload_changes changes;

    osm_reload_compare(&reload->parts, reload->options, &reload->ready.loaded, &changes);
    if (!may_change_sinks(reload, &changes)) {
        refuse(reload, task);
        osm_reload_changes_deinit(&changes);
        return;
    }
    if (!task->option) { /* what files hold may have changed behind the same names */
        changes.parts[OSM_OPTION_CALLERS] = true;
        changes.parts[OSM_OPTION_CONNECTIONS] = has_files(reload);
        if (*reload->parts.sinks)
            osm_sinks_reopen(*reload->parts.sinks);
    }
    reload->log_is_open = reload->ready.log.is_open;
    osm_reload_carry_out(&reload->ready, reload->options, &reload->parts, &changes,
                         &reload->retired, &reload->findings);
    log_findings(&reload->findings);
    if (changes.fixed.length)
        osm_log_warning("Changed options that need a restart, the old values stay: %s",
                        osm_buf_text(&changes.fixed));
    if (!task->option && reload->log_is_open)
        osm_log_info("Log file reopened");
    if (!task->option && has_files(reload))
        osm_log_info("Configuration reloaded");
    report(reload, task, &changes);
    if (changes.parts[OSM_OPTION_CALLERS])
        osm_reload_admit(&reload->ready, reload->options, &reload->parts);
    osm_reload_changes_deinit(&changes);
}

static void have_read(void *context)
{
    struct osm_reload *reload = context;
    struct task *task = reload->tasks;

    DL_DELETE(reload->tasks, task);
    reload->sets -= task->option != NULL;
    if (reload->ended)
        tell(task, false, "The daemon is shutting down");
    else if (reload->result < 0)
        refuse(reload, task);
    else
        carry_out(reload, task);
    osm_reload_ready_deinit(&reload->ready, reload->parts.loop);
    osm_buf_deinit(&reload->findings);
    task_free(task);
    if (reload->tasks)
        begin(reload);
}

/* --- on a thread --------------------------------------------------------------------------- */

static void read_files(void *context)
{
    struct osm_reload *reload = context;
    const struct task *task = reload->tasks;
    struct osm_options *loaded = &reload->ready.loaded;

    if (!task->option && has_files(reload)) {
        reload->result = osm_arguments_load(loaded, reload->argc, reload->argv, reload->options,
                                            &reload->findings);
    } else {
        osm_options_copy(loaded, reload->options);
        reload->result =
            task->option ? osm_option_set(loaded, task->option, task->value, &reload->findings) : 0;
    }
    if (reload->result == 0)
        reload->result =
            osm_reload_prepare(&reload->ready, reload->options, &reload->parts, &reload->findings);
}

/* --- tasks --------------------------------------------------------------------------------- */

static void begin(struct osm_reload *reload)
{
    const struct osm_loop *loop = reload->parts.loop;

    const struct osm_option *option = reload->tasks->option;
    bool is_token_file = option && option->offset == offsetof(struct osm_options, auth_token_file);

    reload->ready = (struct osm_reload_ready){
        .event_log = -1, .reopens_log = !option, .reads_token = !option || is_token_file};
    reload->result = 0;
    loop->ops->work(loop->context, read_files, have_read, reload);
}

static struct task *add(struct osm_reload *reload, const struct osm_option *option,
                        const char *value)
{
    struct task *task = osm_alloc(sizeof(*task));
    bool idle = !reload->tasks;

    *task = (struct task){.option = option, .value = value ? osm_strdup(value) : NULL};
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a list that is not empty has a last */
    DL_APPEND(reload->tasks, task);
    if (idle)
        begin(reload);
    return task;
}

void osm_reload_start(struct osm_reload *reload, struct osm_console_wait *wait)
{
    struct task *last = reload->tasks ? reload->tasks->prev : NULL;

    if (reload->ended) {
        if (wait)
            wait->done(wait, false, "The daemon is shutting down");
        return;
    }
    if (!last || last == reload->tasks || last->option)
        last = add(reload, NULL, NULL);
    if (wait)
        DL_APPEND(last->waiting, wait);
}

void osm_reload_set(struct osm_reload *reload, const char *name, const char *value,
                    struct osm_console_wait *wait)
{
    _cleanup_(osm_freep) char *lower = osm_strdup(name), *refusal = NULL;
    const struct osm_option *option;
    struct task *task;

    for (char *at = lower; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    option = osm_option_find(lower);
    if (reload->ended)
        refusal = osm_strdup("The daemon is shutting down");
    else if (!option)
        refusal = osm_printf("There is no option \"%s\": see SHOW CONFIG", name);
    else if (option->part == OSM_OPTION_FIXED)
        refusal = osm_printf("--%s cannot change while the daemon runs: it takes a restart",
                             option->name);
    else if (option->part == OSM_OPTION_CONNECTIONS ||
             option->offset == offsetof(struct osm_options, auth_token))
        refusal = osm_printf("--%s is changed in its file, followed by RELOAD", option->name);
    else if (reload->sets == OSM_RELOAD_SETS)
        refusal = osm_printf("%d SETs are waiting already: try again", OSM_RELOAD_SETS);
    if (refusal) {
        wait->done(wait, false, refusal);
        return;
    }
    reload->sets++;
    task = add(reload, option, value);
    DL_APPEND(task->waiting, wait);
}

/* The first is under way: it ends by itself. */
void osm_reload_end(struct osm_reload *reload)
{
    struct task *task, *next;

    reload->ended = true;
    DL_FOREACH_SAFE (reload->tasks, task, next) {
        if (task == reload->tasks)
            continue;
        DL_DELETE(reload->tasks, task);
        tell(task, false, "The daemon is shutting down");
        task_free(task);
    }
}

/* --- life ---------------------------------------------------------------------------------- */

struct osm_reload *osm_reload_new(struct osm_options *options, int argc, char *const *argv,
                                  const struct osm_reload_parts *parts)
{
    struct osm_reload *reload = osm_alloc(sizeof(*reload));

    *reload = (struct osm_reload){.options = options, .argc = argc, .argv = argv, .parts = *parts};
    return reload;
}

struct osm_reload *osm_reload_free(struct osm_reload *reload)
{
    if (!reload)
        return NULL;
    osm_assert(!reload->tasks);
    osm_reload_retired_free(reload->retired);
    free(reload);
    return NULL;
}
