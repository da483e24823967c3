/* SPDX-License-Identifier: MIT */
/* See metrics_text.h. */
#include "admin/metrics/metrics_text.h"

#include <math.h>

#include "util/utf8.h"

const char *const osm_metrics_media_types[OSM_METRICS_FORM_COUNT_] = {
    "text/plain", "application/openmetrics-text"};
const char *const osm_metrics_content_types[OSM_METRICS_FORM_COUNT_] = {
    "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8"};

const char *osm_metric_kind_name(enum osm_metric_kind kind)
{
    static const char *const names[] = {"counter", "gauge", "histogram"};

    return names[kind];
}

static const char *suffix_of(enum osm_metric_kind kind)
{
    return kind == OSM_METRIC_COUNTER ? "_total" : "";
}

void osm_metrics_head(struct osm_buf *out, enum osm_metrics_form form, const char *name,
                      enum osm_metric_kind kind, const char *help)
{
    const char *suffix = form == OSM_METRICS_PROMETHEUS ? suffix_of(kind) : "";

    osm_buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
                   osm_metric_kind_name(kind));
}

/* --- labels -------------------------------------------------------------------------------- */

static void add_value(struct osm_buf *out, const char *value)
{
    size_t left = strlen(value), length;

    for (; left; value += length, left -= length) {
        length = osm_utf8_sequence(value, left);
        if (length == 0) {
            osm_buf_add_byte(out, '?');
            length = 1;
        } else if (*value == '\n') {
            osm_buf_add_text(out, "\\n");
        } else {
            if (*value == '"' || *value == '\\')
                osm_buf_add_byte(out, '\\');
            osm_buf_add(out, value, length);
        }
    }
}

/* With one more label behind the others; NULL = without. */
static void add_labels(struct osm_buf *out, const struct osm_metric_label *labels, const char *more,
                       const char *more_value)
{
    char before = '{';

    for (; labels && labels->name; labels++, before = ',') {
        osm_buf_printf(out, "%c%s=\"", before, labels->name);
        add_value(out, labels->value);
        osm_buf_add_byte(out, '"');
    }
    if (more) {
        osm_buf_printf(out, "%c%s=\"%s\"", before, more, more_value);
        before = ',';
    }
    if (before == ',')
        osm_buf_add_byte(out, '}');
}

/* --- samples ------------------------------------------------------------------------------- */

/* Whole numbers as such, up to where a double knows them. */
static void add_number(struct osm_buf *out, double value)
{
    if (fabs(value) < 9007199254740992.0 && floor(value) == value)
        osm_buf_printf(out, " %.0f\n", value);
    else
        osm_buf_printf(out, " %.15g\n", value);
}

void osm_metrics_sample(struct osm_buf *out, const char *name, enum osm_metric_kind kind,
                        const struct osm_metric_label *labels, double value)
{
    if (!isfinite(value))
        return;
    osm_buf_printf(out, "%s%s", name, suffix_of(kind));
    add_labels(out, labels, NULL, NULL);
    add_number(out, value);
}

void osm_metrics_histogram(struct osm_buf *out, const char *name,
                           const struct osm_metric_label *labels,
                           const struct osm_histogram *histogram)
{
    uint64_t count = 0;
    char bound[32];

    for (size_t i = 0; i <= OSM_HISTOGRAM_BOUNDS; i++) {
        count += histogram->counts[i];
        if (i == OSM_HISTOGRAM_BOUNDS)
            (void)snprintf(bound, sizeof(bound), "+Inf");
        else if (osm_histogram_bounds[i] % 1000000 == 0)
            (void)snprintf(bound, sizeof(bound), "%u.0", osm_histogram_bounds[i] / 1000000);
        else
            (void)snprintf(bound, sizeof(bound), "%g", osm_histogram_bounds[i] / 1e6);
        osm_buf_printf(out, "%s_bucket", name);
        add_labels(out, labels, "le", bound);
        add_number(out, (double)count);
    }
    osm_buf_printf(out, "%s_sum", name);
    add_labels(out, labels, NULL, NULL);
    add_number(out, (double)histogram->sum / 1e6);
    osm_buf_printf(out, "%s_count", name);
    add_labels(out, labels, NULL, NULL);
    add_number(out, (double)count);
}

void osm_metrics_end(struct osm_buf *out, enum osm_metrics_form form)
{
    if (form == OSM_METRICS_OPENMETRICS)
        osm_buf_add_text(out, "# EOF\n");
}
