/* SPDX-License-Identifier: MIT */
/* Where the token comes from; see auth_token.h. */
#include "main/auth_token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "util/alloc.h"

/* A request frame holds 64 KiB, so no caller could send a longer one. */
#define OSM_TOKEN_FILE_MAX ((size_t)65536)

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

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

/* Whether somebody but the owner gets at the file. With an access list the group's bits are its
 * mask and say nothing; service managers hand out credentials that way. */
static bool is_exposed(int fd, const struct stat *status)
{
    bool listed = fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;

    return status->st_mode & (listed ? 0007 : 0077);
}

/* Up to size bytes; the number read or negative errno. */
static ssize_t read_all(int fd, char *data, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t got = read(fd, data + length, size - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* Reads the file into data; the length, or negative errno. */
static ssize_t read_file(const char *path, char *data, size_t size, bool *exposed)
{
    struct stat status;
    /* O_NONBLOCK: a FIFO must not hold up the start. */
    _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    *exposed = is_exposed(fd, &status);
    return read_all(fd, data, size);
}

static int use_file(struct osm_options *options, struct osm_buf *err)
{
    const char *path = options->auth_token_file;
    char data[OSM_TOKEN_FILE_MAX + 1] = {0};
    bool exposed = false;
    ssize_t length = read_file(path, data, sizeof(data), &exposed);

    if (length < 0)
        return file_fault(err, "Auth token file not found or not readable", path);
    if (length > (ssize_t)OSM_TOKEN_FILE_MAX) {
        osm_wipe(data, sizeof(data));
        return file_fault(err, "Auth token file is larger than 65536 bytes", path);
    }
    options->token = trimmed(data, (size_t)length);
    osm_wipe(data, sizeof(data));
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
    bool on_command_line = options->auth_token != NULL;

    if (on_command_line && !*options->auth_token) {
        osm_buf_add_text(err, "Auth token is empty: --auth-token (leave the option out to run "
                              "without a token)\n");
        return -EINVAL;
    }
    if (environment && *environment) {
        options->token = osm_strdup(environment);
    } else if (options->auth_token_file) {
        int r = use_file(options, err);

        if (r < 0)
            return r;
    } else if (on_command_line) {
        options->token = osm_steal(options->auth_token);
    }
    if (on_command_line)
        osm_buf_add_text(err,
                         "WARNING: --auth-token is visible in the process list (ps/top).\n"
                         "         Use OPCUA_AUTH_TOKEN env var or --auth-token-file instead.\n");
    return 0;
}
