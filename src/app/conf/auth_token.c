/* SPDX-License-Identifier: MIT */
/* Where the token comes from; see auth_token.h. */
#include "app/conf/auth_token.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/read_file.h"

/* A request frame holds 64 KiB, so no caller could send a longer one. */
#define OSM_TOKEN_FILE_MAX ((size_t)65536)

static int file_fault(struct osm_buf *err, const char *problem, const char *path)
{
    char shown[1024];

    osm_log_escape(shown, sizeof(shown), path, strlen(path));
    osm_buf_printf(err, "%s: %s\n", problem, shown);
    return -EINVAL;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\0' ||
           byte == '\v';
}

/* NULL when there is a NUL inside, which would cut the token short without a word. */
static char *trimmed(const char *text, size_t length)
{
    while (length && is_space(text[length - 1]))
        length--;
    while (length && is_space(*text)) {
        text++;
        length--;
    }
    return memchr(text, '\0', length) ? NULL : osm_strndup(text, length);
}

static int use_file(struct osm_options *options, struct osm_buf *err)
{
    const char *path = options->auth_token_file;
    _cleanup_(osm_buf_deinit_secret) struct osm_buf data = {0};
    bool exposed = false;
    int r = osm_file_read(path, OSM_TOKEN_FILE_MAX, &data, &exposed);

    if (r == -EFBIG)
        return file_fault(err, "Auth token file is larger than 65536 bytes", path);
    if (r < 0)
        return file_fault(err, "Auth token file not found or not readable", path);
    options->token = trimmed(data.data, data.length);
    if (!options->token)
        return file_fault(err, "Auth token file contains a NUL byte", path);
    if (!*options->token)
        return file_fault(err, "Auth token file is empty", path);
    if (exposed)
        (void)file_fault(
            err, "WARNING: Auth token file is accessible by group or others, use chmod 600", path);
    return 0;
}

int osm_auth_token_resolve(struct osm_options *options, const char *environment,
                           struct osm_buf *err)
{
    bool given = options->auth_token != NULL;

    if (given && !*options->auth_token) {
        osm_buf_add_text(err, "Auth token is empty: --auth-token (leave the option out to run "
                              "without a token)\n");
        return -EINVAL;
    }
    options->token_fixed = (environment && *environment) || (given && !options->token_from_file);
    if (environment && *environment) {
        options->token = osm_strdup(environment);
    } else if (options->auth_token_file) {
        int r = use_file(options, err);

        if (r < 0)
            return r;
    } else if (given) {
        options->token = osm_steal(options->auth_token);
    }
    if (given && !options->token_from_file)
        osm_buf_add_text(err,
                         "WARNING: --auth-token is visible in the process list (ps/top).\n"
                         "         Use OPCUA_AUTH_TOKEN env var or --auth-token-file instead.\n");
    return 0;
}
