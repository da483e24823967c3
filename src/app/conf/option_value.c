/* SPDX-License-Identifier: MIT */
/*
 * From the text of one option to its value: one setter per kind, chosen by a table. A mistake is
 * one line that names option, text and what would be right.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "app/conf/options.h"
#include "util/alloc.h"
#include "util/wipe.h"

static void *field_of(struct osm_options *options, const struct osm_option *option)
{
    return (char *)options + option->offset;
}

static int invalid(const struct osm_option *option, const char *text, struct osm_buf *err)
{
    char shown[128];

    osm_log_escape(shown, sizeof(shown), text, strlen(text));
    osm_buf_printf(err, "Invalid value for option --%s: \"%s\" (expected ", option->name, shown);
    return -EINVAL;
}

static void free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static int set_text(void *field, const struct osm_option *option, const char *text,
                    struct osm_buf *err)
{
    char **target = field;

    osm_wipe_and_free(*target);
    *target = osm_strdup(text);
    return 0;
}

static int set_list(void *field, const struct osm_option *option, const char *text,
                    struct osm_buf *err)
{
    char ***target = field;
    size_t count = 0, most = strlen(text) / 2 + 2;

    free_list(*target);
    *target = osm_alloc(most * sizeof(char *));
    while (*text) {
        size_t length = strcspn(text, ",");

        if (length)
            (*target)[count++] = osm_strndup(text, length);
        text += length + (text[length] == ',');
    }
    osm_assert(count < most);
    return 0;
}

/* A whole number and nothing else; base 8 or 10. */
static bool parse_number(const char *text, int base, int64_t *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    char *end = NULL;

    if (!*digits || strspn(digits, base == 8 ? "01234567" : "0123456789") != strlen(digits))
        return false;
    errno = 0;
    *value = strtoll(text, &end, base);
    return errno == 0 && *end == '\0';
}

static int set_int(void *field, const struct osm_option *option, const char *text,
                   struct osm_buf *err)
{
    int64_t value;
    int r;

    if (parse_number(text, 10, &value) && value >= option->least && value <= option->most) {
        *(int64_t *)field = value;
        return 0;
    }
    r = invalid(option, text, err);
    osm_buf_add_text(err, "a whole number");
    if (option->least != INT64_MIN)
        osm_buf_printf(err, " from %lld", (long long)option->least);
    if (option->most != INT64_MAX)
        osm_buf_printf(err, " to %lld", (long long)option->most);
    else if (option->least != INT64_MIN)
        osm_buf_add_text(err, " on");
    osm_buf_add_text(err, ")\n");
    return r;
}

static int set_octal(void *field, const struct osm_option *option, const char *text,
                     struct osm_buf *err)
{
    int64_t value;
    int r;

    if (parse_number(text, 8, &value) && value >= 0 && value <= option->most) {
        *(int64_t *)field = value;
        return 0;
    }
    r = invalid(option, text, err);
    osm_buf_printf(err, "an octal number up to %04llo, such as 0660)\n",
                   (unsigned long long)option->most);
    return r;
}

static int set_choice(void *field, const struct osm_option *option, const char *text,
                      struct osm_buf *err)
{
    int r;

    for (size_t i = 0; option->choices[i]; i++) {
        if (strcasecmp(text, option->choices[i]) == 0) {
            *(int64_t *)field = (int64_t)i;
            return 0;
        }
    }
    r = invalid(option, text, err);
    osm_buf_add_text(err, "one of ");
    for (size_t i = 0; option->choices[i]; i++)
        osm_buf_printf(err, "%s%s", i ? ", " : "", option->choices[i]);
    osm_buf_add_text(err, ")\n");
    return r;
}

/* Also in the words of YAML 1.1, because configuration files are written in it. */
static const char *const flag_words[] = {"false", "true", "no", "yes", "off", "on", NULL};

static int set_flag(void *field, const struct osm_option *option, const char *text,
                    struct osm_buf *err)
{
    int r;

    for (size_t i = 0; flag_words[i]; i++) {
        if (strcasecmp(text, flag_words[i]) == 0) {
            *(int64_t *)field = (int64_t)(i % 2);
            return 0;
        }
    }
    r = invalid(option, text, err);
    osm_buf_add_text(err, "true or false)\n");
    return r;
}

typedef int setter_fn(void *field, const struct osm_option *option, const char *text,
                      struct osm_buf *err);

static setter_fn *const setters[] = {
    [OSM_OPTION_TEXT] = set_text, [OSM_OPTION_SECRET] = set_text, [OSM_OPTION_LIST] = set_list,
    [OSM_OPTION_INT] = set_int,   [OSM_OPTION_OCTAL] = set_octal, [OSM_OPTION_CHOICE] = set_choice,
    [OSM_OPTION_FLAG] = set_flag,
};

int osm_option_set(struct osm_options *options, const struct osm_option *option, const char *text,
                   struct osm_buf *err)
{
    osm_assert(option->kind < OSM_ARRAY_SIZE(setters) && setters[option->kind]);
    return setters[option->kind](field_of(options, option), option, text, err);
}

void osm_option_set_list(struct osm_options *options, const struct osm_option *option,
                         const char *const *items, size_t size)
{
    char ***target = field_of(options, option);

    osm_assert(option->kind == OSM_OPTION_LIST);
    free_list(*target);
    *target = osm_alloc((size + 1) * sizeof(char *));
    for (size_t i = 0; i < size; i++)
        (*target)[i] = osm_strdup(items[i]);
}

void osm_options_copy(struct osm_options *target, const struct osm_options *source)
{
    *target = (struct osm_options){.token_fixed = source->token_fixed,
                                   .token_from_file = source->token_from_file,
                                   .config_secret = source->config_secret,
                                   .auto_connect_secret = source->auto_connect_secret};
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        const void *from = (const char *)source + option->offset;
        void *to = field_of(target, option);
        char *const *items = NULL;
        size_t size = 0;

        if (!osm_option_takes_text(option))
            continue;
        if (option->kind == OSM_OPTION_TEXT || option->kind == OSM_OPTION_SECRET) {
            *(char **)to = *(char *const *)from ? osm_strdup(*(char *const *)from) : NULL;
        } else if (option->kind == OSM_OPTION_LIST) {
            items = *(char **const *)from;
            while (items && items[size])
                size++;
            if (items)
                osm_option_set_list(target, option, (const char *const *)items, size);
        } else {
            *(int64_t *)to = *(const int64_t *)from;
        }
    }
}

void osm_options_init(struct osm_options *options)
{
    *options = (struct osm_options){0};
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        struct osm_buf err = {0};

        if (option->fallback && osm_option_set(options, option, option->fallback, &err) < 0)
            osm_assert(!"a default breaks its own rule");
    }
}

void osm_options_wipe_token(struct osm_options *options)
{
    osm_wipe_and_free(options->token);
    options->token = NULL;
    osm_wipe_and_free(options->auth_token);
    options->auth_token = NULL;
}

void osm_options_deinit(struct osm_options *options)
{
    if (!options)
        return;
    osm_options_wipe_token(options);
    osm_desired_free(options->wanted);
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];

        if (option->kind == OSM_OPTION_TEXT)
            free(*(char **)field_of(options, option));
        else if (option->kind == OSM_OPTION_SECRET)
            osm_wipe_and_free(*(char **)field_of(options, option));
        else if (option->kind == OSM_OPTION_LIST)
            free_list(*(char ***)field_of(options, option));
    }
    *options = (struct osm_options){0};
}

const struct osm_option *osm_option_named(const char *name, size_t length)
{
    for (size_t i = 0; i < osm_option_count; i++) {
        const char *own = osm_option_table[i].name;

        if (strlen(own) == length && memcmp(own, name, length) == 0)
            return &osm_option_table[i];
    }
    return NULL;
}

const struct osm_option *osm_option_find(const char *name)
{
    _cleanup_(osm_freep) char *dashed = osm_strdup(name);

    for (char *at = dashed; *at; at++)
        *at = *at == '_' ? '-' : *at;
    return osm_option_named(dashed, strlen(dashed));
}
