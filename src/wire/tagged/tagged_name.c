/* SPDX-License-Identifier: MIT */
/* Tagged JSON of ids, names, texts and times (types.md §5). */
#include "wire/tagged/tagged_style.h"
#include "wire/text/time_text.h"

void osm_tagged_begin(struct osm_json *json, const char *tag)
{
    osm_json_object_begin(json);
    osm_json_key(json, "__t");
    osm_json_cstring(json, tag);
}

static void begin_v(struct osm_json *json, const char *tag)
{
    osm_tagged_begin(json, tag);
    osm_json_key(json, "v");
}

void osm_tagged_encode_number(struct osm_json *json, const char *tag, uint32_t number)
{
    begin_v(json, tag);
    osm_json_uint(json, number);
    osm_json_object_end(json);
}

void osm_tagged_encode_node_id(struct osm_encoder *encoder, const void *value)
{
    begin_v(encoder->json, "NodeId");
    osm_encode_node_id_text(encoder, value);
    osm_json_object_end(encoder->json);
}

void osm_tagged_encode_expanded_node_id(struct osm_encoder *encoder, const void *value)
{
    const UA_ExpandedNodeId *expanded = value;
    UA_NodeId id = expanded->nodeId; /* borrows its text */

    id.namespaceIndex = osm_encode_namespace(encoder, expanded);
    osm_tagged_encode_node_id(encoder, &id);
}

void osm_tagged_encode_qualified_name(struct osm_encoder *encoder, const void *value)
{
    const UA_QualifiedName *name = value;
    struct osm_json *json = encoder->json;

    osm_tagged_begin(json, "QualifiedName");
    osm_json_key(json, "ns");
    osm_json_uint(json, name->namespaceIndex);
    osm_json_key(json, "n");
    osm_encode_text(encoder, &name->name);
    osm_json_object_end(json);
}

void osm_tagged_encode_localized_text(struct osm_encoder *encoder, const void *value)
{
    const UA_LocalizedText *text = value;
    struct osm_json *json = encoder->json;

    osm_tagged_begin(json, "LocalizedText");
    osm_json_key(json, "locale");
    osm_encode_string(encoder, &text->locale);
    osm_json_key(json, "text");
    osm_encode_string(encoder, &text->text);
    osm_json_object_end(json);
}

void osm_tagged_encode_date_time(struct osm_encoder *encoder, const void *value)
{
    UA_DateTime ticks = *(const UA_DateTime *)value;

    if (ticks <= 0) {
        osm_json_null(encoder->json);
        return;
    }
    begin_v(encoder->json, "DateTime");
    osm_time_print_micros(encoder->json, ticks);
    osm_json_object_end(encoder->json);
}
