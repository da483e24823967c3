/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_AUTH_TOKEN_H
#define OSM_APP_CONF_AUTH_TOKEN_H
/*
 * Which token callers must send: environment, else file, else command line, else none
 * (contract: daemon.md §1). If the environment names one, the file is not opened.
 */
#include "app/conf/options.h"

/* Fills options->token. `environment` is the variable's value or NULL. Warnings and errors are
 * appended to err; -EINVAL after an error. */
OSM_MUST_CHECK int osm_auth_token_resolve(struct osm_options *options, const char *environment,
                                          struct osm_buf *err);

#endif
