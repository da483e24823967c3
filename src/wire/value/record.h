/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_RECORD_H
#define OSM_WIRE_VALUE_RECORD_H
/*
 * Results of services as tables, one row per field, that serve every encoding (contract:
 * types.md §2, §5): the plain style writes an object of the plain keys; the tagged one starts
 * with `"__t"` and uses the tagged keys. A record without a tag is an untagged map in both.
 *
 * Most records describe structs of open62541; the few results no service has as a whole are
 * structs of our own (result.h).
 */
#include <stdbool.h>
#include <stddef.h>

#include "wire/value/encode.h"

enum osm_field_kind {
    OSM_FIELD_BOOL,
    OSM_FIELD_BYTE,
    OSM_FIELD_UINT32, /* also status codes */
    OSM_FIELD_ENUM,   /* an enumeration as number */
    OSM_FIELD_DOUBLE,
    OSM_FIELD_CONSTANT, /* the text `constant` points to */
    OSM_FIELD_STRING,   /* UA_String, null stays null */
    OSM_FIELD_TEXT,     /* UA_String, null is "" */
    OSM_FIELD_BASE64,   /* UA_ByteString, empty is null */
    OSM_FIELD_NODE_ID,
    OSM_FIELD_NODE_ID_TEXT, /* UA_NodeId as its text, in every encoding */
    OSM_FIELD_EXPANDED_NODE_ID,
    OSM_FIELD_QUALIFIED_NAME,
    OSM_FIELD_LOCALIZED_TEXT,
    OSM_FIELD_NODE_CLASS,
    OSM_FIELD_DATE_TIME, /* 0 is null */
    OSM_FIELD_DATA_VALUE,
    OSM_FIELD_UINT32_LIST,
    OSM_FIELD_TEXT_LIST, /* const char * */
    OSM_FIELD_VARIANT_LIST,
    OSM_FIELD_RECORD_LIST /* a list of structs, described by `record` */
};

struct osm_record;

struct osm_field {
    const char *plain;  /* key */
    const char *tagged; /* key in the tagged style */
    enum osm_field_kind kind;
    size_t offset;
    size_t size_offset; /* of lists: a size_t */
    const struct osm_record *record;
    const char *constant;
    bool strict; /* only for strict callers, and in encodings of our own */
};

struct osm_record {
    const char *tag; /* value of __t, or NULL for an untagged map */
    const struct osm_field *fields;
    size_t field_count;
    size_t size; /* of the struct */
    /* Which record describes a value, where that is decided by its content; or NULL. */
    const struct osm_record *(*choose)(const void *value);
};

/* The object of one value. */
void osm_record_encode(struct osm_encoder *encoder, const struct osm_record *record,
                       const void *value);
/* A JSON list of them; values are laid out as an array of record->size. */
void osm_record_encode_all(struct osm_encoder *encoder, const struct osm_record *record,
                           const void *values, size_t count);
/* A list of status codes, ids, sequence numbers; the same in every encoding. */
void osm_record_encode_uint32s(struct osm_encoder *encoder, const uint32_t *values, size_t count);

/*
 * A BrowseNode is streamed, as its children may come in later answers: begin leaves the list
 * `children` open for further nodes, end closes it.
 */
void osm_record_browse_node_begin(struct osm_encoder *encoder,
                                  const UA_ReferenceDescription *reference);
void osm_record_browse_node_end(struct osm_encoder *encoder);
/* Node classes callers know; others are 0. */
uint32_t osm_record_node_class(UA_NodeClass node_class);

extern const struct osm_record osm_record_reference_description, /* UA_ReferenceDescription */
    osm_record_browse_result_set,                                /* UA_BrowseResult */
    osm_record_endpoint_description,                             /* UA_EndpointDescription */
    osm_record_user_token_policy,                                /* UA_UserTokenPolicy */
    osm_record_call_result,                                      /* UA_CallMethodResult */
    osm_record_browse_path_result,                               /* UA_BrowsePathResult */
    osm_record_browse_path_target,                               /* UA_BrowsePathTarget */
    osm_record_subscription_result,                              /* UA_CreateSubscriptionResponse */
    osm_record_monitored_item_result,                            /* UA_MonitoredItemCreateResult */
    osm_record_event_item_result,                                /* struct osm_event_item_result */
    osm_record_monitored_item_modify_result,                     /* UA_MonitoredItemModifyResult */
    osm_record_set_triggering_result,                            /* UA_SetTriggeringResponse */
    osm_record_transfer_result,                                  /* UA_TransferResult */
    osm_record_add_nodes_result,                                 /* UA_AddNodesResult */
    osm_record_history_update_result,                            /* UA_HistoryUpdateResult */
    osm_record_build_info,         /* struct osm_build_info (result.h) */
    osm_record_create_file_result, /* struct osm_create_file_result */
    osm_record_publish_result,     /* struct osm_publish_result */
    osm_record_republish_result,   /* struct osm_republish_result */
    osm_record_notification;       /* struct osm_notification */

/* Those that have a tag, ended by NULL. */
extern const struct osm_record *const osm_records[];

#endif
