/* SPDX-License-Identifier: MIT */
/* What servers say of event filters (OPC 10000-4 §7.22.3.4): refusals that our own fields may have
 * caused, and warnings for callers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>

#include "core/subscription/event_filter.h"

#define BAD UA_STATUSCODE_BADNODEIDUNKNOWN

static void test_a_result_is_had_when_it_is_one(void **state)
{
    UA_EventFilterResult result = {0};
    UA_ExtensionObject object = {0};

    (void)state;
    assert_null(osm_event_filter_result(&object));
    UA_ExtensionObject_setValueNoDelete(&object, &result, &UA_TYPES[UA_TYPES_EVENTFILTERRESULT]);
    assert_ptr_equal(osm_event_filter_result(&object), &result);
    object.encoding = UA_EXTENSIONOBJECT_DECODED;
    assert_ptr_equal(osm_event_filter_result(&object), &result);
    object.content.decoded.type = &UA_TYPES[UA_TYPES_EVENTFILTER];
    assert_null(osm_event_filter_result(&object));
    object.content.decoded.type = &UA_TYPES[UA_TYPES_EVENTFILTERRESULT];
    object.encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
    assert_null(osm_event_filter_result(&object));
}

/* Two fields of a caller's, one of ours. The result, where there is one, says this of the three. */
static void test_what_our_fields_may_have_caused(void **state)
{
    static const struct {
        UA_StatusCode status;
        UA_StatusCode of[4];
        size_t told;
        bool refused;
    } rows[] = {
        {.status = UA_STATUSCODE_GOOD, .of = {0, 0, BAD}, .told = 3},
        {.status = UA_STATUSCODE_UNCERTAIN, .of = {0, 0, BAD}, .told = 3},
        {.status = BAD, .of = {0, 0, BAD}, .told = 3, .refused = true},
        {.status = BAD, .of = {BAD, BAD, 0}, .told = 3},
        {.status = BAD, .of = {0, 0, UA_STATUSCODE_UNCERTAIN}, .told = 3},
        {.status = BAD, .of = {0, 0, 0, BAD}, .told = 3}, /* of no field */
        {.status = BAD},
        {.status = UA_STATUSCODE_BADEVENTFILTERINVALID, .refused = true},
        {.status = UA_STATUSCODE_BADMONITOREDITEMFILTERINVALID, .refused = true},
        {.status = UA_STATUSCODE_BADMONITOREDITEMFILTERUNSUPPORTED, .refused = true},
        {.status = UA_STATUSCODE_BADTYPEDEFINITIONINVALID, .refused = true},
    };
    const UA_EventFilter filter = {.selectClausesSize = 3};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        const UA_EventFilterResult result = {.selectClauseResults =
                                                 (UA_StatusCode *)(uintptr_t)rows[i].of,
                                             .selectClauseResultsSize = rows[i].told};

        assert_int_equal(osm_event_filter_is_refused(&filter, 2, rows[i].status, &result),
                         rows[i].refused);
        /* where nothing was added it is the caller's business */
        assert_false(osm_event_filter_is_refused(&filter, 3, rows[i].status, &result));
        if (!rows[i].told)
            assert_int_equal(osm_event_filter_is_refused(&filter, 2, rows[i].status, NULL),
                             rows[i].refused);
    }
}

struct fixture {
    struct osm_arena arena;
    UA_EventFilter *filter; /* of Message, Severity, ConditionId, and what we add */
    UA_ContentFilterElement elements[2];
    UA_StatusCode fields[5];
    UA_StatusCode operands[3];
    UA_ContentFilterElementResult conditions[3];
    UA_EventFilterResult result;
};

static int setup(void **state)
{
    static const UA_String fields[] = {UA_STRING_STATIC("Message"), UA_STRING_STATIC("Severity"),
                                       UA_STRING_STATIC("ConditionId")};
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    osm_arena_init(&fixture->arena);
    fixture->filter = osm_event_filter_make(fields, 3, &fixture->arena);
    osm_event_filter_complete(fixture->filter, &fixture->arena);
    fixture->filter->whereClause =
        (UA_ContentFilter){.elements = fixture->elements, .elementsSize = 2};
    fixture->result = (UA_EventFilterResult){
        .selectClauseResults = fixture->fields,
        .selectClauseResultsSize = 4,
        .whereClauseResult = {.elementResults = fixture->conditions, .elementResultsSize = 2}};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_arena_deinit(&fixture->arena);
    test_free(fixture);
    return 0;
}

/* Exactly these, in order; NULL = the end. */
static void warned(struct fixture *fixture, size_t selected, const char *first, const char *second)
{
    size_t size;
    const char **list = osm_event_filter_warnings(fixture->filter, selected, &fixture->result,
                                                  &fixture->arena, &size);

    assert_int_equal(size, (first != NULL) + (second != NULL));
    if (first)
        assert_string_equal(list[0], first);
    if (second)
        assert_string_equal(list[1], second);
}

static void test_fields_that_select_nothing(void **state)
{
    struct fixture *fixture = *state;

    warned(fixture, 3, NULL, NULL);
    fixture->fields[1] = UA_STATUSCODE_BADNOTHINGTODO;
    fixture->fields[2] = UA_STATUSCODE_BADNOTHINGTODO; /* has no path, and is told all the same */
    fixture->fields[3] = BAD;                          /* ours */
    warned(fixture, 3, "field 2, Severity, selects nothing: the server says BadNothingToDo", NULL);
    fixture->fields[2] = BAD;
    warned(fixture, 3, "field 2, Severity, selects nothing: the server says BadNothingToDo",
           "field 3, i=2782#1, selects nothing: the server says BadNodeIdUnknown");
    fixture->fields[0] = UA_STATUSCODE_UNCERTAIN;
    warned(fixture, 1, NULL, NULL);
    fixture->result.selectClauseResultsSize = 1; /* of the others nothing is said */
    warned(fixture, 3, NULL, NULL);
}

static void test_conditions_that_are_bad(void **state)
{
    struct fixture *fixture = *state;

    fixture->operands[1] = BAD;
    fixture->operands[2] = UA_STATUSCODE_BADTIMEOUT;
    fixture->conditions[0].operandStatusCodes = fixture->conditions[1].operandStatusCodes =
        fixture->operands;
    fixture->conditions[0].operandStatusCodesSize = 1; /* the bad ones lie behind */
    fixture->conditions[1].operandStatusCodesSize = 3;
    fixture->conditions[2].statusCode = BAD; /* of no condition */
    warned(fixture, 3, "condition 2 of the where clause: the server says BadNodeIdUnknown", NULL);
    fixture->conditions[0].statusCode = UA_STATUSCODE_BADFILTEROPERATORINVALID;
    fixture->conditions[0].operandStatusCodesSize = 3;
    warned(fixture, 3, "condition 1 of the where clause: the server says BadFilterOperatorInvalid",
           "condition 2 of the where clause: the server says BadNodeIdUnknown");
    fixture->result.whereClauseResult.elementResultsSize = 3;
    warned(fixture, 3, "condition 1 of the where clause: the server says BadFilterOperatorInvalid",
           "condition 2 of the where clause: the server says BadNodeIdUnknown");
    fixture->result.whereClauseResult.elementResultsSize = 1;
    warned(fixture, 3, "condition 1 of the where clause: the server says BadFilterOperatorInvalid",
           NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_is_had_when_it_is_one),
        cmocka_unit_test(test_what_our_fields_may_have_caused),
        TEST(test_fields_that_select_nothing),
        TEST(test_conditions_that_are_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
