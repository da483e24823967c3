/* SPDX-License-Identifier: MIT */
/* Methods/: typed inputs and outputs of every shape, and one that fails as told. */
#include "plant.h"

/* What the library hands a method, without the names it has no use for here. */
#define METHOD(name)                                                                               \
    static UA_StatusCode name(UA_Server *server, const UA_NodeId *session, void *session_context,  \
                              const UA_NodeId *method, void *method_context,                       \
                              const UA_NodeId *object, void *object_context, size_t n_in,          \
                              const UA_Variant *in, size_t n_out, UA_Variant *out)

METHOD(call_nothing)
{
    return UA_STATUSCODE_GOOD;
}

METHOD(call_add)
{
    UA_Double sum = *(UA_Double *)in[0].data + *(UA_Double *)in[1].data;
    return UA_Variant_setScalarCopy(&out[0], &sum, &UA_TYPES[UA_TYPES_DOUBLE]);
}

METHOD(call_divide)
{
    UA_Int32 a = *(UA_Int32 *)in[0].data;
    UA_Int32 b = *(UA_Int32 *)in[1].data;
    if (b == 0 || (a == INT32_MIN && b == -1))
        return UA_STATUSCODE_BADOUTOFRANGE;
    UA_Int32 quotient = a / b;
    UA_Int32 rest = a % b;
    UA_StatusCode status = UA_Variant_setScalarCopy(&out[0], &quotient, &UA_TYPES[UA_TYPES_INT32]);
    return status | UA_Variant_setScalarCopy(&out[1], &rest, &UA_TYPES[UA_TYPES_INT32]);
}

METHOD(call_echo)
{
    return UA_Variant_copy(&in[0], &out[0]);
}

METHOD(call_sum)
{
    const UA_Double *values = in[0].data;
    UA_Double sum = 0;
    for (size_t i = 0; i < in[0].arrayLength; i++)
        sum += values[i];
    return UA_Variant_setScalarCopy(&out[0], &sum, &UA_TYPES[UA_TYPES_DOUBLE]);
}

METHOD(call_concat)
{
    const UA_String *a = in[0].data;
    const UA_String *b = in[1].data;
    UA_String joined;
    UA_StatusCode status = UA_ByteString_allocBuffer(&joined, a->length + b->length);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    for (size_t i = 0; i < joined.length; i++)
        joined.data[i] = i < a->length ? a->data[i] : b->data[i - a->length];
    status = UA_Variant_setScalarCopy(&out[0], &joined, &UA_TYPES[UA_TYPES_STRING]);
    UA_String_clear(&joined);
    return status;
}

METHOD(call_scale)
{
    const UA_Range *range = in[0].data;
    UA_Double factor = *(UA_Double *)in[1].data;
    UA_Range scaled = {range->low * factor, range->high * factor};
    return UA_Variant_setScalarCopy(&out[0], &scaled, &UA_TYPES[UA_TYPES_RANGE]);
}

METHOD(call_fail)
{
    return *(UA_StatusCode *)in[0].data;
}

#define SCALAR(name, type, description)                                                            \
    {                                                                                              \
        name, UA_NS0ID_##type, UA_VALUERANK_SCALAR, description                                    \
    }

static const struct osm_method methods[] = {
    {.name = "Nothing", .call = call_nothing, .description = "no arguments, no result"},
    {.name = "Add",
     .call = call_add,
     .inputs = {SCALAR("a", DOUBLE, "first"), SCALAR("b", DOUBLE, "second")},
     .outputs = {SCALAR("sum", DOUBLE, "a + b")},
     .description = "adds two numbers"},
    {.name = "Divide",
     .call = call_divide,
     .inputs = {SCALAR("a", INT32, "dividend"), SCALAR("b", INT32, "divisor, not 0")},
     .outputs = {SCALAR("quotient", INT32, "a / b"), SCALAR("rest", INT32, "a % b")},
     .description = "two results; BadOutOfRange for b = 0"},
    {.name = "Concat",
     .call = call_concat,
     .inputs = {SCALAR("a", STRING, "first"), SCALAR("b", STRING, "second")},
     .outputs = {SCALAR("text", STRING, "a and b")},
     .description = "joins two texts"},
    {.name = "Sum",
     .call = call_sum,
     .inputs = {{"values", UA_NS0ID_DOUBLE, UA_VALUERANK_ONE_DIMENSION, "any number of them"}},
     .outputs = {SCALAR("sum", DOUBLE, "of all")},
     .description = "adds an array"},
    {.name = "Echo",
     .call = call_echo,
     .inputs = {{"value", UA_NS0ID_BASEDATATYPE, UA_VALUERANK_ANY, "anything"}},
     .outputs = {{"value", UA_NS0ID_BASEDATATYPE, UA_VALUERANK_ANY, "the same"}},
     .description = "gives back what it is given"},
    {.name = "Scale",
     .call = call_scale,
     .inputs = {SCALAR("range", RANGE, "a structure"), SCALAR("factor", DOUBLE, "times this")},
     .outputs = {SCALAR("range", RANGE, "both ends multiplied")},
     .description = "a structure in and out"},
    {.name = "Fail",
     .call = call_fail,
     .inputs = {SCALAR("status", STATUSCODE, "to end with")},
     .description = "ends with the status it is given"},
};

void osm_plant_methods_build(struct osm_plant *plant)
{
    osm_plant_object(plant, "", "Methods", 0, "methods to call");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        osm_plant_method(plant, "Methods", &methods[i]);
}
