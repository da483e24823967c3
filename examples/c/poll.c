/* SPDX-License-Identifier: MIT */
/* Two clients, and standard input, in one poll(): cc poll.c $(pkg-config --cflags --libs
 * opcua-session) */
#include <opcua-session.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int changes[2];

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    int *count = context;

    printf("client %u, change %d: %s\n", (unsigned)handle, ++*count,
           opcua_type_name(value->value.type));
}

static struct opcua_client *watch(int number, const char *url)
{
    struct opcua_error error = {0};
    struct opcua_client *client = opcua_connect(url, NULL, &error);
    struct opcua_subscription *plant = client ? opcua_subscribe(client, NULL, &error) : NULL;

    if (plant && opcua_monitor(plant, "i=2258", NULL, (uint32_t)number + 1, on_change,
                               &changes[number], NULL, &error))
        return client;
    fprintf(stderr, "%s: %s\n", opcua_source_name(error.source), error.message);
    opcua_client_free(client);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840";
    struct opcua_client *clients[] = {watch(0, url), watch(1, url)};
    struct pollfd ready[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    struct opcua_error error;
    char line[80];
    int all = -1;

    while (clients[0] && clients[1] && (changes[0] < 3 || changes[1] < 3)) {
        for (int i = 0; i < 2; i++) {
            int timeout = opcua_timeout(clients[i]);

            ready[i + 1] = (struct pollfd){opcua_fd(clients[i]), opcua_events(clients[i]), 0};
            all = i == 0 || all < 0 || (timeout >= 0 && timeout < all) ? timeout : all;
        }
        poll(ready, 3, all);
        if (ready[0].revents && read(STDIN_FILENO, line, sizeof(line)) <= 0)
            ready[0].fd = -1; /* nobody types any more */
        if (opcua_process(clients[0], &error) < 0 || opcua_process(clients[1], &error) < 0)
            break;
    }
    opcua_client_free(clients[0]);
    opcua_client_free(clients[1]);
    return changes[0] >= 3 && changes[1] >= 3 ? 0 : 1;
}
