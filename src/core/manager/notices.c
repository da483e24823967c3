/* SPDX-License-Identifier: MIT */
/* See notices.h. The list is short and searched through: the kind sorts most of it out. */
#include "core/manager/notices.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "util/alloc.h"
#include "util/log.h"

struct osm_notices {
    const struct osm_clock *clock;
    struct osm_notice *list;
    size_t size;
    size_t counts[OSM_NOTICE_KIND_COUNT_];
    bool overflowed; /* that has been said */
};

static const struct {
    const char *name, *meaning, *next;
} kinds[OSM_NOTICE_KIND_COUNT_] = {
#define X(id, name, meaning, next) [OSM_NOTICE_##id] = {name, meaning, next},
    OSM_NOTICE_KINDS(X)
#undef X
};

const char *osm_notice_kind_name(enum osm_notice_kind kind)
{
    return kinds[kind].name;
}

const char *osm_notice_kind_meaning(enum osm_notice_kind kind)
{
    return kinds[kind].meaning;
}

const char *osm_notice_kind_next(enum osm_notice_kind kind)
{
    return kinds[kind].next;
}

struct osm_notices *osm_notices_new(const struct osm_clock *clock)
{
    struct osm_notices *notices = osm_alloc(sizeof(*notices));

    *notices = (struct osm_notices){.clock = clock};
    return notices;
}

static void drop(struct osm_notices *notices, struct osm_notice *notice)
{
    DL_DELETE(notices->list, notice);
    notices->size--;
    notices->counts[notice->kind]--;
    free(notice->object);
    free(notice->endpoint);
    free(notice->text);
    free(notice);
}

struct osm_notices *osm_notices_free(struct osm_notices *notices)
{
    while (notices && notices->list)
        drop(notices, notices->list);
    free(notices);
    return NULL;
}

static struct osm_notice *find(const struct osm_notices *notices, enum osm_notice_kind kind,
                               const char *object)
{
    struct osm_notice *notice;

    if (!notices->counts[kind])
        return NULL;
    DL_FOREACH (notices->list, notice)
        if (notice->kind == kind && strcmp(notice->object, object) == 0)
            return notice;
    return NULL;
}

static bool has_room(struct osm_notices *notices)
{
    if (notices->size < OSM_NOTICES_MOST)
        return true;
    if (!notices->overflowed)
        osm_log_warning("%d notices stand already: further ones are not told. Settle some of them, "
                        "`status` lists them",
                        OSM_NOTICES_MOST);
    notices->overflowed = true;
    return false;
}

static void add(struct osm_notices *notices, enum osm_notice_kind kind, const char *object,
                const char *endpoint, const char *text)
{
    struct osm_notice *notice;

    if (!has_room(notices))
        return;
    notice = osm_alloc(sizeof(*notice));
    *notice = (struct osm_notice){.kind = kind,
                                  .object = osm_strdup(object),
                                  .endpoint = endpoint ? osm_strdup(endpoint) : NULL,
                                  .text = osm_strdup(text),
                                  .since = osm_clock_wall(notices->clock),
                                  .seen = true};
    DL_APPEND(notices->list, notice);
    notices->size++;
    notices->counts[kind]++;
    osm_log_warning("%s: %s. %s", object, text, kinds[kind].next);
}

void osm_notices_raise(struct osm_notices *notices, enum osm_notice_kind kind, const char *object,
                       const char *endpoint, const char *text)
{
    struct osm_notice *notice = find(notices, kind, object);

    if (!notice) {
        add(notices, kind, object, endpoint, text);
        return;
    }
    notice->seen = true;
    if (strcmp(notice->text, text) == 0)
        return;
    free(notice->text);
    notice->text = osm_strdup(text);
}

static void settle(struct osm_notices *notices, struct osm_notice *notice)
{
    osm_log_info("%s: settled, it was: %s", notice->object, notice->text);
    drop(notices, notice);
    notices->overflowed = false;
}

void osm_notices_keep(struct osm_notices *notices, enum osm_notice_kind kind, const char *object)
{
    struct osm_notice *notice = find(notices, kind, object);

    if (notice)
        notice->seen = true;
}

void osm_notices_round_begin(struct osm_notices *notices, unsigned which)
{
    struct osm_notice *notice;

    DL_FOREACH (notices->list, notice)
        if (which & OSM_NOTICE_BIT(notice->kind))
            notice->seen = false;
}

void osm_notices_round_end(struct osm_notices *notices, unsigned which)
{
    struct osm_notice *notice, *next;

    DL_FOREACH_SAFE (notices->list, notice, next)
        if (which & OSM_NOTICE_BIT(notice->kind) && !notice->seen)
            settle(notices, notice);
}

const struct osm_notice *osm_notices_first(const struct osm_notices *notices)
{
    return notices->list;
}
