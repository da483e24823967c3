/* SPDX-License-Identifier: MIT */
/*
 * Search by name: below the Objects folder, the nearest first, a few questions at a time, each node
 * once. What is found is shown as it comes; the end of the dialog is the end of the search.
 */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "util/alloc.h"

#define MOST_SEEN 100000u
#define MOST_HITS 200
#define AT_A_TIME 4u

struct place {
    char *id, *path;
    UT_hash_handle hh;
};

struct explore_search {
    uint32_t serial;
    char *text;
    struct place *places; /* in the order they were seen, which uthash keeps */
    struct place *next;   /* to be looked into */
    struct place *hits[MOST_HITS];
    long hit_count;
    unsigned asked, looked;
    bool is_full;
};

void explore_search_end(struct explore *app)
{
    struct explore_search *search = app->search;
    struct place *place, *following;

    app->search = NULL;
    if (!search)
        return;
    HASH_ITER (hh, search->places, place, following) {
        /* NOLINTNEXTLINE: uthash */
        HASH_DEL(search->places, place);
        free(place->id);
        free(place->path);
        free(place);
    }
    free(search->text);
    free(search);
}

const char *explore_search_hit(const struct explore *app, long item)
{
    return app->search && item >= 0 && item < app->search->hit_count ? app->search->hits[item]->id
                                                                     : NULL;
}

static struct place *add_place(struct explore_search *search, const char *id, const char *above,
                               const char *name)
{
    struct place *place;

    /* NOLINTNEXTLINE: uthash */
    HASH_FIND_STR(search->places, id, place);
    if (place)
        return NULL;
    if (HASH_COUNT(search->places) >= MOST_SEEN) {
        search->is_full = true;
        return NULL;
    }
    place = osm_alloc(sizeof(*place));
    place->id = osm_strdup(id);
    place->path = above ? osm_printf("%s%s%s", above, *above ? "/" : "", name) : osm_strdup("");
    /* NOLINTNEXTLINE: uthash */
    HASH_ADD_KEYPTR(hh, search->places, place->id, strlen(place->id), place);
    if (!search->next)
        search->next = place;
    return place;
}

static void show(struct explore *app)
{
    struct explore_search *search = app->search;
    struct explore_lines *lines = &app->dialog.lines;
    bool is_over = !search->asked && !search->next;

    explore_lines_deinit(lines);
    explore_lines_add(lines, EXPLORE_DIM, "%ld found among %u nodes%s", search->hit_count,
                      HASH_COUNT(search->places),
                      search->hit_count == MOST_HITS || search->is_full
                          ? "; there are more: search for a longer text"
                      : is_over ? "; that is all"
                                : " so far");
    for (long i = 0; i < search->hit_count; i++) {
        explore_lines_add(lines, EXPLORE_PLAIN, "%s  %s", search->hits[i]->path,
                          search->hits[i]->id);
        explore_lines_mark(lines, i);
    }
    app->is_changed = true;
}

static void look(struct explore *app);

static void on_found(void *context, const struct opcua_error *error,
                     const struct opcua_reference *references, size_t count)
{
    struct explore_call *call = context;
    _cleanup_(osm_freep) char *above = osm_steal(call->text);
    uint32_t serial = call->serial;
    struct explore *app = explore_call_end(call);
    struct explore_search *search = app ? app->search : NULL;

    if (!search || search->serial != serial)
        return;
    search->asked--;
    search->looked++;
    for (size_t i = 0; !error && i < count; i++) {
        const struct opcua_reference *reference = &references[i];
        struct place *place =
            add_place(search, reference->node, above,
                      *reference->display_name ? reference->display_name : reference->browse_name);

        if (place && search->hit_count < MOST_HITS &&
            (strcasestr(reference->browse_name, search->text) ||
             strcasestr(reference->display_name, search->text)))
            search->hits[search->hit_count++] = place;
    }
    look(app);
    if (app->search == search)
        show(app);
}

static void look(struct explore *app)
{
    static const struct opcua_browse_options options = {.node_classes = 0};
    struct explore_search *search = app->search;

    while (search->next && search->asked < AT_A_TIME && search->hit_count < MOST_HITS &&
           app->link == EXPLORE_ONLINE) {
        struct explore_call *call = explore_call_new(app, search->serial);
        const char *id = search->next->id;

        call->text = osm_strdup(search->next->path);
        search->next = search->next->hh.next;
        search->asked++;
        opcua_browse_async(app->tool->client, id, &options, on_found, call);
    }
}

void explore_search_begin(struct explore *app, const char *text)
{
    static uint32_t last_serial;

    explore_search_end(app);
    app->search = osm_alloc(sizeof(*app->search));
    app->search->serial = ++last_serial;
    app->search->text = osm_strdup(text);
    add_place(app->search, EXPLORE_OBJECTS, NULL, "");
    look(app);
    show(app);
}
