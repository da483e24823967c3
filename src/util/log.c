/* SPDX-License-Identifier: MIT */
/*
 * The log; see log.h. The descriptor is process-wide and blocking (it may be shared with the
 * parent's terminal, so its flags are not ours to change); that writing cannot stall the loop is
 * ensured by asking poll() first and by lines that fit into PIPE_BUF.
 */
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/dirs.h"
#include "util/hex.h"
#include "util/log_recent.h"
#include "util/log_record.h"
#include "util/utf8.h"

_Static_assert(OSM_LOG_LINE <= PIPE_BUF, "a pipe must take a line whole");

/* A reader that is merely busy gets this long before lines are dropped. */
#define OSM_LOG_PATIENCE_MS 50
/* "[YYYY-MM-DD HH:MM:SS] [EMERGENCY] " and some room for years beyond 9999. */
#define OSM_LOG_HEAD 64

static const struct {
    const char *name;
    const char *label;
} log_levels[] = {
#define X(id, name) [OSM_LOG_##id] = {name, #id},
    OSM_LOG_LEVELS(X)
#undef X
};

enum osm_log_level osm_log_threshold = OSM_LOG_INFO;
_Thread_local struct osm_log_target *osm_log_instead;

static struct {
    int fd;      /* STDERR_FILENO, STDOUT_FILENO or our own */
    char *path;  /* set when fd is our own */
    bool stalls; /* a pipe, socket or terminal: its reader may not keep up */
    unsigned long dropped;
    enum osm_log_format format;
    bool (*deliver)(const struct osm_log_record *record);
} log_target = {.fd = STDERR_FILENO, .stalls = true};

const char *osm_log_level_name(enum osm_log_level level)
{
    osm_assert(level < OSM_ARRAY_SIZE(log_levels));
    return log_levels[level].name;
}

/* The standard stream a path stands for, or -1. /dev/stderr is not opened, because that fails
 * when standard error is a socket, as it is under systemd. */
static int log_stream_of(const char *path)
{
    if (!path || !strcasecmp(path, "php://stderr") || !strcmp(path, "/dev/stderr"))
        return STDERR_FILENO;
    if (!strcasecmp(path, "php://stdout") || !strcasecmp(path, "php://output") ||
        !strcmp(path, "/dev/stdout"))
        return STDOUT_FILENO;
    return -1;
}

static int log_open_file(const char *path)
{
    int r, fd;

    if (!*path)
        return -ENOENT;
    if (!strncasecmp(path, "php://", 6)) /* no directory of that name (O4) */
        return -EINVAL;
    r = osm_dirs_make_parent(path, 0755);
    if (r < 0)
        return r;
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    return fd < 0 ? -errno : fd;
}

static void log_use(int fd, char *path)
{
    struct stat status;

    if (log_target.path)
        close(log_target.fd);
    free(log_target.path);
    log_target.fd = fd;
    log_target.path = path;
    log_target.stalls = fstat(fd, &status) < 0 || !S_ISREG(status.st_mode);
    log_target.dropped = 0;
}

int osm_log_prepare(const char *path, struct osm_log_file *file)
{
    int stream = log_stream_of(path);
    int fd = stream >= 0 ? stream : log_open_file(path);

    *file = (struct osm_log_file){0};
    if (fd < 0)
        return fd;
    *file = (struct osm_log_file){true, fd, stream >= 0 ? NULL : osm_strdup(path)};
    return 0;
}

void osm_log_take(struct osm_log_file *file)
{
    if (file->is_open)
        log_use(file->fd, file->path);
    *file = (struct osm_log_file){0};
}

void osm_log_file_deinit(struct osm_log_file *file)
{
    if (file->path)
        close(file->fd);
    free(file->path);
    *file = (struct osm_log_file){0};
}

int osm_log_open(const char *path, enum osm_log_level level)
{
    struct osm_log_file file;
    int r = osm_log_prepare(path, &file);

    if (r < 0)
        return r;
    osm_log_take(&file);
    tzset();
    osm_log_threshold = level;
    return 0;
}

void osm_log_close(void)
{
    log_use(STDERR_FILENO, NULL);
    osm_log_threshold = OSM_LOG_INFO;
    osm_log_deliver_to(NULL);
    osm_log_set_format(OSM_LOG_PLAIN);
}

void osm_log_set_format(enum osm_log_format format)
{
    log_target.format = format;
    osm_log_wants_fields = format != OSM_LOG_PLAIN || log_target.deliver;
}

void osm_log_deliver_to(bool (*deliver)(const struct osm_log_record *record))
{
    log_target.deliver = deliver;
    osm_log_wants_fields = log_target.format != OSM_LOG_PLAIN || deliver;
}

/* Characters that a terminal or a reader of lines would act on: C0, DEL, C1 and the two line
 * separators of Unicode. */
static bool is_control(const unsigned char *text, size_t step)
{
    if (step == 1)
        return text[0] < 0x20 || text[0] == 0x7F;
    if (step == 2)
        return text[0] == 0xC2 && text[1] < 0xA0;
    return step == 3 && text[0] == 0xE2 && text[1] == 0x80 && (text[2] == 0xA8 || text[2] == 0xA9);
}

size_t osm_log_escape(char *target, size_t size, const char *text, size_t length)
{
    size_t used = 0;

    osm_assert(size > 0);
    for (size_t at = 0; at < length;) {
        size_t step = osm_utf8_sequence(text + at, length - at);
        const unsigned char *bytes = (const unsigned char *)text + at;
        bool plain = step && !is_control(bytes, step);
        size_t count = step ? step : 1;

        if (used + (plain ? count : 4 * count) >= size)
            break;
        for (size_t i = 0; i < count; i++) {
            if (plain) {
                target[used++] = text[at + i];
            } else {
                const char escaped[] = {'\\', 'x', osm_hex_digits[bytes[i] >> 4],
                                        osm_hex_digits[bytes[i] & 15]};

                memcpy(target + used, escaped, sizeof(escaped));
                used += sizeof(escaped);
            }
        }
        at += count;
    }
    target[used] = '\0';
    return used;
}

static size_t log_head(char *line, enum osm_log_level level)
{
    time_t now = time(NULL);
    struct tm local;
    size_t length;

    osm_assert(level < OSM_ARRAY_SIZE(log_levels));
    localtime_r(&now, &local);
    length = strftime(line, OSM_LOG_HEAD, "[%Y-%m-%d %H:%M:%S] [", &local);
    length +=
        (size_t)snprintf(line + length, OSM_LOG_HEAD - length, "%s] ", log_levels[level].label);
    osm_assert(length < OSM_LOG_HEAD);
    return length;
}

static bool log_has_room(void)
{
    struct pollfd target = {.fd = log_target.fd, .events = POLLOUT};
    int patience;

    if (!log_target.stalls)
        return true;
    /* Only the first line that finds no room may wait, else a dead reader slows every line. */
    patience = log_target.dropped ? 0 : OSM_LOG_PATIENCE_MS;
    return poll(&target, 1, patience) == 1; /* lint: allow poll – bounded, once */
}

static void log_put(const char *line, size_t length)
{
    ssize_t written;

    if (!log_has_room()) {
        log_target.dropped++;
        return;
    }
    do
        written = write(log_target.fd, line, length);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        log_target.dropped++;
}

static void log_report_dropped(void)
{
    char line[OSM_LOG_LINE], text[64];
    unsigned long dropped = log_target.dropped;
    struct osm_log_record record = {.level = OSM_LOG_WARNING, .text = text};
    size_t length;

    if (!log_has_room())
        return;
    log_target.dropped = 0;
    (void)snprintf(text, sizeof(text), "%lu log lines lost, target was full", dropped);
    if (log_target.format == OSM_LOG_JSON) {
        length = osm_log_record_json(&record, line);
    } else {
        length = log_head(line, OSM_LOG_WARNING);
        length += (size_t)snprintf(line + length, sizeof(line) - length, "%s\n", text);
    }
    log_put(line, length);
    if (log_target.dropped)
        log_target.dropped = dropped;
}

static void log_line(const char *line, size_t length)
{
    if (log_target.dropped)
        log_report_dropped();
    log_put(line, length);
}

struct osm_log_target *osm_log_here(struct osm_log_target *target)
{
    struct osm_log_target *before = osm_log_instead;

    osm_log_instead = target;
    return before;
}

static void log_out(enum osm_log_level level, const char *message, size_t message_length)
{
    char line[OSM_LOG_LINE], text[OSM_LOG_LINE];
    size_t length = 0;

    if (osm_log_wants_fields || level >= OSM_LOG_WARNING)
        length = osm_log_escape(text, sizeof(text), message, message_length);
    if (level >= OSM_LOG_WARNING)
        osm_log_recent_add(level, text, length);
    if (osm_log_wants_fields) {
        struct osm_log_record record;

        osm_log_record_init(&record, level, text);
        if (log_target.fd == STDERR_FILENO && log_target.deliver && log_target.deliver(&record))
            return;
        if (log_target.format == OSM_LOG_JSON) {
            log_line(line, osm_log_record_json(&record, line));
            return;
        }
    }
    length = log_head(line, level);
    length += osm_log_escape(line + length, sizeof(line) - length, message, message_length);
    line[length++] = '\n';
    log_line(line, length);
}

void osm_log_write(enum osm_log_level level, const char *format, ...)
{
    char message[OSM_LOG_LINE], line[OSM_LOG_LINE];
    int saved_errno = errno;
    va_list args;
    int wanted;

    va_start(args, format);
    wanted = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (wanted < 0)
        return;
    if (osm_log_instead) {
        osm_log_escape(line, sizeof(line), message, OSM_MIN((size_t)wanted, sizeof(message) - 1));
        if (osm_log_instead->write)
            osm_log_instead->write(osm_log_instead, level, line);
        errno = saved_errno;
        return;
    }
    log_out(level, message, OSM_MIN((size_t)wanted, sizeof(message) - 1));
    errno = saved_errno;
}

bool osm_log_broken(const char *file, int line, const char *function, const char *condition)
{
    osm_log_error("%s:%d: %s: broken invariant: %s", file, line, function, condition);
    return false;
}
