/* SPDX-License-Identifier: MIT */
/* Status codes in the contract's words (ipc-protocol.md §8.3, daemon.md §9). */
#include "testing/testing.h"

#include "port/status_code.h"
#include "testing/testing_contract.h"

static int setup(void **state)
{
    static struct osm_arena arena;

    osm_arena_init(&arena);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    osm_arena_deinit(*state);
    return 0;
}

/* "Good 0x00000000, BadUnexpectedError 0x80010000, …" */
static void test_names(void **state)
{
    char *section = test_contract_section("ipc-protocol.md", "### 8.3"), name[64];
    char *line = test_contract_line(section, "twice): ");
    unsigned long code;
    unsigned count = 0;

    for (const char *at = line; sscanf(at, "%63s", name) == 1; count++) {
        code = strtoul(at + strlen(name), NULL, 16);
        assert_string_equal(osm_status_code_name((UA_StatusCode)code, *state), name);
        at += strlen(name) + strlen(" 0x00000000");
        if (*at != ',')
            break;
        at += 2;
    }
    assert_int_equal(count + 1, 30);
    free(line);
    free(section);
}

/* Names the contract does not list are printed as numbers, whatever the library calls them. */
static void test_other_codes_are_numbers(void **state)
{
    static const UA_StatusCode unknown[] = {0x80260000, 0x80600000, 0x806F0000, 0x8000ABCD,
                                            0x80340001, 0xFFFFFFFF, 0x00000001};
    char expected[16];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(unknown); i++) {
        (void)snprintf(expected, sizeof(expected), "0x%08X", unknown[i]);
        assert_string_equal(osm_status_code_name(unknown[i], *state), expected);
    }
}

static void fault_is(struct osm_arena *arena, UA_StatusCode status, enum osm_fault_type type,
                     const char *message)
{
    struct osm_fault fault = {0};

    osm_status_code_fault(status, arena, &fault);
    assert_int_equal(fault.type, type);
    assert_string_equal(fault.message, message);
}

static void test_service_faults(void **state)
{
    fault_is(*state, 0x800F0000, OSM_FAULT_SERVICE,
             "Server returned ServiceFault: 0x800F0000 BadNothingToDo");
    fault_is(*state, 0x800B0000, OSM_FAULT_SERVICE_UNSUPPORTED,
             "Server returned ServiceFault: 0x800B0000 BadServiceUnsupported");
    fault_is(*state, 0x80260000, OSM_FAULT_SERVICE,
             "Server returned ServiceFault: 0x80260000 0x80260000");
}

/* daemon.md §9, R4 */
static void test_which_results_are_losses(void **state)
{
    static const UA_StatusCode losses[] = {
        UA_STATUSCODE_BADSESSIONIDINVALID,        UA_STATUSCODE_BADSESSIONCLOSED,
        UA_STATUSCODE_BADSESSIONNOTACTIVATED,     UA_STATUSCODE_BADSECURECHANNELIDINVALID,
        UA_STATUSCODE_BADSECURECHANNELCLOSED,     UA_STATUSCODE_BADSECURECHANNELTOKENUNKNOWN,
        UA_STATUSCODE_BADTCPSECURECHANNELUNKNOWN, UA_STATUSCODE_BADCONNECTIONCLOSED,
        UA_STATUSCODE_BADCONNECTIONREJECTED,      UA_STATUSCODE_BADNOTCONNECTED,
        UA_STATUSCODE_BADSERVERNOTCONNECTED};
    unsigned count = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(losses); i++)
        assert_true(osm_status_code_is_loss(losses[i]));
    for (UA_StatusCode code = 0; code < 0x8000; code++)
        count +=
            osm_status_code_is_loss(code << 16) + osm_status_code_is_loss(0x80000000 | code << 16);
    assert_int_equal(count, OSM_ARRAY_SIZE(losses));
}

static void test_spelled(void **state)
{
    static const char *const cases[][2] = {
        {"ActivateSession failed with status 0x80200000",
         "ActivateSession failed with status 0x80200000 (BadIdentityTokenInvalid)"},
        {"Server error 0x80010000: ill", "Server error 0x80010000: ill (BadUnexpectedError)"},
        {"Server returned ServiceFault: 0x80340000 BadNodeIdUnknown",
         "Server returned ServiceFault: 0x80340000 BadNodeIdUnknown"},
        {"Read timeout", "Read timeout"},
        {"0x80FF1234 is nobody's", "0x80FF1234 is nobody's"},
        {"0x8020 is too short, 0x", "0x8020 is too short, 0x"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        _cleanup_(osm_freep) char *text = osm_status_code_spell(cases[i][0]);

        assert_string_equal(text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_codes_are_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service_faults, setup, teardown),
        cmocka_unit_test(test_spelled),
        cmocka_unit_test(test_which_results_are_losses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
