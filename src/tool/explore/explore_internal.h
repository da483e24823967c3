/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_INTERNAL_H
#define OSM_TOOL_EXPLORE_INTERNAL_H
/*
 * What explore knows at one moment, and the rooms that change it:
 *
 *   link.c       the connection and the subscription to alarms
 *   selection.c  what is asked about the node under the cursor, once the cursor rests
 *   units.c      the units of those values
 *   go.c         ways to a node that is named by its id
 *   search.c     nodes by name, level by level
 *   dialog.c     forms: what is typed, and what is sent when Enter is pressed
 *   method.c     the form of a method, from its InputArguments
 *   condition.c  the forms of an alarm
 *   pane.c       lines of the pane on the right
 *   view.c       all of it on the screen
 *   input.c      keys and mouse
 *
 * Nothing waits: every question is an asynchronous call, whose answer finds its place by a serial
 * or finds that nobody wants it any more. Only view.c and input.c know curses.
 */
#include "tool/explore/alarms.h"
#include "tool/explore/editor.h"
#include "tool/explore/keys.h"
#include "tool/explore/lines.h"
#include "tool/explore/names.h"
#include "tool/explore/tree.h"
#include "tool/row.h"
#include "tool/terminal.h"
#include "util/macros.h"

#define EXPLORE_ROOT "i=84"
#define EXPLORE_OBJECTS "i=85"
#define EXPLORE_ROWS ((size_t)40) /* values that are followed at a time */

enum explore_link { EXPLORE_CONNECTING, EXPLORE_ONLINE, EXPLORE_RECONNECTING, EXPLORE_DOWN };

enum explore_tab {
    EXPLORE_VALUES,
    EXPLORE_ATTRIBUTE_LIST,
    EXPLORE_REFERENCES,
    EXPLORE_HISTORY,
    EXPLORE_ALARM_LIST,
    EXPLORE_TABS,
};

/* What is known of the node under the cursor. */
struct explore_selection {
    uint32_t generation; /* counts selections; answers to older ones are dropped */
    uint32_t serial;     /* of the node; 0 = none yet */
    int64_t due;         /* when the cursor has rested enough; 0 = all is asked */
    bool has_attributes, has_references, has_values;
    struct opcua_data_value attributes[EXPLORE_ATTRIBUTES + 1];
    struct opcua_reference *references;
    size_t reference_count;
    struct opcua_subscription *subscription;
    struct tool_row *rows;
    char **row_ids, **row_units; /* units: NULL = none is known */
    size_t row_count;
    enum explore_state history;
    size_t span; /* that was asked for */
    struct tool_series past;
    char why[4][256]; /* by tab: why there is nothing */
};

#define EXPLORE_FIELDS ((size_t)8)
struct explore_field {
    char label[64];
    enum opcua_type type;
    struct explore_editor editor;
};
struct explore_dialog {
    enum explore_form form;
    uint32_t generation;
    char title[160];
    struct explore_field fields[EXPLORE_FIELDS];
    size_t count, at;
    struct explore_lines lines; /* below the fields: hits, results, what is wrong */
    long cursor;                /* in lines, by their items; -1 = in the fields */
    char *node, *object;        /* what it is about */
    struct opcua_value event_id;
};

struct explore_search;
struct explore_way;

struct explore {
    struct tool *tool;
    struct tool_terminal terminal;
    enum explore_link link;
    int64_t retry_at;
    bool is_gone;    /* the client is of no further use */
    bool is_closing; /* answers are told to nobody */
    struct opcua_error last_error;

    struct explore_tree tree;
    struct explore_selection selection;
    struct explore_alarms alarms;
    struct opcua_subscription *alarm_subscription;
    char alarm_why[256];

    enum explore_tab tab;
    bool at_pane;
    size_t tree_top, pane_top, pane_cursor;
    size_t span; /* of the history: an index */
    size_t body; /* rows of tree and pane, as the screen has them */

    struct explore_dialog dialog;
    struct explore_search *search;
    struct explore_way *way;

    char status[512];
    enum explore_style status_style;
    bool is_changed, is_done;
};

/* Whom an answer is for. Made for each question, freed with its answer. */
struct explore_call {
    struct explore *app;
    uint32_t serial, generation;
    char *text;
};
struct explore_call *explore_call_new(struct explore *app, uint32_t serial);
/* The app when it still wants answers, else NULL; frees the call. */
struct explore *explore_call_end(struct explore_call *call);
OSM_DEFINE_CLEANUP(struct explore_call, explore_call_end)

/* ---- explore.c: the line above the keys -------------------------------------------------- */

void explore_say(struct explore *app, enum explore_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What went wrong with what, and what to do. */
void explore_say_error(struct explore *app, const char *what, const struct opcua_error *error);
void explore_say_status(struct explore *app, const char *what, uint32_t status);
/* An error in one line; text has room for size bytes. */
void explore_error_text(char *text, size_t size, const struct opcua_error *error);

/* ---- link.c ------------------------------------------------------------------------------ */

/* Opens the client that is there, or a new one. */
void explore_link_open(struct explore *app);
/* The session could not be opened, or (is_gone) the client is of no further use: tried again soon.
 */
void explore_link_lost(struct explore *app, const struct opcua_error *error);
void explore_link_close(struct explore *app);
void explore_link_told(void *context, const char *name);

/* ---- selection.c ------------------------------------------------------------------------- */

/* The cursor of the tree has moved, or what is there is to be asked for again. */
void explore_select(struct explore *app);
/* Milliseconds until something is to be asked; -1 = nothing. Asks what is due. */
int explore_select_due(struct explore *app, int64_t now);
void explore_select_forget(struct explore *app);
/* Asks for the children of a node, unless they are there. */
void explore_load(struct explore *app, struct explore_node *node);
void explore_load_history(struct explore *app);
/* The time the history pane shows, in words. */
const char *explore_span_name(const struct explore *app);
/* One step longer or shorter. */
void explore_span_change(struct explore *app, int step);

/* A question about what is selected, and whether its answer is still wanted; see
 * explore_call_end(). */
struct explore_call *explore_selection_ask(struct explore *app);
struct explore *explore_selection_end(struct explore_call *call);
/* Takes a value of a row by its index, or (value NULL) shows the one it has anew. */
void explore_selection_take(struct explore *app, size_t index,
                            const struct opcua_data_value *value);
/* Asks for the units of the rows. */
void explore_units_ask(struct explore *app);

/* ---- go.c, search.c ---------------------------------------------------------------------- */

void explore_go(struct explore *app, const char *id);
/* Children have come: a way may lead on. */
void explore_go_on(struct explore *app);
void explore_way_free(struct explore_way *way);
void explore_search_begin(struct explore *app, const char *text);
void explore_search_end(struct explore *app);
/* The node id of a hit, NULL when there is none. */
const char *explore_search_hit(const struct explore *app, long item);

/* ---- dialog.c, method.c, condition.c ----------------------------------------------------- */

/* Opens the form, about the node under the cursor. */
void explore_dialog_open(struct explore *app, enum explore_form form);
void explore_dialog_close(struct explore *app);
/* Enter: the next field, or what the form is there for. */
void explore_dialog_enter(struct explore *app);
/* The context of a question the open dialog asks; what comes back is for it alone. */
struct explore_call *explore_dialog_call(struct explore *app);
/* Ends the question: the browser when that dialog is still open, else NULL. */
struct explore *explore_dialog_answered(struct explore_call *call);
/* The same of a question that may have failed: then that is said, and NULL returned. */
struct explore *explore_dialog_succeeded(struct explore_call *call,
                                         const struct opcua_error *error);
/* Whether the server agrees; if not, that is said. */
bool explore_dialog_is_good(struct explore *app, uint32_t status);
void explore_dialog_say(struct explore *app, enum explore_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One more thing to be typed; a form has EXPLORE_FIELDS at most. */
struct explore_field *explore_dialog_field(struct explore *app, const char *label,
                                           enum opcua_type type, const char *text);
void explore_method_ask(struct explore *app);
void explore_method_call(struct explore *app);
/* The alarm under the cursor of the pane: there is one. */
void explore_condition_ask(struct explore *app);
void explore_condition_call(struct explore *app);

/* ---- pane.c ------------------------------------------------------------------------------ */

extern const char *const explore_tab_names[EXPLORE_TABS];
void explore_pane_lines(const struct explore *app, size_t columns, size_t rows,
                        struct explore_lines *lines);
/* How many things the cursor of the pane can be on; 0 = the pane scrolls. */
size_t explore_pane_items(const struct explore *app);
/* Where one is, for the keys. */
unsigned explore_place(const struct explore *app);

/* ---- view.c, input.c --------------------------------------------------------------------- */

bool explore_view_begin(void);
void explore_view_end(void);
/* Gives the terminal away for a while, and takes it again. */
void explore_view_leave(void);
void explore_view_return(void);
void explore_view_resize(struct explore *app);
void explore_view_draw(struct explore *app);
/* Takes all keys that wait. */
void explore_input_take(struct explore *app);
/* Which tab stands at that column of the line of tabs; EXPLORE_TABS = none. */
enum explore_tab explore_view_tab_at(const struct explore *app, int column);
/* Columns of the tree. */
int explore_view_tree_columns(const struct explore *app);

#endif
