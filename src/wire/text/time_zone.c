/* SPDX-License-Identifier: MIT */
/* Zones with a fixed offset; see time_zone.h. */
#include "wire/text/time_zone.h"

#include <string.h>
#include <strings.h>

#define HOUR 3600

/* An abbreviation, unlike a zone name, says whether it means summer time. */
static const struct {
    const char *name;
    int64_t seconds;
    bool zone_name; /* also the name of a zone that never changes */
} zones[] = {
    {"UTC", 0, true},          {"Z", 0, true},
    {"GMT", 0, true},          {"Etc/UTC", 0, true},
    {"Etc/GMT", 0, true},      {"Zulu", 0, true},
    {"WET", 0, false},         {"WEST", 1 * HOUR, false},
    {"BST", 1 * HOUR, false},  {"CET", 1 * HOUR, false},
    {"CEST", 2 * HOUR, false}, {"EET", 2 * HOUR, false},
    {"EEST", 3 * HOUR, false}, {"MSK", 3 * HOUR, false},
    {"JST", 9 * HOUR, false},  {"EST", -5 * HOUR, false},
    {"EDT", -4 * HOUR, false}, {"CST", -6 * HOUR, false},
    {"CDT", -5 * HOUR, false}, {"MST", -7 * HOUR, false},
    {"MDT", -6 * HOUR, false}, {"PST", -8 * HOUR, false},
    {"PDT", -7 * HOUR, false},
};

static bool two_digits(const char *text, int64_t *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

bool osm_zone_offset(const char *text, size_t length, int64_t *seconds)
{
    int64_t hours, minutes = 0;

    if ((length != 3 && length != 5 && length != 6) || (text[0] != '+' && text[0] != '-'))
        return false;
    if (!two_digits(text + 1, &hours) || (length == 6 && text[3] != ':'))
        return false;
    if (length > 3 && !two_digits(text + length - 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *seconds = hours * HOUR + minutes * 60;
    if (text[0] == '-')
        *seconds = -*seconds;
    return true;
}

bool osm_zone_by_type(int64_t type, const char *text, size_t length, int64_t *seconds)
{
    if (type < 1 || type > 3)
        return false;
    if (osm_zone_offset(text, length, seconds))
        return true;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(zones); i++) {
        if ((type < 3 || zones[i].zone_name) && strlen(zones[i].name) == length &&
            !strncasecmp(zones[i].name, text, length)) {
            *seconds = zones[i].seconds;
            return true;
        }
    }
    return false;
}
