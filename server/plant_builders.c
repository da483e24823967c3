/* SPDX-License-Identifier: MIT */
/* The builders of plant.h: one path in, one node with id, browse name and parent out. */
#include <string.h>

#include "plant.h"

/* Where a node goes: filled by place(), valid as long as the path in it. */
struct spot {
    char path[OSM_PATH_MAX];
    UA_NodeId id;
    UA_NodeId parent;
    UA_QualifiedName browse_name;
};

static bool place(struct osm_plant *plant, struct spot *spot, const char *parent, const char *name)
{
    if (plant->status != UA_STATUSCODE_GOOD)
        return false;
    osm_plant_path(spot->path, sizeof(spot->path), parent, name);
    spot->id = osm_plant_id(plant, spot->path);
    spot->parent = osm_plant_id(plant, parent);
    spot->browse_name = (UA_QualifiedName){plant->ns, osm_borrow(name)};
    return true;
}

static UA_NodeId standard(UA_UInt32 id)
{
    return UA_NODEID_NUMERIC(0, id);
}

/* The context is read only; the library's pointer to it knows no const. */
static void *context_of(const struct osm_plant_node *node)
{
    void *context;
    memcpy(&context, &node, sizeof(context));
    return context;
}

static void add_object(struct osm_plant *plant, const char *parent, const char *name,
                       UA_UInt32 type, UA_Byte event_notifier, const char *description)
{
    struct spot spot;
    if (!place(plant, &spot, parent, name))
        return;
    UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
    attributes.displayName = osm_borrow_text(name);
    attributes.description = osm_borrow_text(description);
    attributes.eventNotifier = event_notifier;
    osm_plant_check(plant, spot.path,
                    UA_Server_addObjectNode(plant->server, spot.id, spot.parent,
                                            standard(UA_NS0ID_ORGANIZES), spot.browse_name,
                                            standard(type), attributes, NULL, NULL));
}

void osm_plant_folder(struct osm_plant *plant, const char *parent, const char *name,
                      const char *description)
{
    add_object(plant, parent, name, UA_NS0ID_FOLDERTYPE, 0, description);
}

void osm_plant_object(struct osm_plant *plant, const char *parent, const char *name,
                      UA_Byte event_notifier, const char *description)
{
    add_object(plant, parent, name, UA_NS0ID_BASEOBJECTTYPE, event_notifier, description);
}

static UA_Int32 rank_of(const struct osm_variable *variable)
{
    const UA_Variant *value = &variable->value;
    if (value->type == NULL)
        return variable->rank == 0 ? UA_VALUERANK_SCALAR : variable->rank;
    if (UA_Variant_isScalar(value))
        return UA_VALUERANK_SCALAR;
    return value->arrayDimensionsSize == 0 ? UA_VALUERANK_ONE_DIMENSION
                                           : (UA_Int32)value->arrayDimensionsSize;
}

static UA_NodeId data_type_of(const struct osm_variable *variable)
{
    if (!UA_NodeId_isNull(&variable->data_type))
        return variable->data_type;
    const UA_DataType *type = variable->value.type ? variable->value.type : variable->type;
    return type->typeId;
}

void osm_plant_variable(struct osm_plant *plant, const char *parent, const char *name,
                        const struct osm_variable *variable)
{
    struct spot spot;
    if (!place(plant, &spot, parent, name))
        return;
    static UA_UInt32 any_length[3] = {0};
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    attributes.displayName = osm_borrow_text(name);
    attributes.description = osm_borrow_text(variable->description);
    attributes.value = variable->value;
    attributes.dataType = data_type_of(variable);
    attributes.valueRank = rank_of(variable);
    if (attributes.valueRank > 0) {
        bool given = variable->value.arrayDimensionsSize > 0 && !variable->open_dimensions;
        attributes.arrayDimensions = given ? variable->value.arrayDimensions : any_length;
        attributes.arrayDimensionsSize = (size_t)attributes.valueRank;
    }
    attributes.accessLevel = variable->access ? variable->access : OSM_READ;
    attributes.historizing = variable->historizing;
    UA_NodeId type = standard(variable->type_definition ? variable->type_definition
                                                        : UA_NS0ID_BASEDATAVARIABLETYPE);
    UA_NodeId reference = standard(UA_NS0ID_HASCOMPONENT);
    void *context = context_of(variable->node);
    UA_StatusCode status;
    if (variable->read)
        status = UA_Server_addDataSourceVariableNode(plant->server, spot.id, spot.parent, reference,
                                                     spot.browse_name, type, attributes,
                                                     *variable->read, context, NULL);
    else
        status = UA_Server_addVariableNode(plant->server, spot.id, spot.parent, reference,
                                           spot.browse_name, type, attributes, context, NULL);
    osm_plant_check(plant, spot.path, status);
}

void osm_plant_property(struct osm_plant *plant, const char *parent, const char *name, void *value,
                        const UA_DataType *type)
{
    struct spot spot;
    if (!place(plant, &spot, parent, name))
        return;
    spot.browse_name.namespaceIndex = 0;
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    attributes.displayName = osm_borrow_text(name);
    UA_Variant_setScalar(&attributes.value, value, type);
    attributes.dataType = type->typeId;
    attributes.valueRank = UA_VALUERANK_SCALAR;
    osm_plant_check(plant, spot.path,
                    UA_Server_addVariableNode(
                        plant->server, spot.id, spot.parent, standard(UA_NS0ID_HASPROPERTY),
                        spot.browse_name, standard(UA_NS0ID_PROPERTYTYPE), attributes, NULL, NULL));
}

static size_t fill_arguments(UA_Argument *out, const struct osm_argument *in)
{
    size_t n = 0;
    for (; n < OSM_ARGUMENTS_MAX && in[n].name; n++) {
        UA_Argument_init(&out[n]);
        out[n].name = osm_borrow(in[n].name);
        out[n].description = osm_borrow_text(in[n].description);
        out[n].dataType = standard(in[n].data_type);
        out[n].valueRank = in[n].rank;
    }
    return n;
}

void osm_plant_method(struct osm_plant *plant, const char *parent, const struct osm_method *method)
{
    struct spot spot;
    if (!place(plant, &spot, parent, method->name))
        return;
    UA_Argument inputs[OSM_ARGUMENTS_MAX];
    UA_Argument outputs[OSM_ARGUMENTS_MAX];
    size_t n_inputs = fill_arguments(inputs, method->inputs);
    size_t n_outputs = fill_arguments(outputs, method->outputs);
    UA_MethodAttributes attributes = UA_MethodAttributes_default;
    attributes.displayName = osm_borrow_text(method->name);
    attributes.description = osm_borrow_text(method->description);
    attributes.executable = true;
    attributes.userExecutable = true;
    osm_plant_check(plant, spot.path,
                    UA_Server_addMethodNode(plant->server, spot.id, spot.parent,
                                            standard(UA_NS0ID_HASCOMPONENT), spot.browse_name,
                                            attributes, method->call, n_inputs, inputs, n_outputs,
                                            outputs, context_of(method->node), NULL));
}
