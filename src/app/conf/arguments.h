/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_ARGUMENTS_H
#define OSM_APP_CONF_ARGUMENTS_H
/*
 * The command line, and with it all that makes up the options: the files it names, the environment,
 * the token (contract: daemon.md §1).
 *
 * Two steps. First the arguments are only collected, left to right, the last occurrence winning;
 * then each collected text is turned into its value. That is why `--log-level bogus --version`
 * prints the version, and why only the last of several values must be right.
 */
#include "app/conf/options.h"

/* Value of an environment variable or NULL; getenv() itself fits. */
typedef char *osm_getenv_fn(const char *name);

enum osm_options_result {
    OSM_OPTIONS_RUN = 0,
    OSM_OPTIONS_ANSWERED = 1, /* --help or --version: `out` holds the answer */
};

/*
 * Reads everything. Warnings and error lines for stderr are appended to err, answers for stdout
 * to out. Returns enum osm_options_result, or -EINVAL after a mistake (then err says which).
 * Whatever the result, osm_options_deinit() is to be called.
 */
OSM_MUST_CHECK int osm_arguments_parse(struct osm_options *options, int argc, char *const *argv,
                                       osm_getenv_fn *environment, struct osm_buf *out,
                                       struct osm_buf *err);

/*
 * Reads arguments and files again, for a daemon that runs: no token, because its traces have been
 * wiped, and no --help. Findings are appended, a line each; -EINVAL when one is an error. Blocks,
 * touches nothing but its arguments. Secrets of the command line, which have been wiped, are those
 * of `now`. To be ended by osm_options_deinit() in either case.
 */
OSM_MUST_CHECK int osm_arguments_load(struct osm_options *options, int argc, char *const *argv,
                                      const struct osm_options *now, struct osm_buf *findings);

/* Overwrites the values of secret options in argv, so that `ps` shows them no longer. */
void osm_arguments_hide_secrets(int argc, char **argv);

#endif
