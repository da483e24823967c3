/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_OPTIONS_FILE_H
#define OSM_APP_CONF_OPTIONS_FILE_H
/*
 * The configuration file: every option by its long name with `_` for `-`, and `connections`. The
 * rows of osm_option_table are the only source of what is known; values are set by the same code
 * as those of the command line. Reading blocks: at the start, or off the loop.
 */
#include "app/conf/options.h"

/* Sets what the file says, and adds its connections to options->wanted. False when there is an
 * error; everything that was right has been set all the same. */
OSM_MUST_CHECK bool osm_options_read_file(struct osm_options *options, const char *path,
                                          struct osm_faults *faults);
/* The same for a file that is a map of connections and nothing else. */
OSM_MUST_CHECK bool osm_options_read_connections(struct osm_options *options, const char *path,
                                                 struct osm_faults *faults);

/* The same for text that is such a map; `name` stands for the file in findings. */
OSM_MUST_CHECK bool osm_options_read_connections_text(struct osm_options *options, const char *name,
                                                      const char *text, size_t length,
                                                      struct osm_faults *faults);

/* Whether an option may stand in a file. */
bool osm_option_in_files(const struct osm_option *option);

#endif
