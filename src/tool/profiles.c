/* SPDX-License-Identifier: MIT */
/*
 * Profiles: names for servers, users and certificates in ~/.config/uactl.yaml ($XDG_CONFIG_HOME).
 *
 *   servers:
 *     plant: {url: "opc.tcp://plant:4840", user: operator, certificate: office, mode: Sign}
 *     test: opc.tcp://localhost:4840
 *   users:
 *     operator: {name: op7, password-file: op7.secret}     # without a file it is asked for
 *   certificates:
 *     office: {certificate: office.pem, key: office.key}
 *
 * The keys of a server are the long options of the command line, which overrides them. Files are
 * relative to the folder of the profiles, "~/" is the home. Secrets themselves are refused there.
 * The file is read when a name is looked for, and once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"
#include "util/read_file.h"
#include "yaml/yaml_tree.h"

struct tool_profiles {
    struct osm_arena arena; /* has all texts that options point to */
    struct osm_faults faults;
    char *path;
    const struct osm_node *root; /* NULL = there is no file */
};

/* A key of a map, and the option it stands for. */
struct key {
    const char *name, *option;
};

static const struct key server_keys[] = {
    {"url", NULL},
    {"socket", "socket"},
    {"direct", "direct"},
    {"token-file", "token-file"},
    {"user", "user"},
    {"password-file", "password-file"},
    {"policy", "policy"},
    {"mode", "mode"},
    {"certificate", "certificate"},
    {"key", "key"},
    {"ca", "ca"},
    {"trust-store", "trust-store"},
    {"trust-policy", "trust-policy"},
    {"auto-accept", "auto-accept"},
    {"timeout", "timeout"},
};
static const struct key user_keys[] = {
    {"name", NULL},
    {"password-file", "password-file"},
    {"certificate", "user-certificate"},
    {"key", "user-key"},
};
static const struct key certificate_keys[] = {
    {"certificate", NULL},
    {"key", "key"},
    {"ca", "ca"},
};

/* ---- the file ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const struct key *keys;
    size_t count;
    const char *main; /* the key a plain text stands for */
} sections[] = {
    {"servers", server_keys, OSM_ARRAY_SIZE(server_keys), "url"},
    {"users", user_keys, OSM_ARRAY_SIZE(user_keys), "name"},
    {"certificates", certificate_keys, OSM_ARRAY_SIZE(certificate_keys), "certificate"},
};

static void check_key(struct tool_profiles *profiles, size_t section, const struct osm_pair *pair)
{
    const char *name = pair->key->text, *nearest = "";
    const struct tool_option *option;
    bool is_on;

    for (size_t i = 0; i < sections[section].count; i++) {
        const struct key *key = &sections[section].keys[i];

        if (tool_distance(name, key->name) < tool_distance(name, nearest))
            nearest = key->name;
        if (strcmp(key->name, name) != 0)
            continue;
        option = key->option ? tool_option_find(key->option, strlen(key->option)) : NULL;
        if (option && !option->argument) {
            if (!osm_node_is_bool(pair->value, &is_on))
                osm_findings_error(&profiles->faults, profiles->path, pair->value->line,
                                   "%s is true or false, not %s", name, osm_node_what(pair->value));
        } else if (pair->value->kind != OSM_NODE_SCALAR || pair->value->length == 0) {
            osm_findings_error(&profiles->faults, profiles->path, pair->value->line,
                               "%s is a text, not %s", name, osm_node_what(pair->value));
        }
        return;
    }
    if (strcmp(name, "password") == 0 || strcmp(name, "token") == 0)
        osm_findings_error(&profiles->faults, profiles->path, pair->key->line,
                           "secrets are not kept here: %s-file names a file%s", name,
                           *name == 'p' ? "; without it the password is asked for" : "");
    else
        osm_findings_error(&profiles->faults, profiles->path, pair->key->line,
                           "there is no key \"%s\" in %s%s%s%s", name, sections[section].name,
                           tool_is_near(nearest, name) ? "; is \"" : "",
                           tool_is_near(nearest, name) ? nearest : "",
                           tool_is_near(nearest, name) ? "\" meant?" : "");
}

static void check_entry(struct tool_profiles *profiles, size_t section,
                        const struct osm_pair *entry)
{
    if (entry->value->kind == OSM_NODE_SCALAR && entry->value->length > 0)
        return;
    if (entry->value->kind != OSM_NODE_MAP) {
        osm_findings_error(&profiles->faults, profiles->path, entry->value->line,
                           "%s is a map with %s, not %s", entry->key->text, sections[section].main,
                           osm_node_what(entry->value));
        return;
    }
    for (size_t i = 0; i < entry->value->length; i++)
        check_key(profiles, section, &entry->value->pairs[i]);
    if (section == 0 && !osm_node_get(entry->value, "url"))
        osm_findings_error(&profiles->faults, profiles->path, entry->key->line,
                           "the server \"%s\" has no url", entry->key->text);
}

static void check_section(struct tool_profiles *profiles, const struct osm_pair *pair)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(sections); i++) {
        if (strcmp(sections[i].name, pair->key->text) != 0)
            continue;
        if (osm_node_is_null(pair->value))
            return;
        if (pair->value->kind != OSM_NODE_MAP)
            osm_findings_error(&profiles->faults, profiles->path, pair->value->line,
                               "%s is a map of names, not %s", sections[i].name,
                               osm_node_what(pair->value));
        else
            for (size_t k = 0; k < pair->value->length; k++)
                check_entry(profiles, i, &pair->value->pairs[k]);
        return;
    }
    osm_findings_error(&profiles->faults, profiles->path, pair->key->line,
                       "there is no section \"%s\": servers, users, certificates", pair->key->text);
}

static void check(struct tool_profiles *profiles)
{
    if (!profiles->root || profiles->faults.errors)
        return;
    if (profiles->root->kind != OSM_NODE_MAP) {
        osm_findings_error(&profiles->faults, profiles->path, profiles->root->line,
                           "the file is a map of servers, users and certificates, not %s",
                           osm_node_what(profiles->root));
        return;
    }
    for (size_t i = 0; i < profiles->root->length; i++)
        check_section(profiles, &profiles->root->pairs[i]);
}

static char *path_of_file(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (config && *config == '/')
        return osm_printf("%s/uactl.yaml", config);
    return home && *home ? osm_printf("%s/.config/uactl.yaml", home) : NULL;
}

int tool_profiles_read(struct tool *tool)
{
    struct tool_profiles *profiles;
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    int r = -ENOENT;

    if (tool->profiles)
        return TOOL_OK;
    tool->profiles = profiles = osm_alloc(sizeof(*profiles));
    osm_arena_init(&profiles->arena);
    profiles->path = path_of_file();
    if (profiles->path)
        r = osm_file_read(profiles->path, OSM_TREE_BYTES, &text, NULL);
    if (r == -ENOENT || r == -ENOTDIR)
        return TOOL_OK;
    if (r < 0)
        return tool_usage("Cannot read %s: %s", profiles->path, strerror(-r));
    profiles->root =
        osm_tree_read(&profiles->arena, profiles->path, text.data, text.length, &profiles->faults);
    check(profiles);
    if (!profiles->faults.errors)
        return TOOL_OK;
    fprintf(stderr, "uactl: the profiles cannot be used:\n%.*s", (int)profiles->faults.text.length,
            profiles->faults.text.data);
    return TOOL_USAGE;
}

void tool_profiles_free(struct tool_profiles *profiles)
{
    if (!profiles)
        return;
    osm_findings_deinit(&profiles->faults);
    osm_arena_deinit(&profiles->arena);
    free(profiles->path);
    free(profiles);
}

/* ---- names ---------------------------------------------------------------------------------- */

static const struct osm_node *entry_of(const struct tool_profiles *profiles, const char *section,
                                       const char *name)
{
    const struct osm_node *map =
        profiles && profiles->root ? osm_node_get(profiles->root, section) : NULL;

    return map && map->kind == OSM_NODE_MAP && name ? osm_node_get(map, name) : NULL;
}

void tool_profiles_each(const struct tool_profiles *profiles,
                        void (*each)(void *context, const char *name), void *context)
{
    const struct osm_node *map =
        profiles && profiles->root ? osm_node_get(profiles->root, "servers") : NULL;

    for (size_t i = 0; map && map->kind == OSM_NODE_MAP && i < map->length; i++)
        each(context, map->pairs[i].key->text);
}

/* The text of an entry that is one, else of its key; NULL when there is none. */
static const char *text_in(const struct osm_node *entry, const char *key)
{
    const struct osm_node *value = entry->kind == OSM_NODE_MAP ? osm_node_get(entry, key) : entry;

    return value && value->kind == OSM_NODE_SCALAR ? value->text : NULL;
}

static bool is_file(const char *option)
{
    static const char *const files[] = {
        "token-file", "password-file", "certificate",     "key", "ca", "trust-store",
        "socket",     "user-key",      "user-certificate"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(files); i++) {
        if (strcmp(files[i], option) == 0)
            return true;
    }
    return false;
}

/* A file as the profiles name it, in the arena. */
static const char *file_of(struct tool_profiles *profiles, const char *name)
{
    const char *slash = strrchr(profiles->path, '/'), *home = getenv("HOME");
    _cleanup_(osm_freep) char *path = NULL;

    if (strncmp(name, "~/", 2) == 0 && home)
        path = osm_printf("%s/%s", home, name + 2);
    else if (*name != '/' && !strstr(name, "://"))
        path = osm_printf("%.*s/%s", (int)(slash - profiles->path), profiles->path, name);
    return path ? osm_arena_text(&profiles->arena, path, strlen(path)) : name;
}

/* Sets an option that the command line has not. */
static void set_option(struct tool *tool, const char *name, const struct osm_node *value)
{
    const struct tool_option *option = tool_option_find(name, strlen(name));
    void *at = (char *)&tool->options + option->offset;
    bool is_certificate = strcmp(name, "certificate") == 0;

    if (!option->argument) {
        bool is_on = false;

        *(bool *)at = *(bool *)at || (osm_node_is_bool(value, &is_on) && is_on);
    } else if (!*(const char **)at) {
        *(const char **)at =
            is_file(name) &&
                    !(is_certificate && entry_of(tool->profiles, "certificates", value->text))
                ? file_of(tool->profiles, value->text)
                : value->text;
    }
}

/* What belongs to a user or a certificate of the command line is not taken from elsewhere. */
static void set_options(struct tool *tool, const struct osm_node *entry, const struct key *keys,
                        size_t count)
{
    bool has_user = keys == server_keys && tool->options.user;
    bool has_certificate = keys == server_keys && tool->options.certificate;

    for (size_t i = 0; entry->kind == OSM_NODE_MAP && i < count; i++) {
        const struct osm_node *value = osm_node_get(entry, keys[i].name);

        if (!value || !keys[i].option ||
            (has_user && strcmp(keys[i].option, "password-file") == 0) ||
            (has_certificate && strcmp(keys[i].option, "key") == 0))
            continue;
        set_option(tool, keys[i].option, value);
    }
}

bool tool_profiles_server(struct tool *tool, const char *name)
{
    const struct osm_node *entry = entry_of(tool->profiles, "servers", name);

    if (!entry)
        return false;
    tool->server = text_in(entry, "url");
    set_options(tool, entry, server_keys, OSM_ARRAY_SIZE(server_keys));
    return true;
}

struct near_name {
    const char *written, *best;
};

static void is_nearer(void *context, const char *name)
{
    struct near_name *near = context;

    if (tool_is_near(name, near->written) &&
        (!near->best ||
         tool_distance(near->written, name) < tool_distance(near->written, near->best)))
        near->best = name;
}

const char *tool_profiles_nearest(const struct tool_profiles *profiles, const char *name)
{
    struct near_name near = {name, NULL};

    tool_profiles_each(profiles, is_nearer, &near);
    return near.best;
}

int tool_profiles_apply(struct tool *tool)
{
    struct tool_options *options = &tool->options;
    const struct osm_node *entry;
    const char *text;
    bool may_be_name = options->certificate && !strchr(options->certificate, '/');
    int code = options->user || may_be_name ? tool_profiles_read(tool) : TOOL_OK;

    if (code != TOOL_OK)
        return code;
    entry = options->user ? entry_of(tool->profiles, "users", options->user) : NULL;
    if (entry) {
        text = text_in(entry, "name");
        set_options(tool, entry, user_keys, OSM_ARRAY_SIZE(user_keys));
        options->user = options->user_certificate ? NULL : text ? text : options->user;
    }
    entry = options->certificate ? entry_of(tool->profiles, "certificates", options->certificate)
                                 : NULL;
    if (entry) {
        text = text_in(entry, "certificate");
        options->certificate = text ? file_of(tool->profiles, text) : NULL;
        set_options(tool, entry, certificate_keys, OSM_ARRAY_SIZE(certificate_keys));
    }
    return TOOL_OK;
}
