/* SPDX-License-Identifier: MIT */
/*
 * The table of methods; see methods.h. A row without start belongs to the contract but not to
 * this version: callers are told so, instead of being told that the method is forbidden.
 */
#include <string.h>

#include "serve/method/methods.h"

enum { QUERY = 1, INVOKE = 2, BOTH = 3, REFUSED = 4 };

static const struct method_row {
    const struct osm_method *method;
    unsigned access;
    enum osm_role role;
} rows[] = {
#define X(name, access, role) {&osm_method_##name, access, OSM_ROLE_##role},
    OSM_METHODS(X)
#undef X
};

#define X(name, access, role) +(((access)&QUERY) != 0)
_Static_assert((0 OSM_METHODS(X)) == 44 + 1, "the whitelist has 44 names, and one of ours");
#undef X
#define X(name, access, role) +(((access) & (INVOKE | REFUSED)) != 0)
_Static_assert((0 OSM_METHODS(X)) == 59, "describe lists 59 methods");
#undef X

static const struct osm_method *find(const char *name, size_t length, unsigned access)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++)
        if ((rows[i].access & access) && strlen(rows[i].method->name) == length &&
            memcmp(rows[i].method->name, name, length) == 0)
            return rows[i].method;
    return NULL;
}

const struct osm_method *osm_method_find(const char *name, size_t length)
{
    return find(name, length, QUERY);
}

const struct osm_method *osm_method_find_registered(const char *name, size_t length)
{
    return find(name, length, INVOKE | REFUSED);
}

void osm_method_each_registered(void (*visit)(void *context, const char *name), void *context)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++)
        if (rows[i].access & (INVOKE | REFUSED))
            visit(context, rows[i].method->name);
}

enum osm_role osm_method_role(const struct osm_method *method)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++)
        if (rows[i].method == method)
            return rows[i].role;
    osm_assert(!"every method has a row");
    return OSM_ROLE_ADMIN;
}

static void write_parameters(struct osm_buf *out, const struct osm_method *method)
{
    const struct osm_parameter *parameter = method->parameters;

    if (!parameter || !*parameter->name)
        osm_buf_add(out, "–", strlen("–"));
    for (; parameter && *parameter->name; parameter++) {
        osm_buf_printf(out, "%s`%s", parameter == method->parameters ? "" : ", ", parameter->name);
        if (parameter->fallback)
            osm_buf_printf(out, " = %s", parameter->fallback);
        osm_buf_printf(out, "`");
    }
}

static const char *invoke_text(unsigned access)
{
    if (access & REFUSED)
        return "listed, refused";
    return access & INVOKE ? "yes" : "–";
}

void osm_methods_write_markdown(struct osm_buf *out)
{
    osm_buf_printf(out, "# Methods\n\n"
                        "<!-- Generated from the table of methods (target `docs`). -->\n\n"
                        "What `query` and `invoke` can call. Parameters are positional in this "
                        "order; `invoke` takes them by\nname, too. A missing one is its default. "
                        "The role is the one a caller needs if the daemon knows\nroles.\n\n"
                        "| Method | `query` | `invoke` | Role | Parameters |\n"
                        "|---|---|---|---|---|\n");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        osm_buf_printf(out, "| `%s` | %s | %s | %s | ", rows[i].method->name,
                       rows[i].access & QUERY ? "yes" : "–", invoke_text(rows[i].access),
                       osm_grant_role_name(rows[i].role));
        write_parameters(out, rows[i].method);
        osm_buf_printf(out, " |\n");
    }
}
