/* SPDX-License-Identifier: MIT */
#ifndef OSM_FUZZ_FUZZ_H
#define OSM_FUZZ_FUZZ_H
/*
 * The one function a fuzz target defines. libFuzzer calls it with inputs of its own making;
 * replay.c with the files of the corpus, as a plain regression test under any compiler. What
 * must hold of every input is checked with osm_assert.
 */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
