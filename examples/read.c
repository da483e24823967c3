/* SPDX-License-Identifier: MIT */
/* Reads one value through the daemon: one line out, one line back.
 *   cc -o read examples/read.c && ./read opc.tcp://127.0.0.1:4840 'ns=2;s=Dynamic/Sine' */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Sends a line and reads the reply until the daemon closes; the caller's buffer is big enough. */
static void ask(const char *request, char *reply, size_t size)
{
    const char *path = getenv("OPCUA_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t length = 0;
    ssize_t got;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s",
             path ? path : "/tmp/opcua-session-manager.sock");
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror(address.sun_path);
        exit(1);
    }
    if (write(fd, request, strlen(request)) < 0)
        perror("write");
    while (length < size - 1 && (got = read(fd, reply + length, size - 1 - length)) > 0)
        length += (size_t)got;
    reply[length] = '\0';
    close(fd);
}

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840";
    const char *node = argc > 2 ? argv[2] : "ns=2;s=Dynamic/Sine";
    char request[1024], reply[65536], *session;

    snprintf(request, sizeof(request), "{\"command\":\"open\",\"endpointUrl\":\"%s\"}\n", url);
    ask(request, reply, sizeof(reply));
    session = strstr(reply, "\"sessionId\":\"");
    if (!session) {
        fputs(reply, stderr);
        return 1;
    }
    snprintf(request, sizeof(request),
             "{\"command\":\"query\",\"sessionId\":\"%.32s\",\"method\":\"read\","
             "\"params\":[\"%s\"]}\n",
             session + strlen("\"sessionId\":\""), node);
    ask(request, reply, sizeof(reply));
    fputs(reply, stdout);
    return strstr(reply, "\"success\":true") ? 0 : 1;
}
