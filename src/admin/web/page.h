/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_WEB_PAGE_H
#define OSM_ADMIN_WEB_PAGE_H
/* The files of the page, compressed (gzip) and packed into the program by cmake/web.cmake. */
#include <stddef.h>

struct osm_page_file {
    const char *name; /* "main.js" */
    const char *type; /* of its content */
    const unsigned char *data;
    size_t size;
};

/* Ended by one without name. Empty where the build had no uPlot. */
extern const struct osm_page_file osm_page_files[];

/* NULL = there is none of that name. */
const struct osm_page_file *osm_page_find(const char *name);

#endif
