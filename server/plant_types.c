/* SPDX-License-Identifier: MIT */
/* Types/: every builtin type as scalar, array and matrix, fixed and writable, in one loop
 * over shapes and examples; and Types/Structure, structures of the standard announced as
 * what they are. */
#include "plant.h"
#include "type_examples.h"

enum shape { SHAPE_SCALAR, SHAPE_ARRAY, SHAPE_EMPTY, SHAPE_MATRIX };

struct shape_row {
    const char *folder;
    const char *description;
    enum shape shape;
    UA_Byte access;
};

static const struct shape_row shapes[] = {
    {"Scalar", "fixed values", SHAPE_SCALAR, OSM_READ},
    {"Array", "three fixed values", SHAPE_ARRAY, OSM_READ},
    {"EmptyArray", "arrays without a value", SHAPE_EMPTY, OSM_READ},
    {"Matrix", "2 x 3 fixed values", SHAPE_MATRIX, OSM_READ},
    {"Writable", "scalars to write", SHAPE_SCALAR, OSM_READ_WRITE},
    {"WritableArray", "arrays to write, of any length", SHAPE_ARRAY, OSM_READ_WRITE},
    {"WritableMatrix", "matrices to write, of any size", SHAPE_MATRIX, OSM_READ_WRITE},
};

static void make_value(const struct osm_type_example *example, enum shape shape,
                       UA_UInt32 dimensions[2], UA_Variant *out)
{
    if (shape == SHAPE_SCALAR)
        osm_type_example_scalar(example, out);
    else if (shape == SHAPE_MATRIX)
        osm_type_example_matrix(example, dimensions, out);
    else
        osm_type_example_array(example, shape == SHAPE_EMPTY ? 0 : 3, out);
}

static void build_shape(struct osm_plant *plant, const struct shape_row *row)
{
    char folder[OSM_PATH_MAX];
    osm_plant_path(folder, sizeof(folder), "Types", row->folder);
    osm_plant_folder(plant, "Types", row->folder, row->description);
    for (const struct osm_type_example *example = osm_type_examples; example->name; example++) {
        UA_UInt32 dimensions[2];
        struct osm_variable variable = {
            .data_type = example->type->typeId,
            .access = row->access,
            .open_dimensions = row->access != OSM_READ,
        };
        make_value(example, row->shape, dimensions, &variable.value);
        osm_plant_variable(plant, folder, example->name, &variable);
    }
}

static void add_structure(struct osm_plant *plant, const char *name, void *value,
                          const UA_DataType *type)
{
    struct osm_variable variable = {.access = OSM_READ_WRITE};
    UA_Variant_setScalar(&variable.value, value, type);
    osm_plant_variable(plant, "Types/Structure", name, &variable);
}

static void build_structures(struct osm_plant *plant)
{
    UA_Range range = {-10.5, 110};
    UA_EUInformation unit = {
        .namespaceUri = osm_borrow("http://www.opcfoundation.org/UA/units/un/cefact"),
        .unitId = 4342098,
        .displayName = osm_borrow_text("bar"),
        .description = osm_borrow_text("bar, 10^5 Pa"),
    };
    UA_Argument argument = {
        .name = osm_borrow("amount"),
        .dataType = UA_TYPES[UA_TYPES_DOUBLE].typeId,
        .valueRank = UA_VALUERANK_SCALAR,
        .description = osm_borrow_text("how much"),
    };
    UA_ServerState state = UA_SERVERSTATE_RUNNING;
    osm_plant_folder(plant, "Types", "Structure", "structures and an enumeration of the standard");
    add_structure(plant, "Range", &range, &UA_TYPES[UA_TYPES_RANGE]);
    add_structure(plant, "EUInformation", &unit, &UA_TYPES[UA_TYPES_EUINFORMATION]);
    add_structure(plant, "Argument", &argument, &UA_TYPES[UA_TYPES_ARGUMENT]);
    add_structure(plant, "Enumeration", &state, &UA_TYPES[UA_TYPES_SERVERSTATE]);
}

void osm_plant_types_build(struct osm_plant *plant)
{
    osm_plant_folder(plant, "", "Types", "every builtin type");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        build_shape(plant, &shapes[i]);
    build_structures(plant);
}
