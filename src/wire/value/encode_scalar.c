/* SPDX-License-Identifier: MIT */
/* The builtin types that look the same in several encodings; see encode.h. */
#include "util/utf8.h"
#include "wire/text/guid.h"
#include "wire/text/node_id.h"
#include "wire/text/time_text.h"
#include "wire/value/encode.h"

void osm_encode_boolean(struct osm_encoder *encoder, const void *value)
{
    osm_json_bool(encoder->json, *(const UA_Boolean *)value);
}

#define INTEGER(name, type, print)                                                                 \
    void osm_encode_##name(struct osm_encoder *encoder, const void *value)                         \
    {                                                                                              \
        print(encoder->json, *(const type *)value);                                                \
    }

INTEGER(sbyte, UA_SByte, osm_json_int)
INTEGER(byte, UA_Byte, osm_json_uint)
INTEGER(int16, UA_Int16, osm_json_int)
INTEGER(uint16, UA_UInt16, osm_json_uint)
INTEGER(int32, UA_Int32, osm_json_int)
INTEGER(uint32, UA_UInt32, osm_json_uint)
INTEGER(int64, UA_Int64, osm_json_int)
INTEGER(float, UA_Float, osm_json_double)
INTEGER(double, UA_Double, osm_json_double)

void osm_encode_uint64(struct osm_encoder *encoder, const void *value)
{
    /* PHP has no unsigned integers: its users know these numbers as negative ones (T7). */
    osm_json_int(encoder->json, (int64_t) * (const UA_UInt64 *)value);
}

void osm_encode_string(struct osm_encoder *encoder, const void *value)
{
    const UA_String *string = value;

    if (!string->data)
        osm_json_null(encoder->json);
    else
        osm_json_text(encoder->json, (const char *)string->data, string->length);
}

void osm_encode_text(struct osm_encoder *encoder, const void *value)
{
    const UA_String *string = value;

    osm_json_text(encoder->json, string->length ? (const char *)string->data : "", string->length);
}

/* Characters of a string id may need escapes, the other forms never do. */
void osm_encode_node_id_text(struct osm_encoder *encoder, const void *value)
{
    const UA_NodeId *id = value;
    struct osm_json *json = encoder->json;

    if (id->identifierType == UA_NODEIDTYPE_STRING) {
        _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

        osm_node_id_print(&text, id);
        osm_json_text(json, text.data, text.length);
        return;
    }
    osm_json_raw(json, "\"", 1);
    osm_node_id_print(json->out, id);
    osm_buf_add_byte(json->out, '"');
}

void osm_encode_date_time(struct osm_encoder *encoder, const void *value)
{
    osm_time_print(encoder->json, *(const UA_DateTime *)value);
}

void osm_encode_guid(struct osm_encoder *encoder, const void *value)
{
    char text[OSM_GUID_TEXT + 2];

    text[0] = '"';
    osm_guid_print(text + 1, value);
    text[OSM_GUID_TEXT + 1] = '"';
    osm_json_raw(encoder->json, text, sizeof(text));
}

void osm_encode_byte_string(struct osm_encoder *encoder, const void *value)
{
    const UA_ByteString *bytes = value;

    if (!bytes->data) {
        osm_json_null(encoder->json);
        return;
    }
    if (!encoder->base64) {
        if (osm_utf8_is_valid((const char *)bytes->data, bytes->length)) {
            osm_json_text(encoder->json, (const char *)bytes->data, bytes->length);
            return;
        }
        encoder->binary_met = true;
    }
    encoder->base64_written = true;
    osm_json_base64(encoder->json, bytes->data, bytes->length);
}
