/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_METRICS_METRICS_TEXT_H
#define OSM_ADMIN_METRICS_METRICS_TEXT_H
/*
 * Numbers as Prometheus reads them, in both of its forms: the text format 0.0.4 and OpenMetrics
 * 1.0. Pure; into a buffer.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/histogram.h"

enum osm_metrics_form { OSM_METRICS_PROMETHEUS, OSM_METRICS_OPENMETRICS, OSM_METRICS_FORM_COUNT_ };

/* What `Accept` calls them (http_text.h), and what answers say they are. */
extern const char *const osm_metrics_media_types[OSM_METRICS_FORM_COUNT_];
extern const char *const osm_metrics_content_types[OSM_METRICS_FORM_COUNT_];

enum osm_metric_kind { OSM_METRIC_COUNTER, OSM_METRIC_GAUGE, OSM_METRIC_HISTOGRAM };

struct osm_metric_label {
    const char *name;  /* NULL ends a list */
    const char *value; /* any text */
};

/* What stands before a metric's samples. Counters' names come without `_total`. */
void osm_metrics_head(struct osm_buf *out, enum osm_metrics_form form, const char *name,
                      enum osm_metric_kind kind, const char *help);
/* One sample of a counter or gauge; nothing for what is not a number. labels NULL = none. */
void osm_metrics_sample(struct osm_buf *out, const char *name, enum osm_metric_kind kind,
                        const struct osm_metric_label *labels, double value);
void osm_metrics_histogram(struct osm_buf *out, const char *name,
                           const struct osm_metric_label *labels,
                           const struct osm_histogram *histogram);
void osm_metrics_end(struct osm_buf *out, enum osm_metrics_form form);

/* The kind as types are written: "counter". */
const char *osm_metric_kind_name(enum osm_metric_kind kind);

#endif
