/* SPDX-License-Identifier: MIT */
/* See options_file.h. */
#include "app/conf/options_file.h"

#include <errno.h>
#include <string.h>

#include "app/conf/connections.h"
#include "util/alloc.h"
#include "util/read_file.h"
#include "util/wipe.h"
#include "yaml/yaml_tree.h"

/* A file, read. */
struct file {
    const char *path;
    struct osm_arena arena; /* the tree */
    const struct osm_node *root;
    struct osm_faults *faults;
    bool exposed;
    bool has_secrets;
};

/* --- the file ------------------------------------------------------------------------------ */

static bool unreadable(const struct file *file, int r)
{
    if (r == -EFBIG)
        return osm_findings_error(file->faults, file->path, 0, "larger than %zu MiB",
                                  OSM_TREE_BYTES >> 20);
    return osm_findings_error(file->faults, file->path, 0, "cannot read the file: %s",
                              r == -EINVAL ? "it is not a regular file" : strerror(-r));
}

static bool file_open(struct file *file, const char *path, struct osm_faults *faults)
{
    struct osm_buf text = {0};
    unsigned errors = faults->errors;
    int r;

    *file = (struct file){.path = path, .faults = faults};
    osm_arena_init(&file->arena);
    r = osm_file_read(path, OSM_TREE_BYTES, &text, &file->exposed);
    if (r < 0)
        (void)unreadable(file, r);
    else
        file->root = osm_tree_read(&file->arena, path, text.data, text.length, faults);
    if (text.data)
        osm_wipe(text.data, text.capacity);
    osm_buf_deinit(&text);
    return faults->errors == errors;
}

static void file_close(struct file *file)
{
    if (file->exposed && file->has_secrets)
        osm_findings_warning(file->faults, file->path, 0,
                             "the file holds secrets and is accessible by group or others, use "
                             "chmod 600");
    osm_arena_wipe(&file->arena);
}

/* --- connections --------------------------------------------------------------------------- */

static bool read_connections(struct osm_options *options, struct file *file,
                             const struct osm_node *map)
{
    size_t before;
    bool good;

    if (!options->wanted)
        options->wanted = osm_desired_new();
    before = options->wanted->size;
    good = osm_connections_read(options->wanted, file->path, map, file->faults);
    for (size_t i = before; i < options->wanted->size; i++)
        file->has_secrets =
            file->has_secrets ||
            osm_config_has(&options->wanted->connections[i].config, OSM_CONFIG_password);
    return good;
}

bool osm_options_read_connections(struct osm_options *options, const char *path,
                                  struct osm_faults *faults)
{
    struct file file;
    bool good = file_open(&file, path, faults);

    if (file.root)
        good = read_connections(options, &file, file.root) && good;
    options->auto_connect_secret = file.has_secrets;
    file_close(&file);
    return good;
}

bool osm_options_read_connections_text(struct osm_options *options, const char *name,
                                       const char *text, size_t length, struct osm_faults *faults)
{
    struct file file = {.path = name, .faults = faults};
    unsigned errors = faults->errors;

    osm_arena_init(&file.arena);
    file.root = osm_tree_read(&file.arena, name, text, length, faults);
    if (file.root)
        (void)read_connections(options, &file, file.root);
    file_close(&file);
    return faults->errors == errors;
}

/* --- options ------------------------------------------------------------------------------- */

/* Whether `key` is the option's name with underscores; or, with any dash, nearly so. */
static bool is_name(const char *name, const char *key, bool nearly)
{
    for (; *name && *key; name++, key++)
        if (*name == '-' ? *key != '_' && !(nearly && *key == '-') : *key != *name)
            return false;
    return !*name && !*key;
}

static const struct osm_option *find(const char *key, bool nearly)
{
    for (size_t i = 0; i < osm_option_count; i++)
        if (is_name(osm_option_table[i].name, key, nearly))
            return &osm_option_table[i];
    return NULL;
}

static bool set_scalar(struct osm_options *options, const struct file *file,
                       const struct osm_option *option, const struct osm_node *value)
{
    struct osm_buf message = {0};
    int r = osm_option_set(options, option, value->text, &message);

    if (r < 0 && message.length)
        message.length--; /* the line's end */
    if (r < 0)
        osm_findings_error(file->faults, file->path, value->line, "%s", osm_buf_text(&message));
    osm_buf_deinit(&message);
    return r == 0;
}

static bool set_list(struct osm_options *options, const struct file *file,
                     const struct osm_option *option, const struct osm_node *value)
{
    _cleanup_(osm_freep) const char **items = osm_alloc((value->length + 1) * sizeof(char *));

    for (size_t i = 0; i < value->length; i++) {
        const struct osm_node *item = value->members[i];

        if (item->kind != OSM_NODE_SCALAR || !item->length)
            return osm_findings_error(file->faults, file->path, item->line,
                                      "an item of a list of texts is %s", osm_node_what(item));
        items[i] = item->text;
    }
    osm_option_set_list(options, option, items, value->length);
    return true;
}

bool osm_option_in_files(const struct osm_option *option)
{
    return osm_option_takes_text(option) &&
           option->offset != offsetof(struct osm_options, config) &&
           option->offset != offsetof(struct osm_options, check);
}

static bool set_option(struct osm_options *options, struct file *file, const char *key,
                       const struct osm_option *option, const struct osm_node *value)
{
    if (!osm_option_in_files(option))
        return osm_findings_error(file->faults, file->path, value->line,
                                  "%s: only for the command line", key);
    if (option->kind == OSM_OPTION_SECRET)
        file->has_secrets = true;
    if (option->offset == offsetof(struct osm_options, auth_token))
        options->token_from_file = true;
    if (value->kind == OSM_NODE_LIST && option->kind == OSM_OPTION_LIST)
        return set_list(options, file, option, value);
    if (value->kind != OSM_NODE_SCALAR)
        return osm_findings_error(file->faults, file->path, value->line,
                                  "%s: must be one value, not %s", key, osm_node_what(value));
    if (osm_node_is_null(value))
        return osm_findings_error(file->faults, file->path, value->line,
                                  "%s: has no value; leave the line out for the default", key);
    if (memchr(value->text, '\0', value->length))
        return osm_findings_error(file->faults, file->path, value->line,
                                  "%s: must not contain a NUL character", key);
    return set_scalar(options, file, option, value);
}

/* An option that is ignored could be the one that keeps others out: unknown is an error here. */
static bool unknown(const struct file *file, const struct osm_node *key)
{
    const struct osm_option *meant = find(key->text, true);

    if (meant)
        return osm_findings_error(file->faults, file->path, key->line,
                                  "unknown option \"%s\": write it with _ instead of -", key->text);
    return osm_findings_error(file->faults, file->path, key->line, "unknown option \"%s\"",
                              key->text);
}

static bool read_pair(struct osm_options *options, struct file *file, const struct osm_pair *pair)
{
    const char *key = pair->key->text;
    const struct osm_option *option = find(key, false);

    if (strcmp(key, "connections") == 0)
        return read_connections(options, file, pair->value);
    if (strncmp(key, "x-", 2) == 0)
        return true; /* a place for anchors */
    return option ? set_option(options, file, key, option, pair->value) : unknown(file, pair->key);
}

bool osm_options_read_file(struct osm_options *options, const char *path, struct osm_faults *faults)
{
    struct file file;
    bool good = file_open(&file, path, faults);
    const struct osm_node *root = file.root;

    if (root && root->kind != OSM_NODE_MAP && !osm_node_is_null(root))
        good = osm_findings_error(faults, path, root->line, "the file must be a map, not %s",
                                  osm_node_what(root));
    for (size_t i = 0; root && root->kind == OSM_NODE_MAP && i < root->length; i++)
        good = read_pair(options, &file, &root->pairs[i]) && good;
    options->config_secret = file.has_secrets;
    file_close(&file);
    return good;
}
