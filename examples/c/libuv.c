/* SPDX-License-Identifier: MIT */
/* A client on libuv's loop: cc libuv.c $(pkg-config --cflags --libs opcua-session libuv) */
#include <opcua-session.h>
#include <poll.h>
#include <stdio.h>
#include <uv.h>

static struct opcua_client *client;
static uv_poll_t ready;
static uv_timer_t timer;
static int values;

static void run(void);

static void on_ready(uv_poll_t *handle, int status, int events)
{
    run();
}

static void on_timer(uv_timer_t *handle)
{
    run();
}

/* What is due is done; then the loop waits for what the client waits for. */
static void run(void)
{
    struct opcua_error error;
    int timeout;

    if (opcua_process(client, &error) < 0 || values == 3) {
        uv_stop(uv_default_loop());
        return;
    }
    timeout = opcua_timeout(client);
    uv_poll_start(&ready, (opcua_events(client) & POLLOUT ? UV_WRITABLE : 0) | UV_READABLE,
                  on_ready);
    if (timeout >= 0)
        uv_timer_start(&timer, on_timer, (uint64_t)timeout, 0);
}

static void on_values(void *context, const struct opcua_error *error,
                      const struct opcua_data_value *value, size_t count)
{
    printf("value %d: %s\n", ++values,
           error ? error->message : opcua_type_name(value[0].value.type));
}

static void on_open(void *context, const struct opcua_error *error)
{
    const struct opcua_read_item item = {.node = "i=2258"};

    for (int i = 0; !error && i < 3; i++)
        opcua_read_async(client, &item, 1, on_values, NULL);
    if (error)
        fprintf(stderr, "%s: %s\n", opcua_source_name(error->source), error->message);
}

int main(int argc, char **argv)
{
    struct opcua_error error;

    client = opcua_client_new(argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840", NULL, &error);
    opcua_open_async(client, on_open, NULL);
    uv_poll_init(uv_default_loop(), &ready, opcua_fd(client));
    uv_timer_init(uv_default_loop(), &timer);
    run();
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    opcua_client_free(client);
    return values == 3 ? 0 : 1;
}
