/* SPDX-License-Identifier: MIT */
#ifndef OSM_BENCH_HISTOGRAM_H
#define OSM_BENCH_HISTOGRAM_H
/*
 * Times in nanoseconds, counted in buckets no wider than 1/128 of what they hold, and the
 * measurement they belong to: what happens during its warm-up is not counted.
 */
#include <stdbool.h>
#include <stdint.h>

#define BENCH_BUCKET_BITS 7
#define BENCH_BUCKETS ((64 - BENCH_BUCKET_BITS + 1) << BENCH_BUCKET_BITS)

struct bench_histogram {
    uint64_t total;
    uint64_t buckets[BENCH_BUCKETS];
};

void bench_histogram_add(struct bench_histogram *histogram, uint64_t nanoseconds);
/* The time below which `share` (0 to 1) of all lie, in microseconds; 0 when there are none. */
double bench_histogram_at(const struct bench_histogram *histogram, double share);

struct bench_run {
    uint64_t starts, ends; /* what completes between these times counts */
    uint64_t last;         /* … the last of it */
    double cpu_before;     /* seconds this process had used at `starts` */
    struct bench_histogram times;
};

uint64_t bench_now(void);
/* CPU seconds this process has used. */
double bench_cpu(void);
/* Begins with a warm-up of a tenth of the time, at most 0.2 s. */
void bench_run_start(struct bench_run *run, double seconds);
/* Something that began at `began` is complete; false when the time is over. */
bool bench_run_count(struct bench_run *run, uint64_t began);
/* `key=value` lines: count, rate per second, percentiles in µs, share of a core used here. */
void bench_run_print(const struct bench_run *run);

#endif
