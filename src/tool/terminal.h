/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_TERMINAL_H
#define OSM_TOOL_TERMINAL_H
/*
 * What watch and explore know of the terminal: its size, what its locale can show, texts cut to
 * columns, and waiting that a signal ends. Of a process there is one terminal; nothing here is
 * called by commands that print lines.
 */
#include "tool/tool.h"

#include <poll.h>

struct osm_buf;

struct tool_terminal {
    size_t rows, columns;
    bool utf8;
    bool colour; /* NO_COLOR is not set */
};

/* Takes the locale of the environment for characters (nothing else of it) and looks at the terminal
 * on that descriptor; 24×80 where it does not say. */
void tool_terminal_look(struct tool_terminal *terminal, int fd);

/* From here on SIGINT, SIGTERM, SIGHUP and SIGQUIT set tool_stopped, SIGWINCH is remembered, and
 * each ends tool_terminal_wait(). */
void tool_terminal_begin(void);
/* In between ^Z does not stop the process at once: tool_terminal_stopped() does, with the cursor
 * shown, and says when it goes on that what was drawn may be gone. */
void tool_terminal_hide_cursor(void);
void tool_terminal_show_cursor(void);
bool tool_terminal_stopped(void);
/* Whether the size has changed since the last call. */
bool tool_terminal_resized(void);
/* The same, and does not forget it. */
bool tool_terminal_is_resized(void);
/* Runs the client until something has happened: it was processed, a key can be read from standard
 * input (keys), a signal came, or timeout milliseconds are over (-1: without end). False: the
 * client is of no further use, which *error says. client NULL: there is none at the moment. */
bool tool_terminal_wait(struct opcua_client *client, bool keys, int timeout,
                        struct opcua_error *error);
/* Milliseconds of a clock that only goes forward. */
int64_t tool_terminal_now(void);

/* How many columns a text takes. */
size_t tool_text_columns(const char *text, bool utf8);
/* How many bytes of a text fit into that many columns, at least one character of it. */
size_t tool_text_cut(const char *text, size_t columns, bool utf8);
/* Appends as much of a text as that many columns hold, with "…" where it was cut, and spaces for
 * the rest when pad is set. Control characters and what is not UTF-8 become "?", or "·" for line
 * ends. */
void tool_text_fit(struct osm_buf *out, const char *text, size_t columns, bool pad, bool utf8);

#endif
