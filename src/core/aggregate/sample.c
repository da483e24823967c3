/* SPDX-License-Identifier: MIT */
/* Raw values as samples; see aggregate.h. */
#include <open62541/types_generated.h>

#include "core/aggregate/aggregate.h"

/* What JSON shows as a number. */
static bool number_of(const UA_Variant *value, double *out)
{
    if (!UA_Variant_isScalar(value))
        return false;
    switch (value->type->typeKind) {
#define X(KIND, type)                                                                              \
    case UA_DATATYPEKIND_##KIND:                                                                   \
        *out = (double)*(const type *)value->data;                                                 \
        return true
        X(SBYTE, UA_SByte);
        X(BYTE, UA_Byte);
        X(INT16, UA_Int16);
        X(UINT16, UA_UInt16);
        X(INT32, UA_Int32);
        X(UINT32, UA_UInt32);
        X(INT64, UA_Int64);
        X(UINT64, UA_UInt64);
        X(FLOAT, UA_Float);
        X(DOUBLE, UA_Double);
        X(STATUSCODE, UA_StatusCode);
        X(ENUM, UA_Int32);
#undef X
    default:
        return false;
    }
}

static enum osm_sample_quality quality_of(const UA_DataValue *value)
{
    UA_StatusCode status = value->hasStatus ? value->status : UA_STATUSCODE_GOOD;

    if (UA_StatusCode_isGood(status))
        return OSM_SAMPLE_GOOD;
    return UA_StatusCode_isUncertain(status) ? OSM_SAMPLE_UNCERTAIN : OSM_SAMPLE_BAD;
}

static void append(struct osm_samples *samples, const struct osm_sample *sample,
                   struct osm_arena *arena)
{
    size_t page = samples->size / OSM_SAMPLES_PAGE, at = samples->size % OSM_SAMPLES_PAGE;

    if (at == 0) {
        samples->pages = osm_arena_room(arena, samples->pages, page, sizeof(*samples->pages));
        samples->pages[page] =
            osm_arena_array_raw(arena, OSM_SAMPLES_PAGE, sizeof(**samples->pages));
    }
    if (samples->size && osm_samples_at(samples, samples->size - 1)->time > sample->time)
        samples->unsorted = true;
    samples->pages[page][at] = *sample;
    samples->size++;
}

void osm_samples_add(struct osm_samples *samples, const UA_DataValue *value,
                     struct osm_arena *arena)
{
    struct osm_sample sample = {.time = value->sourceTimestamp, .quality = quality_of(value)};

    if (!value->hasSourceTimestamp)
        return;
    sample.numeric = value->hasValue && number_of(&value->value, &sample.number);
    append(samples, &sample, arena);
}

void osm_samples_join(struct osm_samples *samples, const struct osm_samples *more,
                      struct osm_arena *arena)
{
    for (size_t i = 0; i < more->size; i++)
        append(samples, osm_samples_at(more, i), arena);
}
