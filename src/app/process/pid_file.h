/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_PID_FILE_H
#define OSM_APP_PROCESS_PID_FILE_H
/*
 * One daemon per endpoint (contract: daemon.md §4, S7). The PID file is created exclusively and
 * locked as long as the daemon lives; the lock, not the number inside, is the truth, but the
 * number still counts against daemons that do not lock. No symbolic link is followed, no other
 * file is made.
 *
 * Invariant: while a struct osm_pid_file exists, its path named our locked file when it was
 * made; at the end the path is removed only if it still does.
 */
#include "rim/io/address.h"
#include "util/macros.h"

struct osm_pid_file;

/* `<socket path>.pid`, or a name in $TMPDIR (given, may be NULL) or /tmp made of the endpoint. */
char *osm_pid_file_path(const struct osm_address *endpoint, const char *temporary);

/*
 * Takes the path over. Returns 0; -EBUSY when another daemon lives (or something that is no PID
 * file lies there), with a message for the user in *error, to be freed; else negative errno of
 * what failed, also with a message.
 */
OSM_MUST_CHECK int osm_pid_file_new(const char *path, struct osm_pid_file **out, char **error);

/* Removes the file if it is still ours; NULL is fine. Returns NULL. */
struct osm_pid_file *osm_pid_file_free(struct osm_pid_file *file);
OSM_DEFINE_CLEANUP(struct osm_pid_file, osm_pid_file_free)

/* The removal alone; may be called from a signal handler. */
void osm_pid_file_unlink(const struct osm_pid_file *file);

#endif
