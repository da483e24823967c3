/* SPDX-License-Identifier: MIT */
/* See troff.h. */
#include "util/troff.h"

#include <string.h>

void osm_troff_add(struct osm_buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        osm_buf_add_text(out, "\\&");
    for (; *text; text++) {
        if (*text == '-')
            osm_buf_add_text(out, "\\-");
        else if (*text == '\\')
            osm_buf_add_text(out, "\\e");
        else
            osm_buf_add_byte(out, *text);
    }
}
