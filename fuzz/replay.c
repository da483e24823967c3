/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files and folders of files: `<target> fuzz/corpus/<name> crash-…`. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "util/alloc.h"
#include "util/buf.h"

static size_t inputs;

static void replay_file(const char *path)
{
    _cleanup_(osm_buf_deinit) struct osm_buf content = {0};
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file) {
        perror(path);
        exit(1);
    }
    do {
        got = fread(osm_buf_reserve(&content, 65536), 1, 65536, file);
        osm_buf_commit(&content, got);
    } while (got);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput((const uint8_t *)content.data, content.length);
    inputs++;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
    struct dirent **entries;
    struct stat status;
    int count;

    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        replay_file(path);
        return;
    }
    count = scandir(path, &entries, is_visible, alphasort);
    osm_assert(count >= 0);
    for (int i = 0; i < count; i++) {
        _cleanup_(osm_freep) char *inner = osm_printf("%s/%s", path, entries[i]->d_name);

        replay_file(inner);
        free(entries[i]);
    }
    free((void *)entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%zu inputs\n", inputs);
    return inputs ? 0 : 1;
}
