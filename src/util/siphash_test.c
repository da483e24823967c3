/* SPDX-License-Identifier: MIT */
/* The vectors of the paper's reference: key 00 01 … 0f, message 00 01 02 … */
#include "util/siphash.h"

#include "testing/testing_wire.h"

static const struct {
    size_t length;
    uint64_t hash;
} known[] = {
    {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
    {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572},
};

static void test_known(void **state)
{
    uint8_t key[OSM_SIPHASH_KEY], message[64];

    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)i;
    memcpy(key, message, sizeof(key));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(known); i++)
        assert_true(osm_siphash(key, message, known[i].length) == known[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
