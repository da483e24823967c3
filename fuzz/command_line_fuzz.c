/* SPDX-License-Identifier: MIT */
/* Command lines of options: no word is longer than the line, and none is lost. */
#include <string.h>

#include "fuzz.h"
#include "sink/command_line.h"
#include "util/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = osm_strndup((const char *)data, size);
    const char *error = NULL;
    char **argv = NULL;
    size_t total = 0;

    if (osm_command_line_split(text, &argv, &error) == 0) {
        osm_assert(argv[0] && *argv[0]);
        for (size_t i = 0; argv[i]; i++)
            total += strlen(argv[i]) + (i > 0);
        osm_assert(total <= strlen(text));
    } else {
        osm_assert(error && !argv);
    }
    free(argv);
    free(text);
    return 0;
}
