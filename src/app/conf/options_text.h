/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_OPTIONS_TEXT_H
#define OSM_APP_CONF_OPTIONS_TEXT_H
/* The table of options as text: for --help, as manual page and as page of the documentation. */
#include "util/buf.h"

void osm_options_write_help(struct osm_buf *out);
/* troff source of opcua-session-manager(8). */
void osm_options_write_man(struct osm_buf *out);
/* troff source of opcua-session-manager.conf(5). */
void osm_options_write_conf_man(struct osm_buf *out);
/* Markdown of docs/options.md. */
void osm_options_write_markdown(struct osm_buf *out);

#endif
