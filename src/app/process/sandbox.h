/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_SANDBOX_H
#define OSM_APP_PROCESS_SANDBOX_H
/*
 * What the process gives up before it reads the first byte of anybody: so that whoever takes it
 * over has little to go on with. Each layer is applied where the kernel has it, says so in the
 * log, and is no reason not to start.
 *
 *   no new privileges   no setuid program helps
 *   system calls        those a daemon never makes are refused (seccomp.c has the table)
 *   Landlock            no program is run, no device is made; with --allowed-cert-dirs nothing is
 *                       written but below the folders the options name
 *
 * A child of --event-command inherits all of it, so what such a program may need (running others,
 * memory that is written and run, files) is left to it.
 */
#include <stdbool.h>

#include "app/conf/options.h"

/* To be called once, before threads are started and after what only an unlimited process can do.
 * Remembers what was done and what was not. */
void osm_sandbox_enter(const struct osm_options *options);
/* Logs it, at the end of a start. */
void osm_sandbox_tell(void);

/* The layers (seccomp.c, landlock.c). Both return 0, or negative errno when the kernel has no such
 * thing; they concern the calling thread and all it will start. */
struct osm_seccomp_report {
    unsigned refused; /* system calls */
};
OSM_MUST_CHECK int osm_seccomp_apply(bool children, struct osm_seccomp_report *report);

/* Loads what libc would load later, when no code can be mapped any more (code.c). */
void osm_sandbox_load_code(void);

struct osm_landlock_report {
    int version; /* of the kernel's interface */
};
/* Folders below which may be written, NULL-terminated; NULL = anywhere. Those that do not exist
 * yet stand for the next one above that does. */
OSM_MUST_CHECK int osm_landlock_apply(bool children, char *const *writable,
                                      struct osm_landlock_report *report);

#endif
