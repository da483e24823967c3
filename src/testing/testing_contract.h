/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_CONTRACT_H
#define OSM_TESTING_TESTING_CONTRACT_H
/*
 * For tests: what docs/contract says, so that a table of the code is compared with the contract and
 * not with a copy of itself. A section that has gone fails the test that asks for it.
 */
#include <stdbool.h>
#include <stddef.h>

#define TEST_CONTRACT_CELLS 8

/* The text of a section: what follows the line that begins with `heading`, up to the next heading
 * that is not below it. The caller's. */
char *test_contract_section(const char *file, const char *heading);
/* Of such a text, what follows the first `beginning` and stands in its line. The caller's. */
char *test_contract_line(const char *text, const char *beginning);

/* Copies the next span in backticks; false when there is none left. */
bool test_contract_code(const char **at, char *out, size_t size);
/* Copies the next word of a text of words. */
bool test_contract_word(const char **at, char *out, size_t size);

/* A row of a table, cells trimmed and without backticks. */
struct test_contract_row {
    char text[4096];
    const char *cells[TEST_CONTRACT_CELLS];
    size_t count;
};

/* The next row that is no heading; false when the text has no more tables. */
bool test_contract_row(const char **at, struct test_contract_row *row);

#endif
