/* SPDX-License-Identifier: MIT */
/* A trust store somebody has filled: the input is a server's certificate, a file of that name
 * among the trusted ones, and a revocation list. Only exactly that certificate is trusted. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "rim/pki/cert.h"
#include "rim/pki/trust_store.h"
#include "rim/pki/verdict.h"
#include "util/alloc.h"
#include "util/digest.h"

static char *folder; /* of this run */

static void remove_folder(void)
{
    _cleanup_(osm_freep) char *command = osm_printf("rm -rf '%s'", folder);

    if (system(command) != 0)
        (void)fprintf(stderr, "%s is left behind\n", folder);
    free(folder);
}

static void put(const char *name, const void *data, size_t size)
{
    _cleanup_(osm_freep) char *path = osm_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    osm_assert(file && (!size || fwrite(data, size, 1, file) == 1) && fclose(file) == 0);
}

static void make_folder(void)
{
    char path[] = "/tmp/osm-fuzz-XXXXXX";
    const struct osm_trust_store store = {.path = path};
    _cleanup_(osm_freep) char *lists = NULL;

    osm_assert(mkdtemp(path) && osm_trust_store_prepare(&store) == 0);
    lists = osm_printf("%s/crl", path);
    osm_assert(mkdir(lists, 0700) == 0);
    folder = osm_strdup(path);
    (void)atexit(remove_folder);
}

static bool judge(const char *policy, const UA_ByteString *chain)
{
    _cleanup_(osm_freep) char *ca = osm_printf("%s/ca", folder);
    const struct osm_verdict judge = {
        .store_path = folder, .policy = (char *)(uintptr_t)policy, .ca_path = ca};
    struct osm_verdict_log log = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;
    bool trusted;

    osm_arena_init(&arena);
    trusted = osm_verdict_certificate(&judge, chain, true, &log, &arena, &fault);
    osm_assert(trusted != osm_fault_is_set(&fault) && !log.info && !log.warning);
    osm_verdict_log_deinit(&log);
    osm_arena_deinit(&arena);
    return trusted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t third = size / 3;
    UA_ByteString chain = {third, (UA_Byte *)(uintptr_t)data};
    size_t leaf = osm_cert_der_leaf(data, third);
    struct osm_fingerprint fingerprint = osm_trust_fingerprint_of(data, leaf ? leaf : third);
    char name[64];

    if (!folder)
        make_folder();
    (void)snprintf(name, sizeof(name), "trusted/%s.der", fingerprint.text);
    put(name, data + third, third);
    put("crl/list", data + 2 * third, size - 2 * third);
    put("ca", data, size);
    if (judge("full", &chain) || judge("fingerprint+expiry", &chain) ||
        judge("fingerprint", &chain))
        osm_assert((leaf ? leaf : third) == third && memcmp(data, data + third, third) == 0);
    {
        _cleanup_(osm_freep) char *path = osm_printf("%s/%s", folder, name);

        osm_assert(unlink(path) == 0 && !judge("fingerprint", &chain));
    }
    return 0;
}
