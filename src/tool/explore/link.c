/* SPDX-License-Identifier: MIT */
/* The connection: opened, lost, tried again; and the alarms, which are followed all the time. */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#define RETRY 5000 /* ms */
#define SERVER "i=2253"
#define CONDITION_TYPE "i=2782"
#define CONDITION_REFRESH "i=3875"

/* ---- alarms ------------------------------------------------------------------------------- */

static void on_event(void *context, uint32_t handle, const struct opcua_value *fields, size_t count)
{
    struct explore *app = context;

    (void)handle;
    if (!app->is_closing && explore_alarms_take(&app->alarms, fields, count))
        app->is_changed = true;
}

/* What it answers is of no importance: servers without alarms refuse. */
static void on_refreshed(void *context, const struct opcua_error *error,
                         const struct opcua_call_result *result)
{
    (void)error, (void)result;
    explore_call_end(context);
}

static void refresh(struct explore *app)
{
    struct opcua_value subscription;

    if (!app->alarm_subscription ||
        !opcua_value_init_integer(&subscription, OPCUA_TYPE_UINT32,
                                  opcua_subscription_id(app->alarm_subscription)))
        return;
    opcua_call_async(app->tool->client, CONDITION_TYPE, CONDITION_REFRESH, &subscription, 1,
                     on_refreshed, explore_call_new(app, 0));
    opcua_value_clear(&subscription);
}

static void on_monitored(void *context, const struct opcua_error *error, uint32_t item)
{
    struct explore *app = explore_call_end(context);

    (void)item;
    if (!app)
        return;
    if (error)
        explore_error_text(app->alarm_why, sizeof(app->alarm_why), error);
    else
        refresh(app);
    app->is_changed = true;
}

static void on_subscribed(void *context, const struct opcua_error *error,
                          struct opcua_subscription *subscription)
{
    struct explore *app = explore_call_end(context);

    if (!app)
        return;
    if (error) {
        explore_error_text(app->alarm_why, sizeof(app->alarm_why), error);
        return;
    }
    *app->alarm_why = '\0';
    app->alarm_subscription = subscription;
    opcua_monitor_events_async(subscription, SERVER, explore_alarm_fields,
                               explore_alarm_field_count, 1, on_event, app, on_monitored,
                               explore_call_new(app, 0));
}

/* ---- the client --------------------------------------------------------------------------- */

static void on_open(void *context, const struct opcua_error *error)
{
    struct explore *app = explore_call_end(context);

    if (!app)
        return;
    if (error) {
        explore_link_lost(app, error);
        return;
    }
    app->link = EXPLORE_ONLINE;
    explore_say(app, EXPLORE_GOOD, "Connected to %s", app->tool->server);
    opcua_subscribe_async(app->tool->client, NULL, on_subscribed, explore_call_new(app, 0));
    explore_load(app, app->tree.root);
    explore_select(app);
}

/* Another client, for which a password may be asked again. False: there is none. A daemon that has
 * gone may come back; without its options, which are not what they were, explore ends. */
static bool renew(struct explore *app)
{
    bool asks = tool_connect_asks(app->tool);
    int code;

    if (asks)
        explore_view_leave();
    code = tool_connect(app->tool);
    if (asks || code != TOOL_OK) /* what has been said went to the screen */
        explore_view_return();
    if (code == TOOL_OK)
        return true;
    app->link = EXPLORE_DOWN;
    app->is_done = code != TOOL_NO_DAEMON;
    app->is_gone = true;
    if (!app->is_done)
        explore_link_lost(app, &app->tool->error);
    return false;
}

void explore_link_open(struct explore *app)
{
    app->retry_at = 0;
    app->link = EXPLORE_CONNECTING;
    if (!app->tool->client && !renew(app))
        return;
    explore_say(app, EXPLORE_PLAIN, "Connecting to %s", app->tool->server);
    if (tool_is_session(app->tool->server))
        on_open(explore_call_new(app, 0), NULL); /* it is open in the daemon */
    else
        opcua_open_async(app->tool->client, on_open, explore_call_new(app, 0));
}

/* The client is freed later, since this may be called from inside it. */
void explore_link_lost(struct explore *app, const struct opcua_error *error)
{
    bool asks = app->is_gone && tool_connect_asks(app->tool);

    app->link = EXPLORE_DOWN;
    app->last_error = *error;
    app->retry_at = asks ? INT64_MAX : tool_terminal_now() + RETRY;
    explore_say_error(app, app->tool->server, error);
}

void explore_link_close(struct explore *app)
{
    app->is_closing = true;
    app->is_gone = false;
    opcua_client_free(app->tool->client);
    app->tool->client = NULL;
    app->alarm_subscription = NULL;
    app->is_closing = false;
    explore_alarms_deinit(&app->alarms);
    explore_select_forget(app);
    explore_tree_lost(app->tree.root);
}

void explore_link_told(void *context, const char *name)
{
    struct explore *app = context;

    if (app->is_closing)
        return;
    if (strcmp(name, "ClientReconnecting") == 0) {
        app->link = EXPLORE_RECONNECTING;
        explore_say(app, EXPLORE_WARNING,
                    "The connection to %s is lost; it is tried again until it is back",
                    app->tool->server);
    } else if (strcmp(name, "ClientConnected") == 0 && app->link == EXPLORE_RECONNECTING) {
        app->link = EXPLORE_ONLINE;
        explore_say(app, EXPLORE_GOOD, "Connected to %s again", app->tool->server);
        refresh(app);
        explore_select(app);
    }
}
