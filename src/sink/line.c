/* SPDX-License-Identifier: MIT */
/* Lines of JSON; see line.h. */
#include "sink/line.h"

#include "wire/text/json.h"

struct osm_rope osm_line_of_event(struct osm_buf *out, struct osm_rope_piece *pieces,
                                  const struct osm_event *event)
{
    const struct osm_rope *members = &event->members;

    osm_buf_truncate(out, 0);
    osm_buf_add_byte(out, '{');
    osm_buf_add(out, members->text, members->text_length);
    osm_buf_add_byte(out, '}');
    for (size_t i = 0; i < members->count; i++)
        pieces[i] = (struct osm_rope_piece){members->pieces[i].at + 1, members->pieces[i].text};
    return (struct osm_rope){out->data, out->length, pieces, members->count};
}

void osm_line_of_lost(struct osm_buf *out, const struct osm_lost_events *lost)
{
    struct osm_json json;

    osm_buf_truncate(out, 0);
    osm_json_init(&json, out);
    osm_json_object_begin(&json);
    osm_json_key(&json, "event");
    osm_json_cstring(&json, "EventsLost");
    osm_json_key(&json, "cursor");
    osm_json_uint(&json, lost->to);
    osm_json_key(&json, "time");
    osm_json_time(&json, lost->time);
    osm_json_key(&json, "from");
    osm_json_uint(&json, lost->from);
    osm_json_key(&json, "to");
    osm_json_uint(&json, lost->to);
    osm_json_key(&json, "dropped");
    if (lost->dropped == UINT64_MAX)
        osm_json_null(&json);
    else
        osm_json_uint(&json, lost->dropped);
    osm_json_key(&json, "reason");
    osm_json_cstring(&json, lost->reason);
    osm_json_object_end(&json);
}
