/* SPDX-License-Identifier: MIT */
/* A client on GLib's main loop: cc glib.c $(pkg-config --cflags --libs opcua-session glib-2.0) */
#include <glib.h>
#include <opcua-session.h>
#include <stdio.h>

/* A source that waits for what the client waits for; GLib's conditions are those of poll(). */
struct source {
    GSource base;
    GPollFD ready;
    struct opcua_client *client;
};
static GMainLoop *loop;
static int changes;

static gboolean prepare(GSource *base, gint *timeout)
{
    struct source *source = (struct source *)base;

    source->ready.events = (gushort)opcua_events(source->client);
    *timeout = opcua_timeout(source->client);
    return *timeout == 0;
}

static gboolean check(GSource *base)
{
    struct source *source = (struct source *)base;

    return source->ready.revents || opcua_timeout(source->client) == 0;
}

static gboolean dispatch(GSource *base, GSourceFunc unused, gpointer context)
{
    struct opcua_error error;

    if (opcua_process(((struct source *)base)->client, &error) == 0 && changes < 3)
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    printf("change %d: %s\n", ++changes, opcua_type_name(value->value.type));
}

int main(int argc, char **argv)
{
    static GSourceFuncs functions = {prepare, check, dispatch, NULL, NULL, NULL};
    struct opcua_error error = {0};
    struct opcua_client *client =
        opcua_connect(argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840", NULL, &error);
    struct opcua_subscription *plant = client ? opcua_subscribe(client, NULL, &error) : NULL;
    struct source *source;

    if (!plant || !opcua_monitor(plant, "i=2258", NULL, 1, on_change, NULL, NULL, &error)) {
        fprintf(stderr, "%s: %s\n", opcua_source_name(error.source), error.message);
        return 1;
    }
    loop = g_main_loop_new(NULL, FALSE);
    source = (struct source *)g_source_new(&functions, sizeof(*source));
    source->client = client;
    source->ready.fd = opcua_fd(client);
    g_source_add_poll(&source->base, &source->ready);
    g_source_attach(&source->base, NULL);
    g_main_loop_run(loop);
    opcua_client_free(client);
    return changes == 3 ? 0 : 1;
}
