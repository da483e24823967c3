/* SPDX-License-Identifier: MIT */
/* `notices` of status; see status.h. */
#include "core/manager/notices.h"
#include "serve/command/command_internal.h"
#include "serve/command/status.h"

/* Of the servers he reaches; of the daemon with the role `admin`: paths are told. */
static bool is_told(const struct osm_notice *notice, const struct osm_grant *grant)
{
    return notice->endpoint ? osm_grant_reaches(grant, notice->endpoint)
                            : osm_grant_has(grant, OSM_ROLE_ADMIN);
}

static void print_text(struct osm_json *json, const char *key, const char *text)
{
    osm_json_key(json, key);
    osm_json_cstring(json, text);
}

static void print_notice(struct osm_json *json, const struct osm_notice *notice)
{
    osm_json_object_begin(json);
    print_text(json, "kind", osm_notice_kind_name(notice->kind));
    print_text(json, "object", notice->object);
    osm_status_time(json, "since", notice->since);
    osm_status_code_message(json, "text", notice->text); /* a server's words may be in it */
    print_text(json, "next", osm_notice_kind_next(notice->kind));
    osm_json_object_end(json);
}

void osm_status_notices(struct osm_json *json, const char *key, const struct osm_status *status)
{
    const struct osm_notice *notice;

    osm_json_key(json, key);
    osm_json_array_begin(json);
    for (notice = osm_notices_first(osm_manager_notices(status->manager)); notice;
         notice = notice->next)
        if (is_told(notice, status->grant))
            print_notice(json, notice);
    osm_json_array_end(json);
}

void osm_status_write_notices(struct osm_buf *out)
{
    osm_buf_printf(out,
                   "\n## Notices\n\nA notice stands until its cause is gone. It is logged "
                   "once when it is raised (warning) and once when it is\nsettled (info); "
                   "`opcua_notices` counts those that stand. At most %d stand.\n\n"
                   "| Kind | Meaning | Next step |\n|---|---|---|\n",
                   OSM_NOTICES_MOST);
    for (int kind = 0; kind < OSM_NOTICE_KIND_COUNT_; kind++)
        osm_buf_printf(out, "| `%s` | %s | %s |\n",
                       osm_notice_kind_name((enum osm_notice_kind)kind),
                       osm_notice_kind_meaning((enum osm_notice_kind)kind),
                       osm_notice_kind_next((enum osm_notice_kind)kind));
}
