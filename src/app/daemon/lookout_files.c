/* SPDX-License-Identifier: MIT */
/* Disks that fill, and secrets others can read; see lookout_internal.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "app/daemon/lookout_internal.h"
#include "sink/mqtt_url.h"
#include "util/alloc.h"
#include "util/read_file.h"

#define LEAST_BYTES (UINT64_C(64) << 20)
#define LEAST_PERCENT 5

static void add(struct osm_lookout_files *files, enum osm_notice_kind kind, const char *path)
{
    if (!path || !*path)
        return;
    osm_assert(files->size < OSM_LOOKOUT_FILES);
    files->list[files->size++] = (struct osm_lookout_file){.path = osm_strdup(path), .kind = kind};
}

static void add_broker(struct osm_lookout_files *files, const char *text)
{
    const char *mistake = NULL;
    struct osm_mqtt_url url;

    if (!text)
        return;
    if (osm_mqtt_url_parse(text, &url, &mistake) == 0) {
        add(files, OSM_NOTICE_SECRETS, url.password_file);
        add(files, OSM_NOTICE_SECRETS, url.key);
    }
    osm_mqtt_url_deinit(&url);
}

void osm_lookout_files_init(struct osm_lookout_files *files, const struct osm_options *options)
{
    *files = (struct osm_lookout_files){0};
    add(files, OSM_NOTICE_DISK, options->event_spool);
    add(files, OSM_NOTICE_DISK, options->event_log);
    add(files, OSM_NOTICE_DISK, options->log_file);
    add(files, OSM_NOTICE_SECRETS, options->token_file);
    add(files, OSM_NOTICE_SECRETS, options->auth_token_file);
    add(files, OSM_NOTICE_SECRETS, options->config_secret ? options->config : NULL);
    add(files, OSM_NOTICE_SECRETS, options->auto_connect_secret ? options->auto_connect : NULL);
    add_broker(files, options->event_mqtt);
}

void osm_lookout_files_deinit(struct osm_lookout_files *files)
{
    while (files->size)
        free(files->list[--files->size].path);
}

/* What the kernel keeps for itself is not free for us (f_bavail). A file system without a size,
 * /dev or /proc, cannot fill. */
static void look_at_disk(struct osm_lookout_file *file)
{
    struct statvfs disk;
    uint64_t room, all;

    if (statvfs(file->path, &disk) < 0 || !disk.f_blocks)
        return;
    room = (uint64_t)disk.f_bavail * disk.f_frsize;
    all = (uint64_t)disk.f_blocks * disk.f_frsize;
    file->failing = room < LEAST_BYTES || room / LEAST_PERCENT < all / 100;
    (void)snprintf(file->text, sizeof(file->text),
                   "the disk has %" PRIu64 " MiB of %" PRIu64 " MiB left", room >> 20, all >> 20);
}

void osm_lookout_files_look(struct osm_lookout_files *files)
{
    for (size_t i = 0; i < files->size; i++) {
        struct osm_lookout_file *file = &files->list[i];

        if (file->kind == OSM_NOTICE_DISK) {
            look_at_disk(file);
            continue;
        }
        file->failing = osm_file_is_exposed(file->path);
        (void)snprintf(file->text, sizeof(file->text),
                       "the file holds secrets and is accessible by group or others");
    }
}

void osm_lookout_files_tell(const struct osm_lookout_files *files, struct osm_notices *notices)
{
    osm_notices_round_begin(notices, OSM_LOOKOUT_OF_FILES);
    for (size_t i = 0; i < files->size; i++)
        if (files->list[i].failing)
            osm_notices_raise(notices, files->list[i].kind, files->list[i].path, NULL,
                              files->list[i].text);
    osm_notices_round_end(notices, OSM_LOOKOUT_OF_FILES);
}
