/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_CONSOLE_CONSOLE_INTERNAL_H
#define OSM_ADMIN_CONSOLE_CONSOLE_INTERNAL_H
/* What the files of the console share: a call, the table of commands, and the writer of tables. */
#include "admin/console/console.h"
#include "core/manager/registry.h"

struct osm_console_pause;

struct osm_console {
    struct osm_manager *manager;
    const struct osm_console_ops *ops;
    void *context;
    struct osm_console_pause *pauses;
    unsigned pause_count;
};

struct osm_console_command;

/* One line at work. Lives in the request's arena. */
struct osm_console_call {
    struct osm_console *console;
    struct osm_request *request;
    const struct osm_console_command *command;
    const char *line; /* as it was sent, escaped */
    char **words;     /* behind the command's own; NULL-terminated */
    size_t count;
};

/* What stands where in the arguments, for completion. */
#define OSM_CONSOLE_COMPLETIONS(X)                                                                 \
    X(NOTHING, "")                                                                                 \
    X(COLUMN, "column")                                                                            \
    X(SESSION, "session")                                                                          \
    X(SERVER, "server")                                                                            \
    X(CLIENT, "client")                                                                            \
    X(OPTION, "option")                                                                            \
    X(CERTIFICATE, "certificate")                                                                  \
    X(COMMAND, "command")

enum osm_console_completion {
#define X(id, name) OSM_CONSOLE_COMPLETES_##id,
    OSM_CONSOLE_COMPLETIONS(X)
#undef X
};

struct osm_console_command {
    const char *words;     /* in capitals, one or two */
    const char *arguments; /* for HELP */
    const char *help;      /* one sentence */
    size_t least, most;    /* arguments */
    bool acts;             /* changes something: is logged */
    bool whole_daemon;     /* concerns all servers */
    enum osm_console_completion completes;
    void (*run)(struct osm_console_call *call);
    const char *const *columns; /* of a table, NULL-terminated; else NULL */
};

/* Ended by a row without words. */
extern const struct osm_console_command osm_console_commands[];

/* --- line.c -------------------------------------------------------------------------------- */

/* Words of a line: separated by blanks; '…' and "…" keep them, a doubled quote stands for one; a
 * ';' at the end is nothing. NULL-terminated, in the arena; NULL with a fault (invalid_argument).
 */
char **osm_console_split(const char *line, size_t length, struct osm_arena *arena, size_t *count,
                         struct osm_fault *fault);
/* Text against a pattern in which * stands for any characters and ? for one; any case. */
bool osm_console_matches(const char *pattern, const char *text);
/* A number in decimal digits; false when it is none. */
bool osm_console_number(const char *text, uint64_t *number);

/* --- answer.c ------------------------------------------------------------------------------ */

/* An action's end: logged with peer, token and result; the request is answered. */
void osm_console_done(struct osm_console_call *call, const char *format, ...) OSM_PRINTF(2, 3);
void osm_console_fail(struct osm_console_call *call, enum osm_fault_type type, const char *format,
                      ...) OSM_PRINTF(3, 4);

/* A table in the making: rows that do not match the filters are left out, and only a part of
 * them is looked at in one answer. */
#define OSM_CONSOLE_COLUMNS 16
struct osm_console_filter {
    size_t column;
    const char *pattern;
    bool differs; /* != */
};
struct osm_console_table {
    struct osm_console_call *call;
    struct osm_json *json;
    size_t columns;
    struct osm_console_filter filters[OSM_CONSOLE_WORDS];
    size_t filter_count;
    uint64_t limit;  /* rows to write */
    uint64_t offset; /* rows not to look at: those before have been */
    uint64_t at;     /* of the next row */
    uint64_t written;
    bool full; /* it ends before row `at` */
    /* The row being made: cells as JSON and, for filters, as text. */
    struct osm_buf text;
    struct osm_json cell;
    struct osm_buf cell_json;
    size_t cells;
    struct {
        size_t text, json; /* where each ends */
    } ends[OSM_CONSOLE_COLUMNS];
};

/* Reads filters, LIMIT and OFFSET and begins the answer; false when it has been answered. */
bool osm_console_table_begin(struct osm_console_table *table, struct osm_console_call *call);
/* Whether the next row is to be made; if not, it counts all the same. */
bool osm_console_row(struct osm_console_table *table);
/* So many rows need not be made one by one: true when they are skipped altogether. */
bool osm_console_skip(struct osm_console_table *table, uint64_t rows);
/* Cells in order of the columns; missing ones at the end of a row are null. */
void osm_console_text(struct osm_console_table *table, const char *text); /* NULL = null */
void osm_console_uint(struct osm_console_table *table, uint64_t number);
void osm_console_double(struct osm_console_table *table, double number);
void osm_console_bool(struct osm_console_table *table, bool value);
/* Seconds since 1970, null for 0. */
void osm_console_time(struct osm_console_table *table, double seconds);
void osm_console_row_end(struct osm_console_table *table);
void osm_console_table_end(struct osm_console_table *table);

/* --- commands ------------------------------------------------------------------------------ */

/* A connection of the configuration that the operator may touch. */
struct osm_console_label {
    const char *endpoint; /* in the arena; NULL = no connection has that label */
    size_t sessions;      /* it has, also one that is on its way */
};
struct osm_console_label osm_console_label(struct osm_console_call *call, const char *name);

void osm_console_show_sessions(struct osm_console_call *call);
void osm_console_show_subscriptions(struct osm_console_call *call);
void osm_console_show_items(struct osm_console_call *call);
void osm_console_show_clients(struct osm_console_call *call);
void osm_console_show_connections(struct osm_console_call *call);
void osm_console_show_sinks(struct osm_console_call *call);
void osm_console_show_limits(struct osm_console_call *call);
void osm_console_show_config(struct osm_console_call *call);
void osm_console_show_stats(struct osm_console_call *call);
void osm_console_show_memory(struct osm_console_call *call);
void osm_console_show_trust(struct osm_console_call *call);
void osm_console_show_notices(struct osm_console_call *call);
void osm_console_show_errors(struct osm_console_call *call);
void osm_console_reconnect(struct osm_console_call *call);
void osm_console_kill(struct osm_console_call *call);
void osm_console_pause(struct osm_console_call *call);
void osm_console_resume(struct osm_console_call *call);
void osm_console_drain(struct osm_console_call *call);
void osm_console_set(struct osm_console_call *call);
void osm_console_reload(struct osm_console_call *call);
void osm_console_trust(struct osm_console_call *call);
void osm_console_reject(struct osm_console_call *call);
void osm_console_help(struct osm_console_call *call);

/* pause.c: what the manager asks of new sessions, and the end. */
enum osm_op_pause osm_console_look_at_pause(void *context, const char *endpoint_url);
void osm_console_forget_pauses(struct osm_console *console);

#endif
