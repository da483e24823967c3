/* SPDX-License-Identifier: MIT */
/* Values, times and status codes as people read them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/tool.h"
#include "util/alloc.h"

char *tool_show_time(int64_t time_, bool utc)
{
    double seconds = opcua_time_to_unix(time_);
    time_t whole = (time_t)seconds;
    char text[64], zone[8] = "Z";
    struct tm parts;

    if (time_ <= 0)
        return osm_strdup("");
    if (utc ? !gmtime_r(&whole, &parts) : !localtime_r(&whole, &parts))
        return osm_strdup("");
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
    if (!utc)
        strftime(zone, sizeof(zone), "%z", &parts);
    return osm_printf("%s.%03d%s", text, (int)((time_ / 10000) % 1000), zone);
}

char *tool_show_status(uint32_t status)
{
    const char *name = opcua_status_name(status & 0xFFFF0000u);

    return name ? osm_strdup(name) : osm_printf("0x%08X", (unsigned)status);
}

char *tool_show_value(const struct opcua_value *value, bool utc)
{
    const char *text = opcua_value_to_text(value);

    if (value->type == OPCUA_TYPE_DATETIME && !value->is_array)
        return tool_show_time(value->items[0].time, utc);
    if (value->type == OPCUA_TYPE_STATUS_CODE && !value->is_array)
        return tool_show_status((uint32_t)value->items[0].count);
    if (value->type == OPCUA_TYPE_STRUCTURE) {
        struct opcua_value copy;
        char *json;

        opcua_value_copy(&copy, value);
        (void)opcua_value_decode(&copy);
        json = opcua_value_to_json(&copy);
        opcua_value_clear(&copy);
        return json;
    }
    if (text && value->type != OPCUA_TYPE_BYTESTRING && value->type != OPCUA_TYPE_QUALIFIED_NAME)
        return osm_strdup(text);
    return opcua_value_to_json(value);
}
