/* SPDX-License-Identifier: MIT */
/* The text in both forms, what a label may hold, and where the text may be cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "admin/metrics/metrics_internal.h"
#include "util/alloc.h"

static void expect(struct osm_buf *out, const char *text)
{
    assert_string_equal(osm_buf_text(out), text);
    osm_buf_truncate(out, 0);
}

static void test_heads(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    (void)state;
    osm_metrics_head(&out, OSM_METRICS_PROMETHEUS, "a_b", OSM_METRIC_COUNTER, "what it is");
    expect(&out, "# HELP a_b_total what it is\n# TYPE a_b_total counter\n");
    osm_metrics_head(&out, OSM_METRICS_OPENMETRICS, "a_b", OSM_METRIC_COUNTER, "what it is");
    expect(&out, "# HELP a_b what it is\n# TYPE a_b counter\n");
    osm_metrics_head(&out, OSM_METRICS_OPENMETRICS, "a", OSM_METRIC_GAUGE, "x");
    expect(&out, "# HELP a x\n# TYPE a gauge\n");
    osm_metrics_end(&out, OSM_METRICS_PROMETHEUS);
    expect(&out, "");
    osm_metrics_end(&out, OSM_METRICS_OPENMETRICS);
    expect(&out, "# EOF\n");
}

static void test_samples(void **state)
{
    static const struct osm_metric_label labels[] = {
        {"server", "a\"b\\c\nd\xff \xc3\xa4"}, {"sink", ""}, {NULL, NULL}};
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    (void)state;
    osm_metrics_sample(&out, "a", OSM_METRIC_COUNTER, NULL, 9007199254740991.0);
    expect(&out, "a_total 9007199254740991\n");
    osm_metrics_sample(&out, "a", OSM_METRIC_GAUGE, labels, -0.25);
    expect(&out, "a{server=\"a\\\"b\\\\c\\nd? \xc3\xa4\",sink=\"\"} -0.25\n");
    osm_metrics_sample(&out, "a", OSM_METRIC_GAUGE, NULL, 1e300);
    expect(&out, "a 1e+300\n");
    osm_metrics_sample(&out, "a", OSM_METRIC_GAUGE, NULL, NAN);
    osm_metrics_sample(&out, "a", OSM_METRIC_GAUGE, NULL, INFINITY);
    expect(&out, "");
}

static void test_histograms(void **state)
{
    static const struct osm_metric_label labels[] = {{"command", "ping"}, {NULL, NULL}};
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    struct osm_histogram histogram = {0};
    const char *text;

    (void)state;
    osm_histogram_add(&histogram, 0);
    osm_histogram_add(&histogram, 100);
    osm_histogram_add(&histogram, 101);
    osm_histogram_add(&histogram, 40000000);
    osm_metrics_histogram(&out, "t", labels, &histogram);
    text = osm_buf_text(&out);
    assert_non_null(strstr(text, "t_bucket{command=\"ping\",le=\"0.0001\"} 2\n"));
    assert_non_null(strstr(text, "t_bucket{command=\"ping\",le=\"0.00025\"} 3\n"));
    assert_non_null(strstr(text, "t_bucket{command=\"ping\",le=\"1.0\"} 3\n"));
    assert_non_null(strstr(text, "t_bucket{command=\"ping\",le=\"30.0\"} 3\n"));
    assert_non_null(strstr(text, "t_bucket{command=\"ping\",le=\"+Inf\"} 4\n"));
    assert_non_null(strstr(text, "t_sum{command=\"ping\"} 40.000201\n"));
    assert_non_null(strstr(text, "t_count{command=\"ping\"} 4\n"));
}

static size_t write_all(struct osm_buf *out, const struct osm_metrics_view *view, size_t room)
{
    struct osm_metrics_place place = {0};
    size_t pieces = 1;

    for (; osm_metrics_write(out, view, OSM_METRICS_OPENMETRICS, &place, room); pieces++)
        ;
    return pieces;
}

/* Wherever it is cut: no head twice, no sample lost. */
static void test_pieces(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf whole = {0}, out = {0};
    struct osm_metrics_server servers[3] = {{.label = "a"}, {.label = "b"}, {.label = "c"}};
    struct osm_metrics_view *view = osm_alloc(sizeof(*view));

    (void)state;
    view->version = "1";
    view->servers = servers;
    view->n_servers = OSM_ARRAY_SIZE(servers);
    assert_int_equal(write_all(&whole, view, SIZE_MAX / 2), 1);
    for (size_t room = 1; room < 300; room++) {
        out.length = 0;
        assert_true(write_all(&out, view, room) > 10);
        assert_int_equal(out.length, whole.length);
        assert_memory_equal(out.data, whole.data, whole.length);
    }
    free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_histograms),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
