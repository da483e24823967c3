/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_TOOL_H
#define OSM_TOOL_TOOL_H
/*
 * uactl: the command line, on libopcua-session and nothing else of the project but texts and
 * buffers (util). One row per command and per option; --help, completion and the man page come from
 * them.
 *
 *   uactl [options] <command> [<server>] [<argument>…]
 *
 * <server> is a URL, a name of the profiles, or the id of a session the daemon has; without one it
 * is $OPCUA_URL.
 */
#include <opcua-session.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What it ends with; the numbers are documented and stay. */
enum tool_exit {
    TOOL_OK = 0,
    TOOL_REFUSED = 1,       /* by the server */
    TOOL_USAGE = 2,         /* the command line, a value that does not fit */
    TOOL_NO_CONNECTION = 3, /* to the server */
    TOOL_NO_DAEMON = 4,     /* or it refused */
    TOOL_PARTLY = 5,        /* some of several failed */
};

enum tool_format { TOOL_TABLE, TOOL_JSON, TOOL_JSON_LINES, TOOL_CSV, TOOL_QUIET };

struct tool_options {
    const char *socket, *token_file;
    bool direct;
    bool json, json_lines, csv, quiet;
    bool utc, dry_run, values, help, version;
    const char *user, *password_file;
    const char *policy, *mode;
    const char *certificate, *key, *ca;
    const char *user_certificate, *user_key;
    const char *trust_store, *trust_policy;
    const char *timeout, *type, *depth, *interval, *count, *start, *end;
    const char *attribute, *range;
    const char *comment, *duration, *what;
    bool auto_accept, plot, ready;
};

struct tool_command;
struct tool_meanings;
struct tool_profiles;

struct tool {
    struct tool_options options;
    enum tool_format format;
    const struct tool_command *command;
    const char *server; /* URL or session id; NULL = none was needed */
    struct opcua_client *client;
    struct opcua_error error;
    struct tool_profiles *profiles; /* NULL = nobody has asked for them */
    struct tool_meanings *meanings; /* what has been learned of the nodes; NULL = nothing */
    bool must_finish;               /* what is begun now is not broken off by ^C */
    bool must_not_ask;              /* nobody is there to type a password */
    /* Who wants to know what happens to the connection (opcua_event_fn's names); NULL = nobody. */
    void (*told)(void *context, const char *name);
    void *told_context;
};

enum tool_needs {
    TOOL_NEEDS_NOTHING,
    TOOL_NEEDS_DAEMON,
    TOOL_NEEDS_SERVER,
    TOOL_OPENS_SERVER, /* itself: it is given a client that is not open */
};

struct tool_command {
    const char *name;
    const char *arguments; /* for --help */
    const char *summary;   /* one line */
    enum tool_needs needs;
    int least, most; /* arguments; -1 = any number */
    int (*run)(struct tool *tool, int argc, char **argv);
};
/* Whether it is given a server in the command line. */
static inline bool tool_needs_server(const struct tool_command *command)
{
    return command->needs == TOOL_NEEDS_SERVER || command->needs == TOOL_OPENS_SERVER;
}
/* Ended by a row without name. */
extern const struct tool_command tool_commands[];

/* uactl(1) and tool.md, for docs/generate.c. */
struct osm_buf;
void tool_write_man(struct osm_buf *out);
void tool_write_markdown(struct osm_buf *out);

struct tool_option {
    const char *name;     /* without -- */
    char letter;          /* 0 = none */
    const char *argument; /* NULL = a switch */
    const char *help;
    size_t offset; /* in struct tool_options */
};
extern const struct tool_option tool_option_table[];
/* The one of that name; NULL when there is none. */
const struct tool_option *tool_option_find(const char *name, size_t length);

/* Parses options wherever they stand; what is left is moved to the front of argv. The number of
 * those, or -1 after having said what is wrong. */
int tool_options_parse(struct tool_options *options, int argc, char **argv);
void tool_help(void);
void tool_help_command(const struct tool_command *command);

/* Completes a command line; see complete.c. */
int tool_complete(int argc, char **argv);

/* Takes the server off the arguments; TOOL_OK, or the exit code after having said why not. */
int tool_take_server(struct tool *tool, int *argc, char ***argv);

/* ---- connect.c ------------------------------------------------------------------------------ */

/* The client the command needs; TOOL_OK, or the exit code after having said why not. */
int tool_connect(struct tool *tool);
/* Whether it asks for a password on the terminal. */
bool tool_connect_asks(const struct tool *tool);
/* Whether that names a server: a URL or an id of a session. */
bool tool_is_server(const char *text);
/* Whether that is the id of a session of the daemon. */
bool tool_is_session(const char *text);
/* Says tool->error, of that node, on standard error; the exit code it means. */
int tool_fail(struct tool *tool, const char *node);
/* Says a Bad status of that node or method on standard error. */
void tool_say_status(const char *name, uint32_t status);
/* Makes that status tool->error; false. */
bool tool_bad_status(struct tool *tool, uint32_t status);
/* The same of a node, which may be known by a similar id. */
void tool_say_bad_node(struct tool *tool, const char *name, const char *node, uint32_t status);
/* Says a mistake in the command line. */
int tool_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A number option within its range; -1 after having said what is wrong. */
long long tool_number(const char *name, const char *text, long long otherwise, long long most);
/* The standard's name of an attribute, NULL when it has none of that number. */
const char *tool_attribute_name(uint32_t attribute);
/* --attribute, by number or name; UINT32_MAX after having said what is wrong. */
uint32_t tool_attribute(const struct tool *tool);
/* Waits for what comes, at most so many milliseconds (-1 = as long as it takes), and has it told;
 * false with tool->error when the client is of no further use. */
bool tool_turn(struct tool *tool, int most);
/* A subscription that is not left behind by ^C; NULL with tool->error. */
struct opcua_subscription *tool_subscribe(struct tool *tool,
                                          const struct opcua_subscription_options *options);
/* Of count things, failed did: the exit code. */
int tool_ended(size_t count, size_t failed, int code);

/* ---- space.c -------------------------------------------------------------------------------- */

/* "Object", "Variable" … */
const char *tool_class_name(uint32_t class);
/* References of the node the user has written; TOOL_OK, or the exit code after having said why
 * not, also for a node that is not there. */
int tool_browse_all(struct tool *tool, const char *name, const struct opcua_browse_options *options,
                    struct opcua_reference **references, size_t *count);
/* The same, without saying why not: tool->error has it. */
bool tool_browse_try(struct tool *tool, const char *name,
                     const struct opcua_browse_options *options,
                     struct opcua_reference **references, size_t *count);

/* ---- table.c -------------------------------------------------------------------------------- */

/* Rows with named columns, shown in the format the user wants: aligned when all are there, or each
 * at once (lines). */
struct tool_table;
struct tool_table *tool_table_new(enum tool_format format, const char *const *columns);
/* The next cell of the row; NULL = empty. json: the same for programs, NULL = the text as a string.
 */
void tool_table_cell(struct tool_table *table, const char *text, const char *json);
void tool_table_number(struct tool_table *table, long long number);
/* Shows what there is to be shown and frees. False when standard output could not be written. */
bool tool_table_end(struct tool_table *table);
/* Sends what is printed; false, having said why unless nobody reads it any more, when it cannot. */
bool tool_flush(void);
/* A row that is complete is shown now, without waiting for the others. */
void tool_table_flush(struct tool_table *table);
/* Prints JSON; what JSON lets through and terminals take for control characters (U+007F to U+009F)
 * is escaped. */
void tool_put_json(const char *text, size_t length);
/* The text as a terminal may have it: control characters, which a server may have put there, are
 * escaped as in logs, those that end lines unless keeps_lines. To be freed. */
char *tool_plain(const char *text, bool keeps_lines);
/* Prints so, with the line ends of the text. */
void tool_say(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- profiles.c, secret.c ------------------------------------------------------------------- */

/* Reads ~/.config/uactl.yaml, once; TOOL_OK also when there is none, else what is wrong is said. */
int tool_profiles_read(struct tool *tool);
void tool_profiles_free(struct tool_profiles *profiles);
/* Takes the server of that name and what goes with it; false when there is none. */
bool tool_profiles_server(struct tool *tool, const char *name);
/* The name that may be meant; NULL when there is none. */
const char *tool_profiles_nearest(const struct tool_profiles *profiles, const char *name);
void tool_profiles_each(const struct tool_profiles *profiles,
                        void (*each)(void *context, const char *name), void *context);
/* Puts what users and certificates stand for in the place of their names. */
int tool_profiles_apply(struct tool *tool);

/* A secret, to be wiped and freed; NULL after having said why. */
char *tool_secret_of_file(const char *path);
char *tool_secret_asked(const char *user);

/* ---- paths.c -------------------------------------------------------------------------------- */

/* A node id of what the user has written: an id, or a path beginning with "/". To be freed; NULL:
 * tool->error says why. */
char *tool_node(struct tool *tool, const char *text);
/* The same for a node that may also be the name of a child of parent, which the user has written as
 * `path`. */
char *tool_node_below(struct tool *tool, const char *path, const char *parent, const char *text);
/* Whether that has the look of a node: an id or a path. */
bool tool_is_node(const char *text);

/* Tells the paths of all children of what stands before the last "/" of word, objects with a "/"
 * behind; tool_node() understands each of them. */
typedef void tool_path_fn(void *context, const char *path);
void tool_visit_paths(struct tool *tool, const char *word, tool_path_fn *visit, void *context);

/* A child by its name of namespace 0: found is its node id, to be freed; NULL = there is none. */
struct tool_child {
    const char *node, *name;
    char *found;
};
/* Looks for them all in one request; false with tool->error. */
bool tool_find_children(struct tool *tool, struct tool_child *children, size_t count);
/* The same in two halves, for those that do not wait: the parameters of that method, to be freed,
 * and what it answers. */
#define TOOL_CHILDREN_METHOD "translateBrowsePaths"
char *tool_children_ask(const struct tool_child *children, size_t count);
void tool_children_take(struct tool_child *children, size_t count, const char *answer,
                        size_t length);

/* Letters to be changed to make one word of the other; TOOL_FAR for words that are too long. */
#define TOOL_FAR 99u
unsigned tool_distance(const char *a, const char *b);
/* Whether what was written may be a slip for the other. */
bool tool_is_near(const char *meant, const char *written);

/* ---- nodes.c -------------------------------------------------------------------------------- */

/* False: no more is wanted. */
typedef bool tool_visit_fn(void *context, const struct opcua_reference *reference);
/* The time-out of the command line in seconds, else that one. */
double tool_patience(const struct tool *tool, double otherwise);
/* Walks over nodes for so long, those first whose ids have most in common with `towards`; not over
 * all of them. */
void tool_visit_nodes(struct tool *tool, const char *towards, double seconds, tool_visit_fn *visit,
                      void *context);
/* Says on standard error which node may be meant by an id the server does not know. */
void tool_suggest_node(struct tool *tool, const char *node);

/* ---- meaning.c ------------------------------------------------------------------------------ */

struct tool_name {
    int64_t value;
    char *name;
};
/* The names of an enumeration. */
struct tool_names {
    struct tool_name *items;
    size_t count;
};
/* Those of a data type; false when it has none. */
bool tool_names_learn(struct tool *tool, const char *data_type, struct tool_names *names);
/* NULL when that value has none. */
const char *tool_names_find(const struct tool_names *names, int64_t value);
void tool_names_clear(struct tool_names *names);

/* Learns units and names of states of count nodes that have these values, for tool->meanings.
 * names: as the user has written the nodes. */
void tool_meanings_learn(struct tool *tool, size_t count, char *const *names, char *const *nodes,
                         const struct opcua_data_value *values);
void tool_meanings_free(struct tool_meanings *meanings);
/* A value of that node for people; to be freed. */
char *tool_meanings_show(const struct tool *tool, const char *node,
                         const struct opcua_value *value);
/* The name of an EUInformation (OPC 10000-8 §5.6.3), which is decoded for that; to be freed. NULL =
 * none. */
char *tool_meaning_of_unit(struct opcua_value *value);
/* Its unit; NULL when none is known. */
const char *tool_meanings_unit(const struct tool *tool, const char *node);

/* ---- write.c -------------------------------------------------------------------------------- */

/* A value of that type (NULL = as it is written) from a word of the command line: texts need no
 * quotes, everything else is JSON. False with tool->error. */
bool tool_value_of(struct tool *tool, enum opcua_type type, const char *text,
                   struct opcua_value *value);
/* The builtin type a data type is on the wire; NULL when it may be several, or is not known. */
enum opcua_type tool_wire_type(struct tool *tool, const char *data_type);

/* ---- show.c --------------------------------------------------------------------------------- */

/* Values for people; to be freed. */
char *tool_show_value(const struct opcua_value *value, bool utc);
char *tool_show_time(int64_t time, bool utc);
char *tool_show_status(uint32_t status);

/* ---- live.c --------------------------------------------------------------------------------- */

/* Whether standard output is a terminal, for people. */
bool tool_live_is_wanted(const struct tool *tool);
/* Draws the values of these nodes in place until so many have come (-1 = without end) or a signal
 * ends it. */
int tool_live_watch(struct tool *tool, struct opcua_subscription *subscription, int argc,
                    char **argv, long long left);
/* Plots values of the past. */
int tool_live_history(struct tool *tool, const char *name, const struct opcua_data_value *values,
                      size_t count);

/* ---- commands ------------------------------------------------------------------------------- */

int tool_ping(struct tool *tool, int argc, char **argv);
int tool_status(struct tool *tool, int argc, char **argv);
int tool_list(struct tool *tool, int argc, char **argv);
int tool_open(struct tool *tool, int argc, char **argv);
int tool_close(struct tool *tool, int argc, char **argv);
int tool_read(struct tool *tool, int argc, char **argv);
int tool_write(struct tool *tool, int argc, char **argv);
int tool_browse(struct tool *tool, int argc, char **argv);
int tool_tree(struct tool *tool, int argc, char **argv);
int tool_call(struct tool *tool, int argc, char **argv);
int tool_watch(struct tool *tool, int argc, char **argv);
int tool_events(struct tool *tool, int argc, char **argv);
int tool_alarms(struct tool *tool, int argc, char **argv);
int tool_history(struct tool *tool, int argc, char **argv);
int tool_endpoints(struct tool *tool, int argc, char **argv);
int tool_search(struct tool *tool, int argc, char **argv);
int tool_export(struct tool *tool, int argc, char **argv);
int tool_types(struct tool *tool, int argc, char **argv);
int tool_trust(struct tool *tool, int argc, char **argv);
int tool_explore(struct tool *tool, int argc, char **argv); /* tool/explore/explore.c */
int tool_config_check(struct tool *tool, int argc, char **argv);
int tool_console(struct tool *tool, int argc, char **argv);
int tool_completion(struct tool *tool, int argc, char **argv);

/* Set by SIGINT and SIGTERM. */
extern volatile int tool_stopped;

#endif
