/* SPDX-License-Identifier: MIT */
/* Chunks of a server, sealed by whoever sent them: opened or refused, never read or written beyond
 * their ends. The first byte chooses the mode. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rim/ua/policy.h"
#include "rim/ua/user_secret.h"
#include "util/alloc.h"

#define HEADER 16

/* Keys from zeros: a fuzzer cannot guess signatures, but it can be given them in its seeds. */
static struct osm_policy_keys *keys_of(const struct osm_policy *policy)
{
    struct osm_policy_nonce own = {.length = policy->nonce_length};
    struct osm_policy_keys *sending, *receiving;
    uint8_t zeros[64] = {0};

    osm_assert(osm_policy_derive(policy, &own, zeros, policy->nonce_length, &sending, &receiving));
    osm_policy_keys_free(sending);
    return receiving;
}

static void unseal(const struct osm_policy *policy, UA_MessageSecurityMode mode, uint8_t *chunk,
                   size_t length)
{
    const struct osm_policy_count count = {1, 2};
    struct osm_policy_keys *keys = keys_of(policy);
    size_t plain = 0;

    if (osm_policy_sym_unseal(policy, mode, keys, &count, chunk, length, HEADER, &plain))
        osm_assert(plain <= length - HEADER);
    osm_policy_keys_free(keys);
}

static void read_answer(const uint8_t *data, size_t size)
{
    UA_ExtensionObject header;
    UA_EphemeralKeyType key;

    UA_ExtensionObject_init(&header);
    header.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
    header.content.encoded.typeId = UA_TYPES[UA_TYPES_ADDITIONALPARAMETERSTYPE].binaryEncodingId;
    header.content.encoded.body = (UA_ByteString){size, (UA_Byte *)(uintptr_t)data};
    if (osm_user_secret_answer(&header, &key))
        UA_EphemeralKeyType_clear(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *chunk;

    if (size < 2)
        return 0;
    chunk = osm_alloc(size);
    for (const struct osm_policy *const *row = osm_policy_all(); *row; row++)
        if ((*row)->family == OSM_POLICY_FAMILY_RSA) {
            memcpy(chunk, data + 1, size - 1);
            unseal(*row, (UA_MessageSecurityMode)(2 + data[0] % 2), chunk, size - 1);
        }
    free(chunk);
    read_answer(data + 1, size - 1);
    return 0;
}
