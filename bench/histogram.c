/* SPDX-License-Identifier: MIT */
/* Times and their percentiles; see histogram.h. */
#include "histogram.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#define SUB_BUCKETS ((uint64_t)1 << BENCH_BUCKET_BITS)

/* Values below SUB_BUCKETS one by one, above by their highest bits. */
static unsigned bucket_of(uint64_t value)
{
    int shift;

    if (value < SUB_BUCKETS)
        return (unsigned)value;
    shift = 63 - __builtin_clzll(value) - BENCH_BUCKET_BITS;
    return (unsigned)(((uint64_t)shift << BENCH_BUCKET_BITS) + (value >> shift));
}

/* The middle of a bucket. */
static double value_of(unsigned bucket)
{
    unsigned shift = bucket >> BENCH_BUCKET_BITS;
    uint64_t low;

    if (shift == 0)
        return bucket;
    shift--;
    low = (uint64_t)(bucket - (shift << BENCH_BUCKET_BITS)) << shift;
    return (double)low + (double)((uint64_t)1 << shift) / 2;
}

void bench_histogram_add(struct bench_histogram *histogram, uint64_t nanoseconds)
{
    histogram->total++;
    histogram->buckets[bucket_of(nanoseconds)]++;
}

double bench_histogram_at(const struct bench_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->total;
    uint64_t seen = 0;

    for (unsigned i = 0; i < BENCH_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen && (double)seen >= wanted)
            return value_of(i) / 1000;
    }
    return 0;
}

uint64_t bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

double bench_cpu(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

void bench_run_start(struct bench_run *run, double seconds)
{
    double warm_up = seconds / 10 < 0.2 ? seconds / 10 : 0.2;

    *run = (struct bench_run){.starts = bench_now() + (uint64_t)(warm_up * 1e9)};
    run->ends = run->starts + (uint64_t)(seconds * 1e9);
    run->last = run->starts;
    run->cpu_before = bench_cpu();
}

bool bench_run_count(struct bench_run *run, uint64_t began)
{
    uint64_t now = bench_now();

    if (now < run->starts) {
        run->cpu_before = -1;
        return true;
    }
    if (run->cpu_before < 0)
        run->cpu_before = bench_cpu();
    if (now >= run->ends && run->times.total > 0)
        return false;
    run->last = now; /* what takes longer than the whole time is counted once */
    bench_histogram_add(&run->times, now - began);
    return now < run->ends;
}

void bench_run_print(const struct bench_run *run)
{
    const struct bench_histogram *times = &run->times;
    double seconds = (double)(run->last - run->starts) / 1e9;

    printf("count=%llu\n", (unsigned long long)times->total);
    printf("rate=%.1f\n", seconds > 0 ? (double)times->total / seconds : 0.0);
    printf("p50_us=%.2f\np90_us=%.2f\np99_us=%.2f\n", bench_histogram_at(times, 0.5),
           bench_histogram_at(times, 0.9), bench_histogram_at(times, 0.99));
    printf("cpu=%.3f\n", seconds > 0 ? (bench_cpu() - run->cpu_before) / seconds : 0.0);
}
