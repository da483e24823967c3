/* SPDX-License-Identifier: MIT */
/* What needs the address space of the demo server. */
#include "conformance.h"

#include <math.h>
#include <time.h>

/* Each type as scalar, array and matrix: read, through JSON and back, written and read again. */
static void round_trip(const char *form, const char *writable, enum opcua_type type)
{
    const struct opcua_write_item none = {0};
    struct opcua_value value = {0}, again = {0};
    struct opcua_write_item item = none;
    char from[96], to[96], *json;
    uint32_t status = 0;

    snprintf(from, sizeof(from), "ns=2;s=Types/%s/%s", form, opcua_type_name(type));
    snprintf(to, sizeof(to), "ns=2;s=Types/%s/%s", writable, opcua_type_name(type));
    CHECK(opcua_read_value(client, from, &value, &fault), "%s: %s", from, fault.message);
    if (type != OPCUA_TYPE_VARIANT || value.is_array)
        CHECK(value.type == type, "%s is %s", from, opcua_type_name(value.type));
    opcua_value_copy(&again, &value);
    CHECK(opcua_value_equal(&value, &again), "%s: a copy differs", from);
    opcua_value_clear(&again);
    json = opcua_value_to_json(&value);
    if (type < OPCUA_TYPE_STRUCTURE) {
        CHECK(opcua_value_from_json(&again, type, json, strlen(json), &fault), "%s: %s", from,
              fault.message);
        CHECK(opcua_value_equal(&value, &again), "%s changes on its way through JSON: %s", from,
              json);
        opcua_value_clear(&again);
        item.node = to;
        item.value = &value;
        CHECK(opcua_write(client, &item, 1, &status, &fault) && status == 0, "%s: %s 0x%x", to,
              fault.message, (unsigned)status);
        CHECK(opcua_read_value(client, to, &again, &fault), "%s: %s", to, fault.message);
        CHECK(opcua_value_equal(&value, &again), "%s is not what was written: %s", to, json);
        opcua_value_clear(&again);
    }
    free(json);
    opcua_value_clear(&value);
}

void types(void)
{
    for (int type = OPCUA_TYPE_BOOLEAN; type <= OPCUA_TYPE_DIAGNOSTIC_INFO; type++) {
        round_trip("Scalar", "Writable", (enum opcua_type)type);
        round_trip("Array", "WritableArray", (enum opcua_type)type);
        round_trip("Matrix", "WritableMatrix", (enum opcua_type)type);
    }
}

void writes(void)
{
    double level = 0;

    CHECK(opcua_write_double(client, "ns=2;s=Plant/Tank1/Setpoint", 42.5, &fault), "%s",
          fault.message);
    CHECK(opcua_read_double(client, "ns=2;s=Plant/Tank1/Setpoint", &level, &fault) && level == 42.5,
          "%g", level);
    CHECK(opcua_write_int64(client, "ns=2;s=Many/0001", -5, &fault), "%s", fault.message);
    CHECK(!opcua_write_int64(client, "ns=2;s=Many/0001", INT64_C(1) << 40, &fault) &&
              strcmp(fault.kind, "EncodingException") == 0,
          "%s %s", fault.kind, fault.message);
    CHECK(!opcua_write_double(client, "ns=2;s=Access/ReadOnly", 1, &fault) &&
              fault.source == OPCUA_SOURCE_SERVER && opcua_is_bad(fault.status),
          "%s", fault.message);
    CHECK(opcua_write_boolean(client, "ns=2;s=Plant/Tank1/Pump", true, &fault), "%s",
          fault.message);
    CHECK(!opcua_write_text(client, "ns=2;s=Plant/Tank1/Pump", "perhaps", &fault), "no Boolean");
}

void calls(void)
{
    struct opcua_call_result result;
    struct opcua_value inputs[2];
    double sum = 0;

    opcua_value_init_number(&inputs[0], OPCUA_TYPE_DOUBLE, 1.5);
    opcua_value_init_number(&inputs[1], OPCUA_TYPE_DOUBLE, 2);
    CHECK(opcua_call(client, "ns=2;s=Methods", "ns=2;s=Methods/Add", inputs, 2, &result, &fault),
          "%s", fault.message);
    CHECK(result.status == 0 && result.output_count == 1 &&
              opcua_value_to_double(&result.outputs[0], &sum) && sum == 3.5,
          "0x%x, %g", (unsigned)result.status, sum);
    opcua_call_result_clear(&result);
    CHECK(opcua_call(client, "ns=2;s=Methods", "ns=2;s=Methods/Add", inputs, 1, &result, &fault) &&
              opcua_is_bad(result.status),
          "an argument is missing: 0x%x", (unsigned)result.status);
    opcua_call_result_clear(&result);
    opcua_value_clear(&inputs[0]);
    opcua_value_clear(&inputs[1]);
}

static void on_notify(void *context, uint32_t handle, const struct opcua_value *fields,
                      size_t count)
{
    int *told = context;

    CHECK(handle == 3 && count == 6, "handle %u, %zu fields", handle, count);
    if (count != 6)
        return;
    CHECK(fields[5].type == OPCUA_TYPE_UINT16 && fields[4].type == OPCUA_TYPE_LOCALIZED_TEXT &&
              fields[0].type == OPCUA_TYPE_BYTESTRING && fields[0].items[0].text.length > 0,
          "types of the fields: %d %d %d", fields[0].type, fields[4].type, fields[5].type);
    (*told)++;
}

void notifications(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    struct opcua_subscription *subscription = opcua_subscribe(client, &often, &fault);
    struct opcua_call_result result;
    struct opcua_value inputs[2];
    int told = 0;

    CHECK(subscription, "%s", fault.message);
    if (!subscription)
        return;
    CHECK(opcua_monitor_events(subscription, "i=2253", NULL, 0, 3, on_notify, &told, NULL, &fault),
          "%s", fault.message);
    opcua_value_init_integer(&inputs[0], OPCUA_TYPE_UINT16, 500);
    opcua_value_init_text(&inputs[1], OPCUA_TYPE_STRING, "hello", 5);
    CHECK(opcua_call(client, "ns=2;s=Events", "ns=2;s=Events/Fire", inputs, 2, &result, &fault) &&
              result.status == 0,
          "%s 0x%x", fault.message, (unsigned)result.status);
    opcua_call_result_clear(&result);
    CHECK(run_until(&told, 1, PATIENCE), "no event came");
    opcua_value_clear(&inputs[0]);
    opcua_value_clear(&inputs[1]);
    opcua_unsubscribe(subscription);
}

void histories(void)
{
    struct opcua_data_value *values = NULL;
    size_t count = 0, few = 0;
    int64_t start = 0, end = 0;
    char *node = NULL;

    CHECK(opcua_resolve(client, "/Objects/2:History", &node, &fault), "%s", fault.message);
    free(node);
    CHECK(opcua_time_from_text("-30 days", &start) && opcua_time_from_text("now", &end), "times");
    CHECK(opcua_history(client, "ns=2;s=History/Double", 0, end, 0, &values, &count, &fault) ||
              fault.source == OPCUA_SOURCE_SERVER,
          "%s", fault.message);
    opcua_data_values_free(values, count);
    if (count > 10) {
        CHECK(opcua_history(client, "ns=2;s=History/Double", 0, end, 10, &values, &few, &fault) &&
                  few == 10,
              "%zu values, 10 asked", few);
        opcua_data_values_free(values, few);
    }
}
