/* SPDX-License-Identifier: MIT */
/* Access/: what may be read and written by whom. Two different refusals: the access level of
 * a node holds for everyone (BadNotReadable, BadNotWritable), the user's access level for
 * who is logged in (BadUserAccessDenied). */
#include "plant.h"

struct access_row {
    struct osm_plant_node node;
    const char *name;
    UA_Byte access;
    const char *description;
};

static const struct access_row rows[] = {
    {{OSM_ROLE_ALL, OSM_ROLE_CHANGERS}, "ReadOnly", OSM_READ, "nobody may write"},
    {{OSM_ROLE_ALL, OSM_ROLE_CHANGERS}, "WriteOnly", OSM_WRITE, "nobody may read"},
    {{OSM_ROLE_ALL, OSM_ROLE_CHANGERS}, "ReadWrite", OSM_READ_WRITE, "viewer may not write"},
    {{OSM_ROLE_OPERATOR, OSM_ROLE_OPERATOR}, "OperatorOnly", OSM_READ_WRITE, "operator's alone"},
    {{OSM_ROLE_ALL, OSM_ROLE_OPERATOR}, "OperatorWrites", OSM_READ_WRITE, "all may read"},
    {{OSM_ROLE_USERS, OSM_ROLE_OPERATOR}, "UsersOnly", OSM_READ_WRITE, "not for anonymous"},
};

static UA_StatusCode read_user(UA_Server *server, const UA_NodeId *session, void *session_context,
                               const UA_NodeId *node, void *context, UA_Boolean with_timestamp,
                               const UA_NumericRange *range, UA_DataValue *out)
{
    UA_String name = osm_borrow(osm_accounts_name(session_context));
    out->hasValue = true;
    return UA_Variant_setScalarCopy(&out->value, &name, &UA_TYPES[UA_TYPES_STRING]);
}

static UA_StatusCode call_nothing(UA_Server *server, const UA_NodeId *session,
                                  void *session_context, const UA_NodeId *method,
                                  void *method_context, const UA_NodeId *object,
                                  void *object_context, size_t n_inputs, const UA_Variant *inputs,
                                  size_t n_outputs, UA_Variant *outputs)
{
    return UA_STATUSCODE_GOOD;
}

void osm_plant_access_build(struct osm_plant *plant)
{
    static const UA_DataSource user = {.read = read_user};
    static const struct osm_plant_node operator_only = {OSM_ROLE_OPERATOR, OSM_ROLE_OPERATOR};
    static const struct osm_method method = {
        .name = "OperatorMethod",
        .call = call_nothing,
        .node = &operator_only,
        .description = "operator's alone",
    };
    osm_plant_folder(plant, "", "Access", "what may be read and written by whom");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        UA_Int32 value = 42;
        struct osm_variable variable = {
            .access = rows[i].access,
            .node = &rows[i].node,
            .description = rows[i].description,
        };
        UA_Variant_setScalar(&variable.value, &value, &UA_TYPES[UA_TYPES_INT32]);
        osm_plant_variable(plant, "Access", rows[i].name, &variable);
    }
    struct osm_variable who = {
        .type = &UA_TYPES[UA_TYPES_STRING],
        .read = &user,
        .description = "the user of the session that asks",
    };
    osm_plant_variable(plant, "Access", "WhoAmI", &who);
    osm_plant_method(plant, "Access", &method);
}
