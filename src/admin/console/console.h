/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_CONSOLE_CONSOLE_H
#define OSM_ADMIN_CONSOLE_CONSOLE_H
/*
 * The operator's console (extensions.md §12): lines such as `SHOW SESSIONS state=failed` or
 * `KILL 17` in the command `console` of the socket, for tokens with the role admin. Each is a row
 * of osm_console_commands, from which dispatch, HELP, completion, docs/console.md and the tests
 * come.
 *
 * What the console knows of sessions it takes from the core. What belongs to the floors above or
 * beside it (callers' connections, options, the end of the process) it asks of a table of functions
 * the daemon gives it. Nothing here blocks, and no answer looks at more than OSM_CONSOLE_SCAN rows:
 * it says where to go on.
 *
 * An operator whose token is for certain servers sees and touches these only; commands that concern
 * the whole daemon are refused to him.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/manager/manager.h"
#include "serve/request/request.h"

#define OSM_CONSOLE_LINE 4096  /* bytes of a line */
#define OSM_CONSOLE_WORDS 32   /* of a line */
#define OSM_CONSOLE_SCAN 2000  /* rows one answer looks at */
#define OSM_CONSOLE_PAUSES 100 /* servers paused at the same time */
#define OSM_CONSOLE_DRAIN 60   /* seconds DRAIN waits unless it is told otherwise */

/* A caller's connection. Texts are valid during the visit. */
struct osm_console_client {
    uint64_t id;
    const char *peer; /* process, user and group */
    const char *state;
    bool persistent;
    const struct osm_grant *grant; /* NULL = none, or not known yet */
    unsigned in_flight;            /* requests */
    size_t held, unsent;           /* bytes: of these; of replies */
};

/* An option of the daemon. */
struct osm_console_option {
    const char *name;
    const char *value; /* NULL = unset; of a secret "***" */
    const char *fallback;
    bool reloadable;
};

/* Somebody who waits for a reload. Embedded; told once. */
struct osm_console_wait {
    /* good: it has been carried out. text: what was done, or each mistake on a line of its own. */
    void (*done)(struct osm_console_wait *wait, bool good, const char *text);
    struct osm_console_wait *prev, *next;
};

/* What the daemon does for the console. */
struct osm_console_ops {
    /* Who has sent the request, for the log. */
    void (*peer)(void *context, const struct osm_request *request, struct osm_buf *out);
    void (*each_client)(void *context,
                        void (*visit)(void *arg, const struct osm_console_client *client),
                        void *arg);
    /* False = there is no such one. */
    bool (*kill_client)(void *context, uint64_t id);
    void (*each_option)(void *context,
                        void (*visit)(void *arg, const struct osm_console_option *option),
                        void *arg);
    /* Both tell later, from the loop. */
    void (*reload)(void *context, struct osm_console_wait *wait);
    void (*set)(void *context, const char *name, const char *value, struct osm_console_wait *wait);
    /* No new sessions; when nothing runs any more, or after so many seconds, the daemon ends. */
    void (*drain)(void *context, unsigned seconds);
};

struct osm_console;

/* Everything is borrowed; lends itself to the manager (admin_source.h). */
struct osm_console *osm_console_new(struct osm_manager *manager, const struct osm_console_ops *ops,
                                    void *context);
/* Before the manager's end. NULL is fine; returns NULL. */
struct osm_console *osm_console_free(struct osm_console *console);

/* Answers the request: osm_admin_source.run. */
void osm_console_run(void *context, struct osm_request *request);

/* docs/console.md. */
void osm_console_write_markdown(struct osm_buf *out);

#endif
