/* SPDX-License-Identifier: MIT */
/*
 * PAUSE and RESUME. A pause is a pattern of servers (endpoint_rule.h), or the server of a
 * connection of the configuration, named by its label; sessions there, and those that are opened
 * later, hold their callers' requests back. RESUME gives the same name.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "admin/console/console_internal.h"
#include "serve/request/endpoint_rule.h"
#include "util/alloc.h"
#include "wire/text/url.h"

#define SCHEME "opc.tcp://"
#define NOBODY_YET                                                                                 \
    ". No session is called so yet: if the name is misspelt, RESUME it and see SHOW SESSIONS"

struct osm_console_pause {
    char *name;
    char *rules[3]; /* of servers, NULL-terminated */
    enum osm_op_pause pause;
    struct osm_console_pause *prev, *next;
};

/* Of several that cover it the newest counts. */
enum osm_op_pause osm_console_look_at_pause(void *context, const char *endpoint_url)
{
    const struct osm_console *console = context;
    const struct osm_console_pause *pause;

    DL_FOREACH (console->pauses, pause)
        if (osm_endpoint_rules_allow(pause->rules, endpoint_url))
            return pause->pause;
    return OSM_OP_PAUSE_NONE;
}

/* Every session is given what counts for it now; how many are paused. */
static unsigned apply(struct osm_console *console)
{
    static const enum osm_registry_list lists[] = {OSM_REGISTRY_STORED, OSM_REGISTRY_OPENING};
    struct osm_session *session;
    unsigned count = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        OSM_REGISTRY_EACH(console->manager, lists[i], session)
        {
            enum osm_op_pause pause =
                osm_console_look_at_pause(console, osm_session_endpoint_url(session));

            osm_op_queue_pause(osm_session_ops(session), pause);
            count += pause != OSM_OP_PAUSE_NONE;
        }
    return count;
}

static void drop(struct osm_console *console, struct osm_console_pause *pause)
{
    DL_DELETE(console->pauses, pause);
    console->pause_count--;
    for (size_t i = 0; pause->rules[i]; i++)
        free(pause->rules[i]);
    free(pause->name);
    free(pause);
}

void osm_console_forget_pauses(struct osm_console *console)
{
    while (console->pauses)
        drop(console, console->pauses);
}

static struct osm_console_pause *find(const struct osm_console *console, const char *name)
{
    struct osm_console_pause *pause;

    DL_FOREACH (console->pauses, pause)
        if (strcasecmp(pause->name, name) == 0)
            return pause;
    return NULL;
}

/* Whether all that the name means is the token's: without a port that is any port of the host. */
static bool reaches(const struct osm_grant *grant, const char *server)
{
    bool bare = strncasecmp(server, SCHEME, sizeof(SCHEME) - 1) != 0;
    const char *host = bare ? server : server + sizeof(SCHEME) - 1;
    bool has_port = *host == '[' ? strstr(host, "]:") != NULL : strchr(host, ':') != NULL;
    _cleanup_(osm_freep) char *url = osm_printf(SCHEME "%s", host);
    _cleanup_(osm_freep) char *other = osm_printf("%s:1", url);

    return osm_grant_reaches(grant, url) && (has_port || osm_grant_reaches(grant, other));
}

/* What a name means; a token for certain servers may only name these. */
struct meant {
    bool server;          /* a pattern of servers */
    const char *endpoint; /* of the connection with that label, or NULL */
};

static bool find_meant(struct osm_console_call *call, const char *name, struct meant *meant)
{
    const struct osm_grant *grant = call->request->grant;
    bool valid = osm_endpoint_rule_is_valid(name);
    bool bound = grant && grant->terms.endpoints;

    meant->endpoint = osm_console_label(call, name).endpoint;
    meant->server = valid && (!bound || (!strpbrk(name, "*?") && reaches(grant, name)));
    if (meant->server || meant->endpoint)
        return true;
    if (valid)
        osm_console_fail(call, OSM_FAULT_ACCESS_DENIED,
                         "This token is for certain servers, and \"%s\" is none of them", name);
    else
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT,
                         "Not a server: \"%s\" (host or host:port, * and ? allowed, or the label "
                         "of a connection)",
                         name);
    return false;
}

/* NULL = it is no URL, which its connection will be told. */
static char *rule_of(const char *endpoint)
{
    _cleanup_(osm_freep) char *host = NULL, *sent = NULL;
    uint16_t port;

    if (!osm_url_parse(endpoint, &host, &port, &sent))
        return NULL;
    return osm_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
}

static struct osm_console_pause *pause_new(const char *name, const struct meant *meant,
                                           enum osm_op_pause kind)
{
    struct osm_console_pause *pause = osm_alloc(sizeof(*pause));
    char *rule = meant->endpoint ? rule_of(meant->endpoint) : NULL;
    size_t count = 0;

    pause->name = osm_strdup(name);
    pause->pause = kind;
    if (meant->server)
        pause->rules[count++] = osm_strdup(name);
    if (rule)
        pause->rules[count++] = rule;
    return pause;
}

void osm_console_pause(struct osm_console_call *call)
{
    struct osm_console *console = call->console;
    struct osm_console_pause *pause;
    bool fails = call->count > 1;
    struct meant meant;
    unsigned count;

    if (!find_meant(call, call->words[0], &meant))
        return;
    if (fails && strcasecmp(call->words[1], "fail") != 0) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "PAUSE takes <server|label> [FAIL]");
        return;
    }
    pause = find(console, call->words[0]);
    if (pause)
        drop(console, pause);
    if (console->pause_count == OSM_CONSOLE_PAUSES) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT,
                         "%d servers are paused already: RESUME some first", OSM_CONSOLE_PAUSES);
        return;
    }
    pause = pause_new(call->words[0], &meant, fails ? OSM_OP_PAUSE_FAIL : OSM_OP_PAUSE_WAIT);
    DL_PREPEND(console->pauses, pause);
    console->pause_count++;
    count = apply(console);
    osm_console_done(call, "Paused, requests %s; %u sessions are paused now%s",
                     fails ? "are refused" : "wait", count, count ? "" : NOBODY_YET);
}

void osm_console_resume(struct osm_console_call *call)
{
    struct osm_console_pause *pause = find(call->console, call->words[0]);
    struct meant meant;
    unsigned count;

    if (!find_meant(call, call->words[0], &meant))
        return;
    if (!pause) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT,
                         "\"%s\" is not paused; RESUME names a server as PAUSE did: see the column "
                         "paused of SHOW SESSIONS",
                         call->words[0]);
        return;
    }
    drop(call->console, pause);
    count = apply(call->console);
    osm_console_done(call, "Resumed; %u sessions are still paused", count);
}
