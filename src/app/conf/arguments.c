/* SPDX-License-Identifier: MIT */
/* The walk over the arguments; see arguments.h. */
#include "app/conf/arguments.h"

#include <errno.h>
#include <string.h>

#include "app/conf/auth_token.h"
#include "app/conf/options_file.h"
#include "app/conf/options_text.h"
#include "util/alloc.h"
#include "util/wipe.h"

/* One step of the walk: an option with its value, or an argument that is none. */
struct step {
    const struct osm_option *option; /* NULL: unknown argument */
    char *text;                      /* the argument itself */
    char *value;                     /* NULL: no value given */
};

static const struct osm_option *find_short(char name)
{
    for (size_t i = 0; name && i < osm_option_count; i++) {
        if (osm_option_table[i].short_name == name)
            return &osm_option_table[i];
    }
    return NULL;
}

/* Reads the argument at *index and moves on; a value option takes the next argument whatever it
 * looks like. */
static struct step take(int argc, char *const *argv, int *index)
{
    static char given[] = "true";
    struct step step = {.text = argv[(*index)++]};
    char *text = step.text;

    if (text[0] == '-' && text[1] == '-') {
        char *equals = strchr(text, '=');

        step.option =
            osm_option_named(text + 2, equals ? (size_t)(equals - text) - 2 : strlen(text + 2));
        if (equals && step.option && !osm_option_takes_text(step.option))
            step.option = NULL; /* --help=x is no --help */
        if (equals)
            step.value = equals + 1;
    } else if (text[0] == '-' && text[1] && !text[2]) {
        step.option = find_short(text[1]);
    }
    if (step.option && step.option->kind == OSM_OPTION_FLAG && !step.value)
        step.value = given;
    else if (step.option && step.option->value_name && !step.value && *index < argc)
        step.value = argv[(*index)++];
    return step;
}

static void warn_unknown(const struct step *step, struct osm_buf *err)
{
    char shown[256];

    /* Not the part behind '=': a mistyped --auth-token=… must not reach the journal. */
    osm_log_escape(shown, sizeof(shown), step->text, strcspn(step->text, "="));
    osm_buf_printf(err, "WARNING: Unknown argument ignored: %s\n", shown);
}

/* The first pass. values[i] becomes the last text given for row i. */
static int collect(int argc, char *const *argv, const char **values, struct osm_buf *out,
                   struct osm_buf *err)
{
    size_t missing = 0;

    for (int index = 1; index < argc;) {
        struct step step = take(argc, argv, &index);

        if (!step.option) {
            warn_unknown(&step, err);
        } else if (step.option->kind == OSM_OPTION_HELP) {
            osm_options_write_help(out);
            return OSM_OPTIONS_ANSWERED;
        } else if (step.option->kind == OSM_OPTION_VERSION) {
            osm_buf_add_text(out, "opcua-session-manager " OSM_VERSION
                                  "+protocol." OSM_PROTOCOL_LEVEL "\n");
            return OSM_OPTIONS_ANSWERED;
        } else if (!step.value) {
            osm_buf_printf(err, "Missing value for option %s.\n", step.text);
            missing++;
        } else {
            values[step.option - osm_option_table] = step.value;
        }
    }
    if (missing)
        osm_buf_add_text(err, "Run with --help for usage.\n");
    return missing ? -EINVAL : OSM_OPTIONS_RUN;
}

static int convert(struct osm_options *options, const char *const *values, struct osm_buf *err)
{
    int result = 0;

    for (size_t i = 0; i < osm_option_count; i++) {
        if (values[i] && osm_option_set(options, &osm_option_table[i], values[i], err) < 0)
            result = -EINVAL;
    }
    return result;
}

/* Precedence: what the command line says about the token in any way overrules the file. */
static bool is_token_option(const struct osm_option *option)
{
    return option->offset == offsetof(struct osm_options, auth_token) ||
           option->offset == offsetof(struct osm_options, auth_token_file);
}

static void drop_token_of_file(struct osm_options *options, const char *const *values)
{
    bool given = false;

    for (size_t i = 0; i < osm_option_count; i++)
        given = given || (values[i] && is_token_option(&osm_option_table[i]));
    if (!given)
        return;
    osm_wipe_and_free(osm_steal(options->auth_token));
    free(osm_steal(options->auth_token_file));
    options->token_from_file = false;
}

static const char *value_of(const char *const *values, size_t offset)
{
    for (size_t i = 0; i < osm_option_count; i++)
        if (osm_option_table[i].kind == OSM_OPTION_TEXT && osm_option_table[i].offset == offset)
            return values[i];
    return NULL;
}

/* The second pass: file, then command line, then the file of connections, which either names. */
static int load(struct osm_options *options, const char *const *values, struct osm_faults *faults)
{
    const char *config = value_of(values, offsetof(struct osm_options, config));
    bool good = !config || osm_options_read_file(options, config, faults);

    drop_token_of_file(options, values);
    good = convert(options, values, &faults->text) == 0 && good;
    if (options->auto_connect)
        good = osm_options_read_connections(options, options->auto_connect, faults) && good;
    return good ? 0 : -EINVAL;
}

/* What the command line said is nowhere to be read again. */
static void keep_secrets(struct osm_options *options, const char *const *values,
                         const struct osm_options *now)
{
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        const char *text = *(char *const *)((const char *)now + option->offset);
        struct osm_buf none = {0};

        if (values[i] && option->kind == OSM_OPTION_SECRET && text &&
            osm_option_set(options, option, text, &none) < 0)
            osm_assert(!"it was right before");
    }
}

int osm_arguments_load(struct osm_options *options, int argc, char *const *argv,
                       const struct osm_options *now, struct osm_buf *findings)
{
    _cleanup_(osm_freep) const char **values = osm_alloc(osm_option_count * sizeof(*values));
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0}, err = {0};
    struct osm_faults faults = {0};
    int r;

    osm_options_init(options);
    r = collect(argc, argv, values, &out, &err);
    osm_assert(r == OSM_OPTIONS_RUN); /* it was, when the daemon started */
    r = load(options, values, &faults);
    keep_secrets(options, values, now);
    osm_buf_add(findings, faults.text.data, faults.text.length);
    osm_findings_deinit(&faults);
    return r;
}

static const char *environment_of(const char *option, osm_getenv_fn *environment)
{
    const struct osm_option *row = osm_option_named(option, strlen(option));

    osm_assert(row && row->environment);
    return environment(row->environment);
}

int osm_arguments_parse(struct osm_options *options, int argc, char *const *argv,
                        osm_getenv_fn *environment, struct osm_buf *out, struct osm_buf *err)
{
    _cleanup_(osm_freep) const char **values = osm_alloc(osm_option_count * sizeof(*values));
    struct osm_faults faults = {0};
    int r;

    osm_options_init(options);
    r = collect(argc, argv, values, out, err);
    if (r != OSM_OPTIONS_RUN)
        return r;
    r = load(options, values, &faults);
    osm_buf_add(err, faults.text.data, faults.text.length);
    osm_findings_deinit(&faults);
    if (r < 0)
        return r;
    return osm_auth_token_resolve(options, environment_of("auth-token", environment), err);
}

void osm_arguments_hide_secrets(int argc, char **argv)
{
    for (int index = 1; index < argc;) {
        struct step step = take(argc, argv, &index);

        if (step.option && step.option->kind == OSM_OPTION_SECRET && step.value)
            osm_wipe(step.value, strlen(step.value));
    }
}
