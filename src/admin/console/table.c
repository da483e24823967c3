/* SPDX-License-Identifier: MIT */
/* The table of console commands, and what comes from it: HELP and docs/console.md. */
#include <stdio.h>
#include <string.h>

#include "admin/console/console_internal.h"

#define TABLE_ARGUMENTS "[<column>=<pattern>]… [LIMIT <n>] [OFFSET <n>]"
#define SHOW(name_, run_, whole_, help_, ...)                                                      \
    {                                                                                              \
        .words = "SHOW " name_, .arguments = TABLE_ARGUMENTS, .help = help_,                       \
        .most = OSM_CONSOLE_WORDS, .whole_daemon = whole_,                                         \
        .completes = OSM_CONSOLE_COMPLETES_COLUMN, .run = run_,                                    \
        .columns = (const char *const[]){__VA_ARGS__, NULL},                                       \
    }
#define ACT(words_, arguments_, least_, most_, completes_, run_, help_)                            \
    .words = words_, .arguments = arguments_, .least = least_, .most = most_, .acts = true,        \
    .completes = OSM_CONSOLE_COMPLETES_##completes_, .run = run_, .help = help_

const struct osm_console_command osm_console_commands[] = {
    SHOW("SESSIONS", osm_console_show_sessions, false,
         "Sessions, those that are opening or closing included", "session", "server", "state",
         "reason", "since", "lastUsed", "running", "waiting", "stranded", "subscriptions", "items",
         "paused"),
    SHOW("CLIENTS", osm_console_show_clients, true, "Callers' connections", "client", "peer",
         "token", "role", "kind", "state", "inFlight", "heldBytes", "unsentBytes"),
    SHOW("SUBSCRIPTIONS", osm_console_show_subscriptions, false, "Subscriptions of all sessions",
         "session", "server", "subscription", "serverId", "publishingInterval", "items", "missing",
         "error", "nextRetry"),
    SHOW("ITEMS", osm_console_show_items, false, "Monitored items of all subscriptions", "session",
         "subscription", "item", "node", "state", "samplingInterval", "queueSize", "error",
         "nextRetry"),
    SHOW("CONNECTIONS", osm_console_show_connections, false, "Connections of the configuration",
         "connection", "server", "state", "session", "failures", "nextRetry", "error"),
    SHOW("SINKS", osm_console_show_sinks, true, "Where events go", "sink", "working", "delivered",
         "dropped", "retries", "waiting", "position", "lastErrorAt", "lastError"),
    SHOW("LIMITS", osm_console_show_limits, true, "Bounds and how full they are", "limit", "used",
         "most"),
    SHOW("CONFIG", osm_console_show_config, true,
         "Options as they count now; secrets are not shown", "option", "value", "default",
         "reloadable"),
    SHOW("STATS", osm_console_show_stats, true, "All counters", "part", "counter", "value", "kind",
         "meaning"),
    SHOW("MEMORY", osm_console_show_memory, true, "What takes memory", "what", "bytes"),
    SHOW("TRUST", osm_console_show_trust, false,
         "Server certificates that were refused and wait for TRUST or REJECT", "fingerprint",
         "server", "subject", "reason", "since", "trustStore"),
    SHOW("NOTICES", osm_console_show_notices, true,
         "What will fail unless somebody does something, with the next step", "kind", "object",
         "since", "text", "next"),
    SHOW("ERRORS", osm_console_show_errors, true, "The latest warnings and errors of the log",
         "time", "level", "message"),
    {ACT("RECONNECT", "<session|server|label>", 1, 1, SERVER, osm_console_reconnect,
         "Give sessions a new connection, whatever their state; a connection that waits for its "
         "next attempt makes it now")},
    {ACT("PAUSE", "<server|label> [FAIL]", 1, 2, SERVER, osm_console_pause,
         "Let requests to a server wait, up to their deadline; FAIL: refuse them at once. "
         "Subscriptions go on")},
    {ACT("RESUME", "<server|label>", 1, 1, SERVER, osm_console_resume, "The end of PAUSE")},
    {ACT("KILL", "<session|server|label|client>", 1, 1, SESSION, osm_console_kill,
         "Close sessions, those that are opening too, or a caller's connection")},
    {ACT("TRUST", "<fingerprint>", 1, 1, CERTIFICATE, osm_console_trust,
         "Trust a certificate of SHOW TRUST")},
    {ACT("REJECT", "<fingerprint>", 1, 1, CERTIFICATE, osm_console_reject,
         "Forget a certificate of SHOW TRUST, and its file among the rejected ones")},
    {ACT("SET", "<option> <value>", 2, 2, OPTION, osm_console_set,
         "Change an option until the next RELOAD"),
     .whole_daemon = true},
    {ACT("RELOAD", "", 0, 0, NOTHING, osm_console_reload,
         "Read the files again, as SIGHUP does, and say what has changed"),
     .whole_daemon = true},
    {ACT("DRAIN", "[<seconds>]", 0, 1, NOTHING, osm_console_drain,
         "Open no new sessions, end when nothing runs any more, after 60 seconds at the latest"),
     .whole_daemon = true},
    {.words = "HELP",
     .arguments = "[<command>]",
     .help = "These commands",
     .most = 2,
     .completes = OSM_CONSOLE_COMPLETES_COMMAND,
     .run = osm_console_help,
     .columns =
         (const char *const[]){"command", "arguments", "meaning", "columns", "completes", NULL}},
    {0},
};

static const char *const completions[] = {
#define X(id, name) name,
    OSM_CONSOLE_COMPLETIONS(X)
#undef X
};

static void add_columns(struct osm_buf *out, const struct osm_console_command *command)
{
    for (size_t i = 0; command->columns && command->columns[i]; i++)
        osm_buf_printf(out, "%s%s", i ? ", " : "", command->columns[i]);
}

/* The words are a beginning of a command: "HELP SHOW" tells all that is shown. */
static bool begins(const char *words, char *const *said)
{
    for (; *said; said++) {
        size_t length = strlen(*said);

        if (strncasecmp(words, *said, length) != 0 || (words[length] && words[length] != ' '))
            return false;
        words += length + (words[length] == ' ');
    }
    return true;
}

void osm_console_help(struct osm_console_call *call)
{
    struct osm_console_call all = *call;
    struct osm_console_table table;

    all.count = 0;
    if (!osm_console_table_begin(&table, &all))
        return;
    for (const struct osm_console_command *row = osm_console_commands; row->words; row++) {
        _cleanup_(osm_buf_deinit) struct osm_buf columns = {0};

        if (!begins(row->words, call->words) || !osm_console_row(&table))
            continue;
        add_columns(&columns, row);
        osm_console_text(&table, row->words);
        osm_console_text(&table, row->arguments);
        osm_console_text(&table, row->help);
        osm_console_text(&table, row->columns ? osm_buf_text(&columns) : NULL);
        osm_console_text(&table, completions[row->completes]);
        osm_console_row_end(&table);
    }
    osm_console_table_end(&table);
}

static const char head[] =
    "# Console\n\n"
    "<!-- Generated from the table of commands; change src/admin/console/table.c instead. -->\n\n"
    "`uactl console` speaks to the daemon as an operator does: interactively, or one line at a\n"
    "time (`uactl console 'SHOW SESSIONS state=failed'`). It is the command `console` of the\n"
    "socket (docs/contract/extensions.md §12) and takes a token with the role `admin`; without a "
    "token\n"
    "file everybody who may call has that.\n\n"
    "Words are separated by blanks, quotes keep them; commands and columns are of any case.\n"
    "A server is `host` or `host:port`, with `*` and `?`; the label of a connection stands for\n"
    "its session, and in PAUSE for its server. Filters of `SHOW` are `<column>=<pattern>` and "
    "`<column>!=<pattern>`, and all\n"
    "must hold. A token that is for certain servers sees and touches these; what concerns the\n"
    "whole daemon is refused to it. Whatever changes something is logged with caller, token and\n"
    "result.\n\n"
    "| Command | Arguments | Meaning | Whole daemon |\n|---|---|---|---|\n";

static void add_cell(struct osm_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '<')
            osm_buf_add_byte(out, '\\');
        osm_buf_add_byte(out, *text);
    }
}

void osm_console_write_markdown(struct osm_buf *out)
{
    osm_buf_add_text(out, head);
    for (const struct osm_console_command *row = osm_console_commands; row->words; row++) {
        osm_buf_printf(out, "| `%s` | ", row->words);
        add_cell(out,
                 row->columns && row->least == 0 && row->most > 2 ? "filters" : row->arguments);
        osm_buf_add_text(out, " | ");
        add_cell(out, row->help);
        osm_buf_printf(out, ". | %s |\n", row->whole_daemon ? "yes" : "");
    }
    osm_buf_add_text(out, "\n## Columns\n\n| Table | Columns |\n|---|---|\n");
    for (const struct osm_console_command *row = osm_console_commands; row->words; row++) {
        if (!row->columns)
            continue;
        osm_buf_printf(out, "| `%s` | ", row->words);
        add_columns(out, row);
        osm_buf_add_text(out, " |\n");
    }
}
