/* SPDX-License-Identifier: MIT */
/*
 * Names a server has for its nodes, beside what the user writes: the first line is what is written,
 * each further one an answer of the server to a browse (data of "browseAll"), the last of which is
 * repeated. Whatever they are, what is offered as a path is understood as one, and what is not
 * there is said.
 */
#include <stdlib.h>
#include <string.h>

#include "client/client_internal.h"
#include "fuzz.h"
#include "tool/tool.h"
#include "util/alloc.h"

#define MOST_PATHS 32

/* A daemon that finds no path, so that each is walked, and browses as the input says. */
struct fake {
    struct osm_back_end base;
    char *answers; /* what has not been used */
    char *answer;
    struct osm_buf replies;
};

static void next_answer(struct fake *fake)
{
    char *end = fake->answers ? strchr(fake->answers, '\n') : NULL;

    if (!fake->answers)
        return;
    fake->answer = fake->answers;
    fake->answers = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
}

static bool fake_send(struct osm_back_end *back_end, const char *line, size_t length,
                      struct opcua_error *error)
{
    struct fake *fake = osm_container_of(back_end, struct fake, base);
    yyjson_doc *doc = yyjson_read(line, length, YYJSON_READ_NOFLAG);
    yyjson_val *request = yyjson_doc_get_root(doc);
    unsigned id = (unsigned)yyjson_get_uint(yyjson_obj_get(request, "id"));

    (void)error;
    osm_assert(id);
    if (yyjson_equals_str(yyjson_obj_get(request, "method"), "browseAll")) {
        next_answer(fake);
        osm_buf_printf(&fake->replies, "{\"id\":%u,\"success\":true,\"data\":%s}\n", id,
                       fake->answer);
    } else {
        osm_buf_printf(&fake->replies,
                       "{\"id\":%u,\"success\":false,\"error\":{\"type\":\"ServiceException\","
                       "\"message\":\"Server returned ServiceFault: 0x806F0000 BadNoMatch\"}}\n",
                       id);
    }
    yyjson_doc_free(doc);
    return true;
}

static int fake_fd(const struct osm_back_end *back_end)
{
    (void)back_end;
    return -1;
}

static short fake_events(const struct osm_back_end *back_end)
{
    (void)back_end;
    return 0;
}

static int fake_timeout(struct osm_back_end *back_end)
{
    (void)back_end;
    return 0;
}

static bool fake_process(struct osm_back_end *back_end, struct opcua_error *error)
{
    struct fake *fake = osm_container_of(back_end, struct fake, base);
    _cleanup_(osm_freep) char *line = osm_strndup(fake->replies.data, fake->replies.length);

    (void)error;
    osm_buf_consume(&fake->replies, fake->replies.length);
    if (*line)
        back_end->user->line(back_end->user, line, strlen(line) - 1);
    return true;
}

static const struct osm_back_end_ops fake_ops = {.send = fake_send,
                                                 .fd = fake_fd,
                                                 .events = fake_events,
                                                 .timeout = fake_timeout,
                                                 .process = fake_process};

struct paths {
    char *texts[MOST_PATHS];
    size_t count;
};

static void keep(void *context, const char *path)
{
    struct paths *paths = context;

    osm_assert(*path == '/');
    if (paths->count < MOST_PATHS)
        paths->texts[paths->count++] = osm_strdup(path);
}

/* Below the root, where the same children stand again; deeper nobody is sure to come. */
static void try_offers(struct tool *tool, const char *word)
{
    bool is_at_root =
        strrchr(word, '/') == strchr(word, '/') && (!strchr(word, '/') || *word == '/');
    struct paths paths = {0};

    tool_visit_paths(tool, word, keep, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        _cleanup_(osm_freep) char *node = is_at_root ? tool_node(tool, paths.texts[i]) : NULL;

        osm_assert(node || !is_at_root);
        free(paths.texts[i]);
    }
}

static void try_node(struct tool *tool, const char *text)
{
    _cleanup_(osm_freep) char *node = tool_node(tool, text);
    _cleanup_(osm_freep) char *child = tool_node_below(tool, "/Objects", "i=85", text);

    osm_assert((node && child) || *tool->error.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char nothing[] = "[]";
    char *text = osm_strndup((const char *)data, size), *end = strchr(text, '\n');
    struct fake fake = {.base.ops = &fake_ops, .answers = end ? end + 1 : NULL, .answer = nothing};
    struct opcua_client client = {.user.line = osm_client_line,
                                  .back_end = &fake.base,
                                  .managed = true,
                                  .state = OSM_CLIENT_OPEN};
    struct tool tool = {.client = &client};

    fake.base.user = &client.user;
    if (end)
        *end = '\0';
    try_node(&tool, text);
    fake.answers = NULL;
    if (client.state == OSM_CLIENT_OPEN && (!*text || *text == '/')) /* else it is no path */
        try_offers(&tool, text);
    osm_calls_forget(&client);
    osm_buf_deinit(&fake.replies);
    free(text);
    return 0;
}
