/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_LOOKOUT_H
#define OSM_APP_DAEMON_LOOKOUT_H
/*
 * Looks, every OSM_LOOKOUT_MS, for what will fail unless somebody does something, and raises or
 * settles the notices of it (core/manager/notices.h).
 *
 *   sessions     certificates, clocks, limits, revised intervals: what is known of their links,
 *                OSM_LOOKOUT_SESSIONS in a turn of the loop
 *
 *   connections  of the configuration file that fail again and again, and the certificates they
 *                name, whose end may be why: read in the pool
 *
 *   spool        from what sinks tell of themselves
 *
 *   disks        and files with secrets: looked at in the pool, one look at a time, so a file
 *                system that hangs holds up nothing but this
 */
#include "app/conf/options.h"
#include "core/manager/manager.h"

#define OSM_LOOKOUT_MS ((osm_msec)5000)
#define OSM_LOOKOUT_SESSIONS 500

struct osm_lookout;

/* Begins; everything is borrowed, the options and the loop until osm_lookout_free. */
struct osm_lookout *osm_lookout_new(const struct osm_loop *loop, struct osm_manager *manager,
                                    const struct osm_options *options);
/* Before the manager is freed. NULL is fine. */
void osm_lookout_end(struct osm_lookout *lookout);
/* When the loop has ended. NULL is fine; returns NULL. */
struct osm_lookout *osm_lookout_free(struct osm_lookout *lookout);

#endif
