/* SPDX-License-Identifier: MIT */
/* See token_file.h. */
#include "app/conf/token_file.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/read_file.h"

#define OSM_TOKEN_FILE_BYTES ((size_t)1 << 20)
#define OSM_SHOWN_PATH 1024

int osm_token_file_read(const char *path, struct osm_token_set **out, struct osm_buf *err)
{
    _cleanup_(osm_buf_deinit_secret) struct osm_buf data = {0};
    char shown[OSM_SHOWN_PATH];
    bool exposed = false;
    int r;

    *out = NULL;
    if (!path)
        return 0;
    osm_log_escape(shown, sizeof(shown), path, strlen(path));
    r = osm_file_read(path, OSM_TOKEN_FILE_BYTES, &data, &exposed);
    if (r < 0)
        osm_buf_printf(err, "Cannot read token file %s: %s\n", shown, strerror(-r));
    else
        *out = osm_token_set_parse(data.data, data.length, shown, err);
    if (*out && exposed)
        osm_buf_printf(err,
                       "WARNING: Token file is accessible by group or others, use chmod 600: %s\n",
                       shown);
    return *out ? 0 : -EINVAL;
}
