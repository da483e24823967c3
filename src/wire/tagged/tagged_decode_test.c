/* SPDX-License-Identifier: MIT */
/* The tagged decoder: what values become (types.md §5, methods.md §4). */
#include "testing/testing_tagged.h"

#include "wire/value/styles.h"

/* --- values -------------------------------------------------------------------------------- */

/* What is read, by which reader (type 0: a tagged Variant, 100: a tagged DataValue), comes out in
 * the tagged style; the type of a value is shown only where it is not the one asked for. */
static const struct value_case {
    uint32_t type;
    const char *json, *expected;
} values[] = {
#define V(type, rest) "{'__t':'Variant','type':{'__t':'BuiltinType','v':" #type "}," rest "}"
#define IS(type, value) V(type, "'value':" value ",'dims':null,'bytesB64':null")
    /* untagged: the rules of write */
    {6, "6", IS(6, "6")},
    {6, "'6'", IS(6, "6")},
    {6, "[1,2,3]", IS(6, "[1,2,3]")},
    {6, "1.5",
     "EncodingException: read: args[0]: cannot encode 1.5 as Int32: an integer from "
     "-2147483648 to 2147483647 is needed"},
    {6, "{'0':1,'1':2}", IS(6, "[1,2]")},
    {9, "18446744073709551615", IS(9, "-1")},
    {11, "3", IS(11, "3.0")},
    {11, "'NaN'", IS(11, "'NaN'")},
    {12, "null", IS(12, "null")},
    {13, "'2024-02-29T12:34:56Z'",
     IS(13, "{'__t':'DateTime','v':'2024-02-29T12:34:56.000000+00:00'}")},
    {15, "'text'", V(15, "'value':null,'dims':null,'bytesB64':'dGV4dA=='")},
    {17, "{'ns':1,'id':5}", IS(17, "{'__t':'NodeId','v':'ns=1;i=5'}")},
    /* tagged */
    {13, "{'__t':'DateTime','v':'2024-02-29T12:34:56.789012+02:00'}",
     IS(13, "{'__t':'DateTime','v':'2024-02-29T10:34:56.789012+00:00'}")},
    {13, "[{'__t':'DateTime','v':'2024-02-29T12:34:56.000000+00:00'},null]",
     IS(13, "[{'__t':'DateTime','v':'2024-02-29T12:34:56.000000+00:00'},null]")},
    {17, "{'__t':'NodeId','v':'ns=1;s=abc'}", IS(17, "{'__t':'NodeId','v':'ns=1;s=abc'}")},
    {17, "[{'__t':'NodeId','v':'i=85'},{'__t':'NodeId','v':'ns=1;b=DEADBEEF'},'i=5']",
     IS(17, "[{'__t':'NodeId','v':'i=85'},{'__t':'NodeId','v':'ns=1;b=deadbeef'},"
            "{'__t':'NodeId','v':'i=5'}]")},
    {18, "{'__t':'NodeId','v':'ns=1;i=5'}", IS(18, "{'__t':'NodeId','v':'ns=1;i=5'}")},
    {20, "{'__t':'QualifiedName','ns':1,'n':'qq'}",
     IS(20, "{'__t':'QualifiedName','ns':1,"
            "'n':'qq'}")},
    {21, "{'__t':'LocalizedText','text':'x'}",
     IS(21, "{'__t':'LocalizedText','locale':null,"
            "'text':'x'}")},
    {22,
     "{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=886'},'encoding':1,"
     "'bodyB64':'AAAA','value':null}",
     IS(22, "{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=886'},'encoding':1,"
            "'bodyB64':'AAAA','value':null}")},
    {23, "{'__t':'DataValue','status':2147483648}",
     IS(23, "{'__t':'DataValue','variant':null,'status':2147483648,'sourceTs':null,"
            "'serverTs':null}")},
    {24, "[" IS(6, "1") "," IS(24, "null") "," IS(12, "'b'") "]",
     IS(24, "[" IS(6, "1") "," IS(24, "null") "," IS(12, "'b'") "]")},
    {24, IS(6, "1"),
     "EncodingException: read: args[0]: cannot encode an object as Variant: OPC UA "
     "allows Variants in a Variant only as list"},
    /* well-formed, but another type is due */
    {6, "{'__t':'NodeId','v':'i=1'}",
     "TypeError: read: args[0] must be Int32, not a tagged NodeId"},
    {6, "[{'__t':'BuiltinType','v':1}]",
     "TypeError: read: args[0][0] must be Int32, not a tagged BuiltinType"},
    {13, "{'__t':'NodeId','v':'i=1'}",
     "TypeError: read: args[0] must be DateTime, not a tagged NodeId"},
    {17, "{'__t':'DateTime','v':'2024-02-29T12:34:56.000000+00:00'}",
     "TypeError: read: args[0] must be NodeId, not a tagged DateTime"},
    {24, "[{'__t':'DataValue'}]",
     "TypeError: read: args[0][0] must be Variant, not a tagged DataValue"},
    {25, "{'__t':'NodeId','v':'i=1'}",
     "TypeError: read: args[0] must be DiagnosticInfo, not a tagged NodeId"},
    {13, "{'__t':5}", "EncodingException: Invalid wire payload: '__t' must be a string, got int."},
    {20, "{'__t':'QualifiedName','ns':1}", BAD_NAME},
    /* Variants */
    {0, IS(6, "5"), IS(6, "5")},
    {0, V(6, "'value':[1,2,3,4],'dims':[2,2]"),
     V(6, "'value':[1,2,3,4],'dims':[2,2],'bytesB64':null")},
    {0, V(6, "'value':[1,2,3],'dims':[2,2]"),
     "EncodingException: read: args[0]: cannot encode a list as Int32: dimensions do not fit the "
     "length of value"},
    {0, V(15, "'bytesB64':'//4A'"), V(15, "'value':null,'dims':null,'bytesB64':'//4A'")},
    {0, V(15, "'bytesB64':''"), V(15, "'value':null,'dims':null,'bytesB64':''")},
    {0, V(15, "'value':null"), IS(15, "null")},
    {0, V(15, "'value':'a'"), V(15, "'value':null,'dims':null,'bytesB64':'YQ=='")},
    {0, V(15, "'value':['a','b'],'dims':null,'bytesB64':null"), IS(15, "['a','b']")},
    {0, V(15, "'value':['/w==','YQ=='],'base64':true"),
     V(15, "'value':['/w==','YQ=='],'dims':null,'bytesB64':null,'base64':true")},
    {0, V(12, "'bytesB64':'YQ=='"),
     "EncodingException: Variant wire payload: 'bytesB64' is the "
     "value of a ByteString only."},
    {0, IS(24, "null"), IS(24, "null")},
    {0, IS(24, "[]"), IS(24, "[]")},
    {0, IS(25, "[]"), IS(25, "[]")},
    {0, IS(24, "[" IS(24, "[" IS(1, "true") "]") "]"),
     IS(24, "[" IS(24, "[" IS(1, "true") "]") "]")},
    {0, IS(6, "null"),
     "EncodingException: read: args[0]: cannot encode null as Int32: an integer "
     "from -2147483648 to 2147483647 is needed"},
    {0, "5", "TypeError: read: args[0] must be a tagged Variant"},
    {0, "null", "TypeError: read: args[0] must be a tagged Variant"},
    {0, "{'type':6,'value':1}", "TypeError: read: args[0] must be a tagged Variant"},
    {0, "{'__t':'DataValue'}", "TypeError: read: args[0] must be a tagged Variant"},
/* DataValues */
#define TIME(clock) "{'__t':'DateTime','v':'2024-02-29T" clock "+00:00'}"
#define DATA(variant, source)                                                                      \
    "{'__t':'DataValue','variant':" variant ",'status':5,'sourceTs':" source ",'serverTs':null}"
    {100, DATA(IS(11, "1.5"), TIME("12:34:56.789012")),
     DATA(IS(11, "1.5"), TIME("12:34:56.789012"))},
    {100, DATA("null", "null"), DATA("null", "null")},
    {100, DATA(IS(24, "null"), "null"), DATA("null", "null")},
    {100, "{'__t':'DataValue','serverTs':" TIME("12:34:56.000000") "}",
     "{'__t':'DataValue','variant':null,'status':0,'sourceTs':null,'serverTs':" TIME(
         "12:34:56.000000") "}"},
    {100, "{'__t':'DataValue','sourceTs':{'__t':'DateTime','v':'x'}}",
     "EncodingException: Invalid DateTime wire payload: could not parse 'x'."},
    {100, "{'__t':'DataValue','serverTs':{'__t':'DateTime','v':'x'}}",
     "EncodingException: Invalid DateTime wire payload: could not parse 'x'."},
    {100, DATA(IS(6, "'x'"), "null"),
     "EncodingException: read: args[0]: cannot encode 'x' as "
     "Int32: an integer from -2147483648 to 2147483647 is needed"},
    {100, "{'__t':'DataValue','status':4294967296}",
     "EncodingException: read: args[0]: cannot encode 4294967296 as StatusCode: an integer from 0 "
     "to 4294967295 is needed"},
    {0, IS(23, "[{'__t':'DataValue'},{'__t':'DataValue','status':'0'}]"),
     "TypeError: read: args[0][1].status must be an integer"},
    {100, "{'value':1,'type':6}", "TypeError: read: args[0] must be a tagged DataValue"},
};

static bool read_case(const struct osm_decode *decode, const struct value_case *value_case,
                      yyjson_val *value)
{
    struct osm_encoder encoder =
        osm_encoder_make(test_out_begin(&test_tagged_out), NULL, &osm_tagged_style);
    UA_DataValue data;
    UA_Variant variant;

    if (value_case->type == 100) {
        if (!osm_tagged_read_data_value(decode, value, &data))
            return false;
        osm_encode_value(&encoder, &data, &UA_TYPES[UA_TYPES_DATAVALUE]);
        return true;
    }
    if (value_case->type ? !osm_tagged_read_value(decode, value, value_case->type, &variant)
                         : !osm_tagged_read_variant(decode, value, &variant))
        return false;
    osm_encode_value(&encoder, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    return true;
}

static void test_values(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(values); i++) {
        yyjson_doc *doc = test_parse(values[i].json);
        struct osm_fault fault = {0};
        struct osm_decode decode = test_tagged_decode(&fault);

        if (!read_case(&decode, &values[i], yyjson_doc_get_root(doc)))
            test_tagged_fault(&fault);
        test_tagged_is(values[i].json, values[i].expected);
        yyjson_doc_free(doc);
        osm_arena_reset(&test_tagged_arena);
    }
}

#define READ(reader, json, ...)                                                                    \
    do {                                                                                           \
        yyjson_doc *doc_ = test_parse(json);                                                       \
        struct osm_fault fault_ = {0};                                                             \
        struct osm_decode decode_ = test_tagged_decode(&fault_);                                   \
                                                                                                   \
        ok = reader(&decode_, yyjson_doc_get_root(doc_), __VA_ARGS__);                             \
        assert_int_equal(ok, !osm_fault_is_set(&fault_));                                          \
        test_tagged_fault(&fault_);                                                                \
        yyjson_doc_free(doc_);                                                                     \
    } while (0)

/* DataValues in Variants in DataValues …, without a list between them. */
static void test_nesting(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf json = {0};
    UA_DataValue value;
    bool ok;

    for (int levels = 31; levels <= 32; levels++) {
        osm_buf_truncate(&json, 0);
        for (int i = 0; i < levels; i++)
            osm_buf_printf(&json, "{'__t':'DataValue','variant':{'__t':'Variant','type':"
                                  "{'__t':'BuiltinType','v':23},'value':");
        osm_buf_printf(&json, "{'__t':'DataValue','variant':%s}", IS(6, "5"));
        for (int i = 0; i < levels; i++)
            osm_buf_printf(&json, "}}");
        READ(osm_tagged_read_data_value, osm_buf_text(&json), &value);
        assert_int_equal(ok, levels == 31);
        osm_arena_reset(&test_tagged_arena);
    }
    test_tagged_is("nested",
                   "EncodingException: read: args[0]: cannot encode 5 as Int32: nested too "
                   "deeply");
}

/* --- single readers ------------------------------------------------------------------------ */

static void test_ids(void **state)
{
    UA_NodeId id;
    bool ok;

    READ(osm_tagged_read_node_id, "'ns=1;i=5'", &id);
    assert_true(ok);
    assert_int_equal(id.namespaceIndex, 1);
    READ(osm_tagged_read_node_id, "{'__t':'NodeId','v':'ns=2;i=6'}", &id);
    assert_true(ok);
    assert_int_equal(id.identifier.numeric, 6);
    READ(osm_tagged_read_node_id, "5", &id);
    test_tagged_is("5", "TypeError: read: args[0] must be a tagged NodeId or its text");
    READ(osm_tagged_read_node_id, "{'ns':0,'id':5,'type':'numeric'}", &id);
    test_tagged_is("object", "TypeError: read: args[0] must be a tagged NodeId or its text");
    READ(osm_tagged_read_node_id, "'85'", &id);
    test_tagged_is("85", "InvalidNodeIdException: Invalid NodeId format: 85");
}

static void test_enums_and_names(void **state)
{
    UA_QualifiedName name;
    UA_LocalizedText text;
    UA_DateTime time;
    const char *function;
    int64_t number;
    bool ok;

    READ(osm_tagged_read_enum, "{'__t':'NodeClass','v':2}", "NodeClass", &number);
    assert_int_equal(number, 2);
    READ(osm_tagged_read_enum, "2", "NodeClass", &number);
    test_tagged_is("2", "TypeError: read: args[0] must be a tagged NodeClass");
    READ(osm_tagged_read_enum, "{'__t':'BuiltinType','v':2}", "NodeClass", &number);
    test_tagged_is("type", "TypeError: read: args[0] must be a tagged NodeClass");
    READ(osm_tagged_read_aggregate_function, "{'__t':'AggregateFunction','v':'count'}", &function);
    assert_string_equal(function, "count");
    READ(osm_tagged_read_aggregate_function, "'count'", &function);
    test_tagged_is("count", "TypeError: read: args[0] must be a tagged AggregateFunction");
    READ(osm_tagged_read_qualified_name, "{'ns':1,'n':'a'}", &name);
    test_tagged_is("name", "TypeError: read: args[0] must be a tagged QualifiedName");
    READ(osm_tagged_read_localized_text, "'a'", &text);
    test_tagged_is("text", "TypeError: read: args[0] must be a tagged LocalizedText");
    READ(osm_tagged_read_date_time_or_null, "null", &time);
    assert_true(ok);
    assert_int_equal(time, 0);
    READ(osm_tagged_read_date_time, "null", &time);
    test_tagged_is("null", "TypeError: read: args[0] must be a tagged DateTime");
    READ(osm_tagged_read_date_time_or_null, "'2024-02-29T12:34:56.000000+00:00'", &time);
    test_tagged_is("text", "TypeError: read: args[0] must be a tagged DateTime");
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_enums_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, test_tagged_release);
}
