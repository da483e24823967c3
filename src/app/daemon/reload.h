/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_RELOAD_H
#define OSM_APP_DAEMON_RELOAD_H
/*
 * New values while the daemon runs: SIGHUP and the console's RELOAD read arguments and files again,
 * SET gives one option another value until then. Read, looked up and opened is by a thread of the
 * pool; the loop only carries out, and only what differs (reload_parts.h).
 *
 * All or nothing: with any mistake everything stays as it was, and each mistake is named, with file
 * and line where there are such. Options that cannot change while the daemon runs are named and
 * keep their values.
 *
 * One task at a time. A reload that is asked for while one is waiting to begin is that one, so a
 * storm of signals costs two.
 */
#include "admin/console/console.h"
#include "app/conf/options.h"
#include "app/daemon/reload_parts.h"

/* SETs that wait for their turn. */
#define OSM_RELOAD_SETS 64

struct osm_reload;

/* Everything is borrowed; argv's secrets may be wiped. Not before the token has been handed on. */
struct osm_reload *osm_reload_new(struct osm_options *options, int argc, char *const *argv,
                                  const struct osm_reload_parts *parts);
/* When the loop has ended. NULL is fine; returns NULL. */
struct osm_reload *osm_reload_free(struct osm_reload *reload);

/* wait NULL = nobody waits; else it is told when what the files say now has been carried out. */
void osm_reload_start(struct osm_reload *reload, struct osm_console_wait *wait);
/* One option, by its name; told at once when that cannot be. */
void osm_reload_set(struct osm_reload *reload, const char *name, const char *value,
                    struct osm_console_wait *wait);
/* The daemon ends: nothing is carried out any more, and whoever waits is told. */
void osm_reload_end(struct osm_reload *reload);

#endif
