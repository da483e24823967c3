/* SPDX-License-Identifier: MIT */
/* Help, manual and documentation from the table of options; see options_text.h. */
#include "app/conf/options_text.h"

#include <string.h>

#include "app/conf/options.h"

#include "util/troff.h"

/* Where the explanation starts in --help, and where lines end. */
#define HELP_COLUMN 31
#define HELP_WIDTH 100

/* ---- shared ------------------------------------------------------------------------------- */

/* "--help, -h" or "--socket <uri>". */
static void add_usage(struct osm_buf *out, const struct osm_option *option)
{
    osm_buf_printf(out, "--%s", option->name);
    if (option->short_name)
        osm_buf_printf(out, ", -%c", option->short_name);
    if (option->value_name)
        osm_buf_printf(out, " %s", option->value_name);
}

static const char *default_of(const struct osm_option *option)
{
    return option->fallback ? option->fallback : option->unset;
}

static bool starts_section(size_t index)
{
    return index == 0 ||
           strcmp(osm_option_table[index].section, osm_option_table[index - 1].section) != 0;
}

/* ---- --help ------------------------------------------------------------------------------- */

static void pad_to(struct osm_buf *out, size_t line_start, size_t column)
{
    do
        osm_buf_add_byte(out, ' ');
    while (out->length - line_start < column);
}

/* Words of text from the column on, wrapped. */
static void add_wrapped(struct osm_buf *out, size_t line_start, const char *text)
{
    pad_to(out, line_start, HELP_COLUMN);
    while (*text) {
        size_t word = strcspn(text, " ");

        if (out->length - line_start + word > HELP_WIDTH) {
            out->data[out->length - 1] = '\n';
            line_start = out->length;
            pad_to(out, line_start, HELP_COLUMN);
        }
        osm_buf_add(out, text, word);
        osm_buf_add_byte(out, ' ');
        text += word + strspn(text + word, " ");
    }
    out->data[out->length - 1] = '\n';
}

static const char reloadable[] =
    "Reloadable: a new value counts from SIGHUP or the console's RELOAD on.";

static void add_choices(struct osm_buf *text, const struct osm_option *option)
{
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        osm_buf_printf(text, "%s%s", i ? ", " : ": ", option->choices[i]);
}

static void add_help_of(struct osm_buf *out, const struct osm_option *option)
{
    size_t line_start = out->length;
    struct osm_buf text = {0};

    osm_buf_add_text(out, "  ");
    add_usage(out, option);
    osm_buf_add_text(&text, option->help);
    add_choices(&text, option);
    if (default_of(option) && strcmp(default_of(option), "none") != 0)
        osm_buf_printf(&text, " (default: %s)", default_of(option));
    add_wrapped(out, line_start, osm_buf_text(&text));
    osm_buf_deinit(&text);
}

void osm_options_write_help(struct osm_buf *out)
{
    osm_buf_add_text(out, "Usage: opcua-session-manager [options]\n\nOptions:\n");
    for (size_t i = 0; i < osm_option_count; i++) {
        if (i && starts_section(i))
            osm_buf_add_byte(out, '\n');
        add_help_of(out, &osm_option_table[i]);
    }
    osm_buf_add_text(out, "\nEnvironment variables:\n");
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        size_t line_start = out->length;

        if (!option->environment)
            continue;
        osm_buf_printf(out, "  %s", option->environment);
        add_wrapped(out, line_start,
                    "Shared secret of callers; overrides --auth-token-file and "
                    "--auth-token");
    }
}

/* ---- manual page -------------------------------------------------------------------------- */

/* `<a> text` with the part in brackets in italics. */
static void add_troff_usage(struct osm_buf *out, const struct osm_option *option)
{
    osm_buf_add_text(out, "\\fB");
    osm_buf_add_text(out, "\\-\\-");
    osm_troff_add(out, option->name);
    if (option->short_name)
        osm_buf_printf(out, "\\fR, \\fB\\-%c", option->short_name);
    osm_buf_add_text(out, "\\fR");
    if (option->value_name) {
        osm_buf_add_text(out, " \\fI");
        osm_troff_add(out, option->value_name);
        osm_buf_add_text(out, "\\fR");
    }
    osm_buf_add_byte(out, '\n');
}

static void add_man_of(struct osm_buf *out, const struct osm_option *option)
{
    struct osm_buf text = {0};

    osm_buf_add_text(&text, option->help);
    add_choices(&text, option);
    osm_buf_add_byte(&text, '.');
    if (default_of(option))
        osm_buf_printf(&text, "\nDefault: %s.", default_of(option));
    if (option->details)
        osm_buf_printf(&text, "\n%s", option->details);
    if (option->part != OSM_OPTION_FIXED)
        osm_buf_printf(&text, "\n%s", reloadable);
    osm_buf_add_text(out, ".TP\n");
    add_troff_usage(out, option);
    osm_troff_add(out, osm_buf_text(&text));
    osm_buf_add_byte(out, '\n');
    osm_buf_deinit(&text);
}

static const char man_head[] =
    ".\\\" Generated from the table of options; change src/app/conf/options_table.c instead.\n"
    ".TH OPCUA\\-SESSION\\-MANAGER 8 \"\" \"opcua\\-session\\-manager " OSM_VERSION "\"\n"
    ".SH NAME\n"
    "opcua\\-session\\-manager \\- keeps OPC UA sessions open for local programs\n"
    ".SH SYNOPSIS\n"
    ".B opcua\\-session\\-manager\n"
    "[\\fIoptions\\fR]\n"
    ".SH DESCRIPTION\n"
    "A daemon that holds sessions to OPC UA servers and lets short\\-lived programs on the same\n"
    "machine use them through a socket, one line of JSON per request and reply.\n"
    "It runs in the foreground; a service manager puts it into the background.\n"
    ".PP\n"
    "A value option takes the next argument whatever it looks like, or the text behind \"=\".\n"
    "Of repeated options the last one counts.\n"
    "Arguments that are no options are ignored with a warning.\n"
    ".SH OPTIONS\n";

static const char man_tail[] =
    ".SH SIGNALS\n"
    ".TP\n"
    ".BR SIGTERM \", \" SIGINT\n"
    "Ends the daemon: no new connections, running requests end, all sessions are closed, socket\n"
    "and PID file are removed. Takes at most 10 seconds; a second signal ends it at once.\n"
    ".TP\n"
    ".B SIGHUP\n"
    "Opens the log file again, for log rotation, and reads the configuration file again: what has\n"
    "changed is carried out, what is the same is not touched. Options that need a restart are\n"
    "named in the log. A file with a mistake changes nothing.\n"
    ".SH EXIT STATUS\n"
    ".TP\n"
    ".B 0\n"
    "Ended by a signal as asked, or \\-\\-help or \\-\\-version answered.\n"
    ".TP\n"
    ".B 1\n"
    "Could not start (one line on standard error says why), or shutdown was cut short.\n"
    ".PP\n"
    "With \\-\\-check: 0 if nothing is wrong, 1 otherwise.\n"
    ".SH FILES\n"
    ".TP\n"
    ".I /tmp/opcua\\-session\\-manager.sock\n"
    "The default socket.\n"
    ".TP\n"
    ".I <socket>.pid\n"
    "Process id of the running daemon, locked while it runs.\n"
    ".SH SEE ALSO\n"
    "\\fBopcua\\-session\\-manager.conf\\fR(5)\n";

void osm_options_write_man(struct osm_buf *out)
{
    osm_buf_add_text(out, man_head);
    for (size_t i = 0; i < osm_option_count; i++) {
        if (starts_section(i))
            osm_buf_printf(out, ".SS %s\n", osm_option_table[i].section);
        add_man_of(out, &osm_option_table[i]);
    }
    osm_buf_add_text(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];

        if (!option->environment)
            continue;
        osm_buf_printf(out, ".TP\n.B %s\nStands for \\fB\\-\\-", option->environment);
        osm_troff_add(out, option->name);
        osm_buf_add_text(out, "\\fR and overrides it.\n");
    }
    osm_buf_add_text(out, man_tail);
}

/* ---- documentation ------------------------------------------------------------------------ */

/* In a table cell '|' ends the cell and '<' starts HTML. */
static void add_markdown(struct osm_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '<')
            osm_buf_add_byte(out, '\\');
        osm_buf_add_byte(out, *text);
    }
}

static void add_markdown_of(struct osm_buf *out, const struct osm_option *option)
{
    struct osm_buf text = {0};

    osm_buf_add_text(&text, option->help);
    add_choices(&text, option);
    osm_buf_add_byte(&text, '.');
    if (option->details)
        osm_buf_printf(&text, " %s", option->details);
    if (option->part != OSM_OPTION_FIXED)
        osm_buf_printf(&text, " %s", reloadable);
    osm_buf_add_text(out, "| `");
    add_usage(out, option);
    osm_buf_add_text(out, "` | ");
    if (option->fallback)
        osm_buf_printf(out, "`%s`", option->fallback);
    else if (option->unset)
        osm_buf_add_text(out, option->unset);
    osm_buf_add_text(out, " | ");
    add_markdown(out, osm_buf_text(&text));
    if (option->environment)
        osm_buf_printf(out, " Environment: `%s`.", option->environment);
    osm_buf_add_text(out, " |\n");
    osm_buf_deinit(&text);
}

void osm_options_write_markdown(struct osm_buf *out)
{
    osm_buf_add_text(
        out,
        "<!-- Generated from the table of options; change src/app/conf/options_table.c instead. "
        "-->\n# Options\n\n"
        "A value option takes the next argument whatever it looks like, or the text behind "
        "`=`. Of\nrepeated options the last one counts. Arguments that are no options are "
        "ignored with a warning.\n");
    for (size_t i = 0; i < osm_option_count; i++) {
        if (starts_section(i))
            osm_buf_printf(out, "\n## %s\n\n| Option | Default | Meaning |\n|---|---|---|\n",
                           osm_option_table[i].section);
        add_markdown_of(out, &osm_option_table[i]);
    }
}
