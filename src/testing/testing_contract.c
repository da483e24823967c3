/* SPDX-License-Identifier: MIT */
/* Sections, tables and words of the contract; see testing_contract.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_contract.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_document(const char *file)
{
    char path[512];
    char *text = calloc(1, 1 << 18);
    FILE *in;
    size_t got;

    (void)snprintf(path, sizeof(path), OSM_CONTRACT_DIR "/%s", file);
    in = fopen(path, "rb");
    if (!in)
        fail_msg("no %s", path);
    got = fread(text, 1, (1 << 18) - 1, in);
    assert_int_equal(fclose(in), 0);
    assert_true(got > 0 && got < (1 << 18) - 1);
    return text;
}

static const char *line_end(const char *at)
{
    const char *end = strchr(at, '\n');

    return end ? end + 1 : at + strlen(at);
}

char *test_contract_section(const char *file, const char *heading)
{
    char *text = read_document(file), *found;
    size_t depth = strspn(heading, "#");
    const char *at, *end;

    for (at = text; *at && strncmp(at, heading, strlen(heading)) != 0;)
        at = line_end(at);
    if (!*at)
        fail_msg("%s has no section %s", file, heading);
    at = line_end(at);
    for (end = at; *end; end = line_end(end))
        if (*end == '#' && strspn(end, "#") <= depth)
            break;
    found = calloc(1, (size_t)(end - at) + 1);
    memcpy(found, at, (size_t)(end - at));
    free(text);
    return found;
}

char *test_contract_line(const char *text, const char *beginning)
{
    const char *at = strstr(text, beginning);
    char *line;
    size_t length;

    if (!at) {
        fail_msg("the contract does not say: %s", beginning);
        return NULL;
    }
    at += strlen(beginning);
    length = strcspn(at, "\n");
    line = calloc(1, length + 1);
    memcpy(line, at, length);
    return line;
}

static void copy(char *out, size_t size, const char *from, size_t length)
{
    assert_true(length < size);
    memcpy(out, from, length);
    out[length] = '\0';
}

bool test_contract_code(const char **at, char *out, size_t size)
{
    const char *begin = strchr(*at, '`'), *end = begin ? strchr(begin + 1, '`') : NULL;

    if (!end)
        return false;
    copy(out, size, begin + 1, (size_t)(end - begin) - 1);
    *at = end + 1;
    return true;
}

bool test_contract_word(const char **at, char *out, size_t size)
{
    const char *begin = *at + strspn(*at, " ");
    size_t length = strcspn(begin, " ");

    if (!length)
        return false;
    copy(out, size, begin, length);
    *at = begin + length;
    return true;
}

/* --- tables -------------------------------------------------------------------------------- */

static bool is_rule(const char *line)
{
    return line[0] == '|' && line[strspn(line, "|-")] == '\n';
}

/* Without backticks and escapes; cells end in '\0'. */
static void split(struct test_contract_row *row, const char *line, size_t length)
{
    char *out = row->text;

    assert_true(length < sizeof(row->text));
    row->count = 0;
    for (size_t i = 1; i < length; i++) { /* behind the first bar */
        const char *begin = out;

        while (i < length && isspace((unsigned char)line[i]))
            i++;
        for (; i < length && line[i] != '|'; i++) {
            if (line[i] == '\\' && i + 1 < length && line[i + 1] == '|')
                i++;
            if (line[i] != '`')
                *out++ = line[i];
        }
        while (out > begin && isspace((unsigned char)out[-1]))
            out--;
        *out++ = '\0';
        assert_true(row->count < TEST_CONTRACT_CELLS);
        row->cells[row->count++] = begin;
    }
}

bool test_contract_row(const char **at, struct test_contract_row *row)
{
    const char *line = *at;

    while (*line && (*line != '|' || is_rule(line) || is_rule(line_end(line))))
        line = line_end(line);
    if (!*line)
        return false;
    split(row, line, strcspn(line, "\n") - 1); /* the last bar */
    *at = line_end(line);
    return true;
}
