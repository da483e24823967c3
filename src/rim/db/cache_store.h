/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_DB_CACHE_STORE_H
#define OSM_RIM_DB_CACHE_STORE_H
/*
 * The store behind `--cache-driver=file` (docs/contract/daemon.md §8): one table in
 * <directory>/answers-1.cache. Entries are found by subject and rest in one index, so forgetting a
 * node reads that node's entries only. Each has a checksum: what a disk has damaged is a miss.
 *
 * The file is made with the first entry and deleted with all of them. When it cannot be read it
 * is replaced by a new one. Beyond OSM_CACHE_STORE_BYTES of keys and values the entries that were
 * stored first go. Two daemons may share the file.
 */
#include "port/store_ops.h"

/* The number changes whenever the table, or what keys and values look like, changes: files of
 * other versions are deleted. */
#define OSM_CACHE_STORE_FILE "answers-1.cache"
#define OSM_CACHE_STORE_BYTES ((uint64_t)256 * 1024 * 1024)
/* Nothing larger is kept. */
#define OSM_CACHE_STORE_VALUE_MAX ((size_t)64 * 1024 * 1024)

const struct osm_store_ops *osm_cache_store_ops(void);
/* For tests: another bound. */
void osm_cache_store_limit(struct osm_store *store, uint64_t bytes);

#endif
