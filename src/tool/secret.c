/* SPDX-License-Identifier: MIT */
/* Secrets: the first line of a file, or asked for on the terminal, which does not show it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/fd.h"
#include "util/read_file.h"
#include "util/wipe.h"

#define MOST_SECRET ((size_t)65536)

/* Somebody else's file that his group may read is meant so: the package's token belongs to root,
 * and to callers by their group. */
static bool is_lent(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_uid != geteuid() &&
           !(status.st_mode & (S_IWGRP | S_IRWXO));
}

char *tool_secret_of_file(const char *path)
{
    struct osm_buf text = {0};
    char *line = NULL;
    bool exposed = false;
    int r = osm_file_read(path, MOST_SECRET, &text, &exposed);

    if (r < 0) {
        tool_usage("Cannot read a first line of %s: %s", path, strerror(-r));
    } else {
        if (exposed && !is_lent(path))
            tool_say(stderr,
                     "uactl: WARNING: %s holds a secret and is accessible by group or others, use "
                     "chmod 600\n",
                     path);
        osm_buf_add_byte(&text, '\0');
        line = osm_strndup(text.data, strcspn(text.data, "\r\n"));
    }
    if (text.data)
        osm_wipe(text.data, text.length);
    osm_buf_deinit(&text);
    return line;
}

/* Up to the end of the line; false when there is none, or it was broken off. */
static bool read_line(int fd, char *line, size_t size)
{
    size_t length = 0;

    while (length + 1 < size && !tool_stopped) {
        ssize_t got = read(fd, line + length, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        if (line[length] == '\n' || line[length] == '\r') {
            line[length] = '\0';
            return true;
        }
        length++;
    }
    return false;
}

char *tool_secret_asked(const char *user)
{
    _cleanup_(osm_close_fd) int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before, silent;
    char line[1024] = "", *secret = NULL;

    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        tool_usage("The password of %s is asked for on a terminal, and there is none: "
                   "--password-file FILE",
                   user);
        return NULL;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_cc[VQUIT] = _POSIX_VDISABLE; /* nobody would turn the echo on again */
    (void)tcsetattr(fd, TCSAFLUSH, &silent);
    dprintf(fd, "Password of %s: ", user);
    if (read_line(fd, line, sizeof(line)))
        secret = osm_strdup(line);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    osm_wipe(line, sizeof(line));
    if (!secret)
        tool_usage("No password for %s", user);
    return secret;
}
