/* SPDX-License-Identifier: MIT */
/* Reads, writes, subscribes and handles an error, without the daemon:
 * cc direct.c $(pkg-config --cflags --libs opcua-session) && ./a.out opc.tcp://127.0.0.1:4840 */
#include <opcua-session.h>
#include <poll.h>
#include <stdio.h>

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    int64_t count = 0;

    (void)handle;
    if (opcua_value_to_int64(&value->value, &count))
        printf("change %d: %lld\n", ++*(int *)context, (long long)count);
}

int main(int argc, char **argv)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_subscription *subscription;
    struct opcua_client *client;
    struct opcua_error error;
    int64_t integer;
    int changes = 0;

    client = opcua_connect(argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840", &options, &error);
    if (!client) {
        fprintf(stderr, "%s: %s\n%s\n", opcua_source_name(error.source), error.message, error.next);
        return 1;
    }
    if (opcua_write_int64(client, "ns=2;s=Many/0003", 42, &error) &&
        opcua_read_int64(client, "ns=2;s=Many/0003", &integer, &error))
        printf("value = %lld\n", (long long)integer);

    if (!opcua_read_int64(client, "ns=2;s=Nothing", &integer, &error))
        printf("refused: %s: 0x%08X %s\n", error.object, (unsigned)error.status,
               opcua_status_name(error.status));

    subscription = opcua_subscribe(client, NULL, &error);
    if (subscription && opcua_monitor(subscription, "ns=2;s=Dynamic/Counter", NULL, 1, on_change,
                                      &changes, NULL, &error)) {
        while (changes < 3) {
            struct pollfd ready = {.fd = opcua_fd(client), .events = opcua_events(client)};

            poll(&ready, 1, opcua_timeout(client));
            if (opcua_process(client, &error) < 0)
                break;
        }
    }
    opcua_client_free(client);
    return changes == 3 ? 0 : 1;
}
