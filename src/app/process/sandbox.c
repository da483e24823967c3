/* SPDX-License-Identifier: MIT */
/* The order of the layers, and what is said about them; see sandbox.h. */
#include "app/process/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "rim/io/address.h"
#include "util/alloc.h"

/* --- folders that are written -------------------------------------------------------------- */

/* Only with this many certificate folders the rest of the file system can be closed: without the
 * option callers may name a trust store anywhere. */
struct folders {
    char **paths; /* NULL-terminated */
    size_t size;
};

static void folder_add(struct folders *folders, char *path)
{
    folders->paths =
        osm_alloc_resize(folders->paths, (folders->size + 2) * sizeof(*folders->paths));
    folders->paths[folders->size++] = path;
    folders->paths[folders->size] = NULL;
}

/* The folder a file is in. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return osm_strdup(".");
    return osm_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* The folder of a Unix socket; false when the address has none. */
static bool add_address(struct folders *folders, const char *text)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_address endpoint;

    if (osm_address_parse(text, &endpoint, &error) < 0 || !endpoint.is_unix)
        return false;
    folder_add(folders, parent_of(osm_address_path(&endpoint)));
    return true;
}

static void add_option(struct folders *folders, const struct osm_options *options,
                       const struct osm_option *option)
{
    const char *path = *(char *const *)((const char *)options + option->offset);

    if (!path || !*path)
        return;
    if (option->writes == OSM_WRITES_SOCKET)
        (void)add_address(folders, path);
    else
        folder_add(folders,
                   option->writes == OSM_WRITES_FOLDER ? osm_strdup(path) : parent_of(path));
}

static void add_socket(struct folders *folders, const struct osm_options *options)
{
    const char *temporary = getenv("TMPDIR");

    if (!add_address(folders, options->socket))
        folder_add(folders, osm_strdup(temporary && *temporary ? temporary : "/tmp"));
}

static void collect(struct folders *folders, const struct osm_options *options)
{
    for (size_t i = 0; i < osm_option_count; i++)
        if (osm_option_table[i].writes != OSM_WRITES_NOTHING)
            add_option(folders, options, &osm_option_table[i]);
    for (char **dir = options->allowed_cert_dirs; *dir; dir++)
        folder_add(folders, osm_strdup(*dir));
    add_socket(folders, options);
}

static void folders_deinit(struct folders *folders)
{
    for (size_t i = 0; i < folders->size; i++)
        free(folders->paths[i]);
    free(folders->paths);
}

/* --- what was done ------------------------------------------------------------------------- */

/* Kept until the daemon has started: a start that is refused says why, and nothing else. */
static struct {
    enum osm_log_level level;
    char *text;
} remarks[4];
static size_t remark_count;

static void OSM_PRINTF(2, 3) remark(enum osm_log_level level, const char *format, ...)
{
    va_list args;
    int length;

    if (remark_count == OSM_ARRAY_SIZE(remarks))
        return;
    va_start(args, format);
    length = vasprintf(&remarks[remark_count].text, format, args);
    va_end(args);
    if (length < 0)
        return;
    remarks[remark_count++].level = level;
}

void osm_sandbox_tell(void)
{
    if (remark_count == 0) /* a daemon in another program, which may have more of them */
        return;
    for (size_t i = 0; i < remark_count; i++) {
        if (osm_log_enabled(remarks[i].level))
            osm_log_write(remarks[i].level, "%s", remarks[i].text);
        free(remarks[i].text);
    }
    remark_count = 0;
}

/* --- the layers ---------------------------------------------------------------------------- */

static void limit_calls(bool children)
{
    struct osm_seccomp_report report;
    int r = osm_seccomp_apply(children, &report);

    if (r < 0)
        remark(OSM_LOG_WARNING, "Sandbox: system calls are not limited: %s", strerror(-r));
    else
        remark(OSM_LOG_INFO, "Sandbox: %u system calls are refused", report.refused);
}

static void limit_files(const struct osm_options *options, bool children)
{
    _cleanup_(folders_deinit) struct folders folders = {0};
    struct osm_landlock_report report;
    int r;

    if (options->allowed_cert_dirs && !children)
        collect(&folders, options);
    r = osm_landlock_apply(children, folders.paths, &report);
    if (r < 0)
        remark(OSM_LOG_WARNING, "Sandbox: files are not limited (Landlock): %s", strerror(-r));
    else if (folders.paths)
        remark(OSM_LOG_INFO, "Sandbox: files are written only below %zu folders (Landlock %d)",
               folders.size, report.version);
    else
        remark(OSM_LOG_INFO,
               "Sandbox: %s (Landlock %d); writing is limited only with "
               "--allowed-cert-dirs%s",
               children ? "no device is made" : "no program is run", report.version,
               children ? " and without --event-command" : "");
}

void osm_sandbox_enter(const struct osm_options *options)
{
    bool children = options->event_command != NULL;

    if (options->no_sandbox) {
        remark(OSM_LOG_INFO, "Sandbox: off (--no-sandbox)");
        return;
    }
    if (!children)
        osm_sandbox_load_code();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        remark(OSM_LOG_WARNING, "Sandbox: new privileges cannot be ruled out: %s", strerror(errno));
    limit_files(options, children); /* needs calls the next one could refuse */
    limit_calls(children);
}
