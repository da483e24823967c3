/* SPDX-License-Identifier: MIT */
/* A resolver that hangs, for test_slow_names.py: loaded before libc, it never answers for names
 * that begin with "slow" and leaves the others alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    resolver *real = (resolver *)dlsym(RTLD_NEXT, "getaddrinfo");

    while (name && strncmp(name, "slow", 4) == 0)
        pause();
    return real(name, service, hints, result);
}
