/* SPDX-License-Identifier: MIT */
/*
 * Event filters as callers write them (extensions.md §8). A filter is told as text: fields as
 * messages call them, conditions as `<operator>(<operands>)` in the order of their elements, `@n`
 * being the element n.
 */
#include "core/subscription/event_filter.h"
#include "serve/method/event_select.h"
#include "serve/method/event_where.h"
#include "testing/testing.h"
#include "wire/text/node_id.h"

static struct osm_arena arena;

static int setup(void **state)
{
    (void)state;
    osm_arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osm_arena_deinit(&arena);
    return 0;
}

/* Single quotes stand for double ones. */
static yyjson_val *parse(const char *text)
{
    char *copy = osm_arena_text(&arena, text, strlen(text));
    size_t size = yyjson_read_max_memory_usage(strlen(copy), 0);
    yyjson_alc alc;
    yyjson_doc *doc;

    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    assert_true(yyjson_alc_pool_init(&alc, osm_arena_alloc(&arena, size), size));
    doc = yyjson_read_opts(copy, strlen(copy), 0, &alc, NULL);
    assert_non_null(doc);
    return yyjson_doc_get_root(doc);
}

static struct osm_decode decoder(struct osm_fault *fault)
{
    struct osm_decode decode = osm_decode_make(&arena, fault, "m", 0, NULL);

    return osm_decode_at(&decode, 5);
}

/* --- fields -------------------------------------------------------------------------------- */

static const char *field_of(const char *json, bool tagged)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = decoder(&fault);
    UA_SimpleAttributeOperand field;

    if (!osm_event_select_decode(&decode, tagged, parse(json), &field))
        return osm_arena_printf(&arena, "%s: %s", osm_fault_name(fault.type), fault.message);
    assert_false(osm_fault_is_set(&fault));
    return osm_event_filter_text(&field, &arena);
}

static void test_fields(void **state)
{
    static const struct {
        const char *json, *expected;
    } cases[] = {
        {"'Severity'", "Severity"},
        {"'ActiveState/Id'", "ActiveState/Id"},
        {"'2:Tank/0:Id'", "2:Tank/Id"},
        {"''", ""},
        {"'ConditionId'", "i=2782#1"},
        {"'0:ConditionId'", "i=2782#1"},
        {"'i=2782/ConditionId'", "i=2782#1"},
        {"'i=2782#NodeId'", "i=2782#1"},
        {"'i=2782#1'", "i=2782#1"},
        {"'i=2782'", "i=2782#1"},
        {"'#NodeId'", "i=2782#1"},
        {"'2:ConditionId'", "2:ConditionId"},
        {"'i=9341/LimitState/CurrentState'", "i=9341/LimitState/CurrentState"},
        {"'ns=2;i=1001/2:Level#DisplayName'", "ns=2;i=1001/2:Level#4"},
        {"'Pump#3'", "Pump#3"},
        {"'Pump#x'", "Pump#x"},
        {"'Pump#99'", "Pump#99"},
        {"'Pump#13x'", "Pump#13x"},
        {"'Pump#13'", "Pump"},
        {"{'typeDefinitionId':'i=2782','browsePath':[],'attributeId':1}", "i=2782#1"},
        {"{'typeDefinitionId':{'ns':0,'id':2782,'type':'numeric'},'attributeId':1}", "i=2782#1"},
        {"{'type':'i=2782'}", "i=2782#1"},
        {"{'path':'ConditionId'}", "i=2782#1"},
        {"{'attribute':'nodeid'}", "i=2782#1"},
        {"{'browsePath':['ActiveState','Id']}", "ActiveState/Id"},
        {"{'browsePath':[{'ns':2,'name':'Level'}],'type':'ns=2;i=7'}", "ns=2;i=7/2:Level"},
        {"{'browsePath':'ActiveState/Id','indexRange':'1:2'}", "ActiveState/Id"},
        {"5", "TypeError: m: params[5] must be a string or an object"},
        {"'i=x/Level'", "InvalidNodeIdException: Invalid NodeId format: i=x"},
        {"{'browsePath':5}",
         "TypeError: m: params[5].browsePath must be a path or a list of names"},
        {"{'path':'X','attributeId':28}",
         "TypeError: m: params[5].attributeId must be an attribute id or its name"},
        {"{'path':'X','attribute':'13x'}",
         "TypeError: m: params[5].attribute must be an attribute id or its name"},
        {"{'path':'X','attribute':'Colour'}",
         "TypeError: m: params[5].attribute must be an attribute id or its name"},
        {"{'path':'X','indexRange':5}", "TypeError: m: params[5].indexRange must be a string"},
        {"{'path':'X','type':5}", "TypeError: m: params[5].type must be a NodeId object"},
        {"{'path':'X','attributeId':27}", "X#27"},
        {"{'path':'X','attributeId':-1}",
         "TypeError: m: params[5].attributeId must be an attribute id or its name"},
        {"{'path':'X','attributeId':1.5}",
         "TypeError: m: params[5].attributeId must be an attribute id or its name"},
        {"{'browsePath':['A',5]}",
         "TypeError: m: params[5].browsePath must be a QualifiedName object"},
        {"'Pump#0013'", "Pump#0013"},
        {"'Pump#'", "Pump#"},
        {"'#'", "#"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        assert_string_equal(field_of(cases[i].json, false), cases[i].expected);
    assert_string_equal(field_of("{'type':{'__t':'NodeId','v':'i=2782'}}", true), "i=2782#1");
}

/* --- conditions ---------------------------------------------------------------------------- */

static void print_variant(struct osm_buf *out, const UA_Variant *value)
{
    const void *data = value->data;

    if (value->type == &UA_TYPES[UA_TYPES_NODEID])
        osm_buf_printf(out, "%s", osm_node_id_text(&arena, data));
    else if (value->type == &UA_TYPES[UA_TYPES_STRING])
        osm_buf_printf(out, "'%.*s'", (int)((const UA_String *)data)->length,
                       (const char *)((const UA_String *)data)->data);
    else if (value->type == &UA_TYPES[UA_TYPES_UINT16])
        osm_buf_printf(out, "%uu16", *(const UA_UInt16 *)data);
    else if (value->type == &UA_TYPES[UA_TYPES_INT32])
        osm_buf_printf(out, "%di32", *(const UA_Int32 *)data);
    else if (value->type == &UA_TYPES[UA_TYPES_BOOLEAN])
        osm_buf_printf(out, "%s", *(const UA_Boolean *)data ? "true" : "false");
    else
        osm_buf_printf(out, "%s", value->type->typeName);
}

static void print_operand(struct osm_buf *out, const UA_ExtensionObject *operand)
{
    const UA_DataType *type = operand->content.decoded.type;
    const void *data = operand->content.decoded.data;

    if (type == &UA_TYPES[UA_TYPES_ELEMENTOPERAND])
        osm_buf_printf(out, "@%u", ((const UA_ElementOperand *)data)->index);
    else if (type == &UA_TYPES[UA_TYPES_LITERALOPERAND])
        print_variant(out, &((const UA_LiteralOperand *)data)->value);
    else
        osm_buf_printf(out, "%s", osm_event_filter_text(data, &arena));
}

static const char *where_of(const char *json)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    struct osm_fault fault = {0};
    struct osm_decode decode = decoder(&fault);
    UA_ContentFilter filter;

    if (!osm_event_where_decode(&decode, false, parse(json), &filter))
        return osm_arena_printf(&arena, "%s: %s", osm_fault_name(fault.type), fault.message);
    assert_false(osm_fault_is_set(&fault));
    osm_buf_add_text(&out, "");
    for (size_t i = 0; i < filter.elementsSize; i++) {
        const UA_ContentFilterElement *element = &filter.elements[i];

        osm_buf_printf(&out, "%s%d(", i ? " " : "", (int)element->filterOperator);
        for (size_t j = 0; j < element->filterOperandsSize; j++) {
            osm_buf_printf(&out, "%s", j ? "," : "");
            print_operand(&out, &element->filterOperands[j]);
        }
        osm_buf_printf(&out, ")");
    }
    return osm_arena_text(&arena, out.data, out.length);
}

static void test_conditions(void **state)
{
    static const struct {
        const char *json, *expected;
    } cases[] = {
        {"null", ""},
        {"[]", ""},
        {"{'severity':500}", "4(Severity,500u16)"},
        {"{'ofType':'i=2915'}", "14(i=2915)"},
        {"{'ofType':['i=1','i=2']}", "11(@1,@2) 14(i=1) 14(i=2)"},
        {"{'source':'Tank'}", "0(SourceName,'Tank')"},
        {"{'source':'ns=1;s=Tank'}", "0(SourceNode,ns=1;s=Tank)"},
        {"{'severity':1,'source':['a','i=5'],'ofType':'i=2'}",
         "10(@1,@2) 4(Severity,1u16) 10(@3,@6) 11(@4,@5) 0(SourceName,'a') 0(SourceNode,i=5) "
         "14(i=2)"},
        {"{'GreaterThanOrEqual':['Severity',500]}", "4(Severity,500u16)"},
        {"{'>=':['Severity',500]}", "4(Severity,500u16)"},
        {"{'operator':'Between','operands':['Severity',1,2]}", "8(Severity,1u16,2u16)"},
        {"{'Not':{'IsNull':'Message'}}", "7(@1) 1(Message)"},
        {"{'NotEquals':['SourceName','x']}", "7(@1) 0(SourceName,'x')"},
        {"{'And':[{'Like':['SourceName','%x']},{'Equals':['ActiveState/Id',true]},"
         "{'Or':[{'ofType':'i=1'}]}]}",
         "10(@1,@2) 6(SourceName,'%x') 10(@3,@4) 0(ActiveState/Id,true) 14(i=1)"},
        {"{'InList':['SourceName','a','b','c']}", "9(SourceName,'a','b','c')"},
        {"{'Equals':['ConditionId','ns=1;s=x']}", "0(i=2782#1,ns=1;s=x)"},
        {"{'Equals':[{'field':{'type':'i=9','path':'2:A'}},{'value':5,'type':5}]}",
         "0(i=9/2:A,5u16)"},
        {"{'LessThan':['2:Level',{'field':'2:Limit'}]}", "3(2:Level,2:Limit)"},
        {"{'BitwiseAnd':['2:Flags',-1]}", "16(2:Flags,-1i32)"},
        {"{'Equals':['2:X',5000000000]}", "0(2:X,Int64)"},
        {"{'Equals':['2:X',18446744073709551615]}", "0(2:X,UInt64)"},
        {"{'Equals':['2:X',1.5]}", "0(2:X,Double)"},
        {"{'GreaterThan':['Time','2024-01-01T00:00:00Z']}", "2(Time,DateTime)"},
        {"{'Equals':['2:X',{'value':true}]}", "0(2:X,true)"},
        {"{'Equals':['Severity',{'value':5,'type':null}]}", "0(Severity,5i32)"},
        {"{'source':{'ns':1,'id':5,'type':'numeric'}}", "0(SourceNode,ns=1;i=5)"},
        {"{'LessThan':['2:X',-3000000000]}", "3(2:X,Int64)"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        assert_string_equal(where_of(cases[i].json), cases[i].expected);
}

static void test_wrong_conditions(void **state)
{
    static const struct {
        const char *json, *expected;
    } cases[] = {
        {"5", "m: params[5] must be an object with a condition"},
        {"{}", "m: params[5] must be an object with a condition"},
        {"{'Colour':5}", "m: params[5].Colour must be And, Or, Not,"},
        {"{'Equals':['x']}", "m: params[5].Equals must be a list of 2"},
        {"{'InList':['x']}", "m: params[5].InList must be a list of 2 to 1000"},
        {"{'And':[{'severity':1},{'Or':[{'ofType':'i=1'},5]}]}",
         "m: params[5].And[1].Or[1] must be an object with a condition"},
        {"{'severity':70000}", "m: params[5].severity"},
        {"{'severity':null}", "m: params[5].severity must be one value"},
        {"{'ofType':5}", "m: params[5].ofType[0] must be a NodeId"},
        {"{'ofType':'Alarm'}", "Invalid NodeId format: Alarm"},
        {"{'Equals':['x',{'value':5,'type':99}]}", "99 is not a valid backing value"},
        {"{'NotEquals':['x',null]}", "m: params[5].NotEquals[1] must be one value"},
        {"{'Not':5}", "m: params[5].Not must be an object with a condition"},
        {"{'severity':1,'ofType':5}", "m: params[5].ofType[0] must be a NodeId"},
        {"{'ofType':[5,'i=1']}", "m: params[5].ofType[0] must be a NodeId"},
        {"{'Equals':[5,5]}", ""},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        if (!strstr(where_of(cases[i].json), cases[i].expected))
            assert_string_equal(where_of(cases[i].json), cases[i].expected);
}

static void test_too_many_conditions(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf json = {0};

    (void)state;
    osm_buf_add_text(&json, "{'Or':[");
    for (int i = 0; i < 150; i++)
        osm_buf_printf(&json, "%s{'ofType':'i=%d'}", i ? "," : "", i);
    osm_buf_add_text(&json, "]}");
    osm_buf_add_byte(&json, '\0');
    assert_non_null(strstr(where_of(json.data), "more than 200 conditions"));
}

/* --- what we ask for ourselves ------------------------------------------------------------- */

static void test_ours(void **state)
{
    UA_String texts[] = {UA_STRING_STATIC("Message"), UA_STRING_STATIC("EventId")};
    UA_EventFilter *filter = osm_event_filter_make(texts, 2, &arena);

    (void)state;
    osm_event_filter_complete(filter, &arena);
    assert_int_equal(filter->selectClausesSize, 3);
    assert_true(osm_event_filter_is_condition_id(&filter->selectClauses[2]));
    osm_event_filter_complete(filter, &arena);
    assert_int_equal(filter->selectClausesSize, 3);
    filter = osm_event_filter_make(texts, 0, &arena);
    osm_event_filter_complete(filter, &arena);
    assert_int_equal(filter->selectClausesSize, 0);
}

static void test_what_a_server_has_against_it(void **state)
{
    UA_String texts[] = {UA_STRING_STATIC("Message"), UA_STRING_STATIC("Colour")};
    UA_EventFilter *filter = osm_event_filter_make(texts, 2, &arena);
    UA_StatusCode statuses[] = {0, UA_STATUSCODE_BADNODEIDUNKNOWN,
                                UA_STATUSCODE_BADTYPEDEFINITIONINVALID};
    UA_ContentFilterElementResult element = {.operandStatusCodes = statuses,
                                             .operandStatusCodesSize = 2};
    const UA_EventFilterResult result = {
        .selectClauseResults = statuses,
        .selectClauseResultsSize = 3,
        .whereClauseResult = {.elementResults = &element, .elementResultsSize = 1}};
    const char **list;
    size_t size;

    (void)state;
    filter->whereClause.elementsSize = 1;
    list = osm_event_filter_warnings(filter, 2, &result, &arena, &size);
    assert_int_equal(size, 2);
    assert_string_equal(list[0],
                        "field 2, Colour, selects nothing: the server says BadNodeIdUnknown");
    assert_string_equal(list[1],
                        "condition 1 of the where clause: the server says BadNodeIdUnknown");
    osm_event_filter_complete(filter, &arena);
    assert_true(osm_event_filter_is_refused(filter, 2, UA_STATUSCODE_BADNODEIDUNKNOWN, &result));
    assert_false(osm_event_filter_is_refused(filter, 2, UA_STATUSCODE_BADNODEIDUNKNOWN, NULL));
    assert_false(osm_event_filter_is_refused(filter, 2, 0, &result));
    assert_true(osm_event_filter_is_refused(filter, 2, UA_STATUSCODE_BADEVENTFILTERINVALID, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_server_has_against_it, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
