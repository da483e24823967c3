/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_LOG_H
#define OSM_UTIL_LOG_H
/*
 * The daemon's log: `[YYYY-MM-DD HH:MM:SS] [LEVEL] message\n`, local time (contract: daemon.md
 * §6), or a line of JSON. One process-wide target, because libraries' callbacks have no other
 * place to log to. Control characters and invalid UTF-8 inside the message are escaped (`\x0a`), so
 * that nobody can forge a line. Lines above OSM_LOG_LINE bytes are cut.
 *
 * What a message is about (session, server, peer) is said once a turn by whoever knows it, and
 * told beside the message where the format has room for it.
 */
#include <stdbool.h>

#include "util/macros.h"

#define OSM_LOG_LEVELS(X)                                                                          \
    X(DEBUG, "debug")                                                                              \
    X(INFO, "info")                                                                                \
    X(NOTICE, "notice")                                                                            \
    X(WARNING, "warning")                                                                          \
    X(ERROR, "error")                                                                              \
    X(CRITICAL, "critical")                                                                        \
    X(ALERT, "alert")                                                                              \
    X(EMERGENCY, "emergency")

enum osm_log_level {
#define X(id, name) OSM_LOG_##id,
    OSM_LOG_LEVELS(X)
#undef X
};

/* Longest line with its '\n'. Not more than PIPE_BUF, so that a pipe takes it whole or not at
 * all. */
#define OSM_LOG_LINE 4096

#define OSM_LOG_FORMATS(X)                                                                         \
    X(PLAIN, "plain")                                                                              \
    X(JSON, "json")

enum osm_log_format {
#define X(id, name) OSM_LOG_##id,
    OSM_LOG_FORMATS(X)
#undef X
};

/* What a message can be about: the session's id, the server's URL, the caller (peer.h), and the
 * status code it names first. */
#define OSM_LOG_FIELDS(X)                                                                          \
    X(SESSION, "session")                                                                          \
    X(SERVER, "server")                                                                            \
    X(PEER, "peer")                                                                                \
    X(CODE, "code")

enum osm_log_field {
#define X(id, name) OSM_LOG_FIELD_##id,
    OSM_LOG_FIELDS(X)
#undef X
        OSM_LOG_FIELD_COUNT
};
/* The name of a field; never NULL. */
const char *osm_log_field_name(enum osm_log_field field);

/* One message on its way out: escaped, without time; a field is "" when it is not known. */
struct osm_log_record {
    enum osm_log_level level;
    const char *text;
    const char *fields[OSM_LOG_FIELD_COUNT];
};

const char *osm_log_level_name(enum osm_log_level level);

/*
 * Sends the log to a file (opened for appending; missing directories are made, 0755). NULL,
 * "php://stderr" and "/dev/stderr" mean standard error, "php://stdout" standard output.
 * Returns 0 or negative errno; on failure the target stays what it was.
 */
OSM_MUST_CHECK int osm_log_open(const char *path, enum osm_log_level level);
/*
 * The same in two steps, for a daemon that runs: opening may wait for the disk and is for a thread
 * of the pool, taking is at once. A zeroed file is none; taking it, or ending it, does nothing.
 */
struct osm_log_file {
    bool is_open;
    int fd;
    char *path; /* NULL = a standard stream */
};
OSM_MUST_CHECK int osm_log_prepare(const char *path, struct osm_log_file *file);
void osm_log_take(struct osm_log_file *file);
void osm_log_file_deinit(struct osm_log_file *file);
void osm_log_close(void);
void osm_log_set_format(enum osm_log_format format);

/* Gives records to the journal (or another keeper of records) instead of writing lines to
 * standard error; one it does not take (false) becomes a line after all. NULL = lines only.
 * Has no effect while the log goes to a file, or to standard output. */
void osm_log_deliver_to(bool (*deliver)(const struct osm_log_record *record));

/* What is logged from now on until the end of the turn is about this; copied, NULL forgets it.
 * Costs a comparison where no format asks for it. */
extern bool osm_log_wants_fields;
void osm_log_note(enum osm_log_field field, const char *text);
static inline void osm_log_about(enum osm_log_field field, const char *text)
{
    if (osm_log_wants_fields)
        osm_log_note(field, text);
}
/* A new turn begins: about nothing yet. */
void osm_log_about_nothing(void);

/*
 * Where what this thread logs goes instead, for programs that embed the core and have a log of
 * their own: write gets the message, escaped and without time; NULL drops it.
 */
struct osm_log_target {
    enum osm_log_level threshold;
    void (*write)(struct osm_log_target *target, enum osm_log_level level, const char *text);
};
extern _Thread_local struct osm_log_target *osm_log_instead;
/* From now on, for this thread; NULL = the process's log. Returns the one before. */
struct osm_log_target *osm_log_here(struct osm_log_target *target);

extern enum osm_log_level osm_log_threshold;
static inline bool osm_log_enabled(enum osm_log_level level)
{
    return level >= (osm_log_instead ? osm_log_instead->threshold : osm_log_threshold);
}

/* One write(2) per line. A target that cannot take the line soon (a full pipe nobody reads) loses
 * it; the number of lost lines is logged as soon as there is room again. */
void osm_log_write(enum osm_log_level level, const char *format, ...) OSM_PRINTF(2, 3);

/* Copies text with control characters and invalid UTF-8 escaped, cut to size - 1 bytes at a
 * character; always NUL-terminated. Returns the length. For text from outside on stderr. */
size_t osm_log_escape(char *target, size_t size, const char *text, size_t length);

#define osm_log(level, ...)                                                                        \
    do {                                                                                           \
        if (osm_log_enabled(OSM_LOG_##level))                                                      \
            osm_log_write(OSM_LOG_##level, __VA_ARGS__);                                           \
    } while (0)

#define osm_log_debug(...) osm_log(DEBUG, __VA_ARGS__)
#define osm_log_info(...) osm_log(INFO, __VA_ARGS__)
#define osm_log_warning(...) osm_log(WARNING, __VA_ARGS__)
#define osm_log_error(...) osm_log(ERROR, __VA_ARGS__)

#endif
