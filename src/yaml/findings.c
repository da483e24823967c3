/* SPDX-License-Identifier: MIT */
/* Findings as lines of text; see findings.h. */
#include "yaml/findings.h"

#include <stdarg.h>

#include "util/alloc.h"
#include "util/log.h"

#define SHOWN_BYTES 1024 /* of one finding */

void osm_findings_deinit(struct osm_faults *faults)
{
    osm_buf_deinit(&faults->text);
    *faults = (struct osm_faults){0};
}

static void add_escaped(struct osm_buf *out, const char *text, size_t length)
{
    char shown[SHOWN_BYTES];

    osm_buf_add(out, shown, osm_log_escape(shown, sizeof(shown), text, length));
}

static void add_line(struct osm_faults *faults, const char *kind, const char *file, unsigned line,
                     const char *format, va_list args)
{
    struct osm_buf *out = &faults->text;
    char *message = NULL;
    int length;

    if (faults->errors + faults->warnings > OSM_FAULTS_SHOWN)
        return;
    if (faults->errors + faults->warnings == OSM_FAULTS_SHOWN) {
        osm_buf_add_text(out, "… and more\n");
        return;
    }
    length = vasprintf(&message, format, args);
    add_escaped(out, file, strlen(file));
    if (line)
        osm_buf_printf(out, ":%u", line);
    osm_buf_printf(out, ": %s", kind);
    if (length >= 0)
        add_escaped(out, message, (size_t)length);
    osm_buf_add_byte(out, '\n');
    free(message);
}

bool osm_findings_error(struct osm_faults *faults, const char *file, unsigned line,
                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(faults, "", file, line, format, args);
    va_end(args);
    faults->errors++;
    return false;
}

void osm_findings_warning(struct osm_faults *faults, const char *file, unsigned line,
                          const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(faults, "WARNING: ", file, line, format, args);
    va_end(args);
    faults->warnings++;
}
