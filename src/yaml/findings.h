/* SPDX-License-Identifier: MIT */
#ifndef OSM_YAML_FINDINGS_H
#define OSM_YAML_FINDINGS_H
/*
 * What is wrong with a configuration file: a line of text per finding, `<file>:<line>: …`, so
 * that one look at a file names all its mistakes. Findings are only collected here; whether they
 * are printed or logged is the caller's business. Texts from files are escaped.
 */
#include <stdbool.h>

#include "util/buf.h"

/* Findings beyond are only counted. */
#define OSM_FAULTS_SHOWN 1000

struct osm_faults {
    struct osm_buf text; /* whole lines */
    unsigned errors, warnings;
};

void osm_findings_deinit(struct osm_faults *faults);

/* Adds a line. `line` 0 = the file as a whole. Returns false, so that readers can end with it. */
bool osm_findings_error(struct osm_faults *faults, const char *file, unsigned line,
                        const char *format, ...) OSM_PRINTF(4, 5);
void osm_findings_warning(struct osm_faults *faults, const char *file, unsigned line,
                          const char *format, ...) OSM_PRINTF(4, 5);

#endif
