/* SPDX-License-Identifier: MIT */
/* uactl(1) and docs/tool.md: what is said of the tool, around its tables of commands and options.
 */
#include <ctype.h>

#include "tool/tool.h"
#include "util/troff.h"

static const char man_head[] =
    ".\\\" Generated from the tables of uactl; change src/tool/commands.c and options.c instead.\n"
    ".TH UACTL 1 \"\" \"uactl " OSM_VERSION "\"\n"
    ".SH NAME\nuactl \\- read, write and watch OPC UA servers\n"
    ".SH SYNOPSIS\n.B uactl\n[\\fIoption\\fR]... \\fIcommand\\fR [\\fIserver\\fR] "
    "[\\fIargument\\fR]...\n"
    ".SH DESCRIPTION\n"
    "Works through opcua\\-session\\-manager, which keeps the session open for the next call, or "
    "with\n"
    "\\-\\-direct from this process.\n.PP\n"
    "\\fIserver\\fR is a URL (opc.tcp://host:4840), a name of the profiles or the id of a session "
    "the "
    "daemon\n"
    "has; without one it is $OPCUA_URL. A \\fInode\\fR is a node id (ns=2;s=Tank1) or a path "
    "(/Objects/2:Plant/2:Tank1).\n"
    ".SH COMMANDS\n";

static const struct {
    int code;
    const char *means;
} endings[] = {
    {TOOL_OK, "all is well"},
    {TOOL_REFUSED, "the server refused, or the file has mistakes (config-check)"},
    {TOOL_USAGE, "a mistake in the command line, or a value that does not fit"},
    {TOOL_NO_CONNECTION, "no connection to the server"},
    {TOOL_NO_DAEMON, "no daemon, or it refused"},
    {TOOL_PARTLY, "some of several failed"},
};

static const char profiles[] =
    "servers:\n"
    "  plant: {url: \"opc.tcp://plant:4840\", user: operator, policy: Basic256Sha256, certificate: "
    "office}\n"
    "  test: opc.tcp://localhost:4840\n"
    "users:\n"
    "  operator: {name: op7, password-file: op7.secret}\n"
    "  guest: visitor\n"
    "certificates:\n"
    "  office: {certificate: office.pem, key: office.key}\n";

static const char man_files[] =
    ".PP\nA command that a signal breaks off ends by that signal (a shell shows 130 for ^C); watch "
    "and\n"
    "events, which have no other end, end with 0.\n"
    ".SH FILES\n"
    ".TP\n.B ~/.config/uactl.yaml\n"
    "Profiles: names for servers, users and certificates. The keys of a server are long options "
    "of\n"
    "the command line, which overrides them; files are relative to this file's folder. Passwords "
    "are\n"
    "read from files or asked for, never kept here.\n"
    ".PP\n.nf\n";

static const char man_tail[] =
    ".fi\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B OPCUA_SOCKET\nThe daemon's socket.\n"
    ".TP\n.B OPCUA_URL\nThe server, when the command line names none: a URL, a name of the "
    "profiles "
    "or a session.\n"
    ".TP\n.B XDG_CONFIG_HOME\nWhere uactl.yaml is, instead of ~/.config.\n"
    ".TP\n.B NO_COLOR\nWhen it is set, there are no colours on terminals either.\n"
    ".SH SEE ALSO\n\\fBopcua\\-session\\-manager\\fR(8)\n";

void tool_write_man(struct osm_buf *out)
{
    osm_buf_add_text(out, man_head);
    for (const struct tool_command *command = tool_commands; command->name; command++) {
        osm_buf_add_text(out, ".TP\n\\fB");
        osm_troff_add(out, command->name);
        osm_buf_printf(out, "\\fR%s ", tool_needs_server(command) ? " [<server>]" : "");
        osm_troff_add(out, command->arguments);
        osm_buf_add_byte(out, '\n');
        osm_troff_add(out, command->summary);
        osm_buf_add_text(out, ".\n");
    }
    osm_buf_add_text(out, ".SH OPTIONS\n");
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        osm_buf_add_text(out, ".TP\n\\fB");
        if (option->letter)
            osm_buf_printf(out, "\\-%c\\fR, \\fB", option->letter);
        osm_buf_add_text(out, "\\-\\-");
        osm_troff_add(out, option->name);
        osm_buf_printf(out, "\\fR%s%s\n", option->argument ? " " : "",
                       option->argument ? option->argument : "");
        osm_troff_add(out, option->help);
        osm_buf_add_text(out, ".\n");
    }
    osm_buf_add_text(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(endings); i++)
        osm_buf_printf(out, ".TP\n.B %d\n%c%s.\n", endings[i].code, toupper(endings[i].means[0]),
                       endings[i].means + 1);
    osm_buf_add_text(out, man_files);
    osm_troff_add(out, profiles);
    osm_buf_add_text(out, man_tail);
}

/* ---- docs/tool.md ---------------------------------------------------------------------------- */

static const char page_head[] =
    "<!-- Generated from the tables of uactl; change src/tool/handbook.c, commands.c and options.c "
    "instead. -->\n\n"
    "# uactl\n\n"
    "The tool for everything by hand: it reads, writes, watches and searches OPC UA servers, "
    "through the daemon, whose\n"
    "session is open already, or with `--direct` from its own process. `uactl --help` and "
    "`uactl(1)` say the same as this page.\n\n"
    "```sh\n"
    "export OPCUA_URL=opc.tcp://127.0.0.1:4840\n"
    "uactl browse\n"
    "uactl read i=2258 /Objects/2:Plant/2:Tank1/2:Level\n"
    "uactl write 'ns=2;s=Many/0001' 5\n"
    "uactl watch 'ns=2;s=Dynamic/Sine' --count 3\n"
    "uactl call /Objects/Methods Add 1 2\n"
    "uactl search Counter\n"
    "uactl --direct --json read 'ns=2;s=Types/Array/Int32'\n"
    "uactl --csv history 'ns=2;s=History/Sine' --start 2024-01-01 --end 2024-01-02\n"
    "uactl alarms\n"
    "uactl status\n"
    "```\n\n"
    "* *Server*: a URL, a name of the profiles (below) or the id of a session the daemon has; "
    "without one it is `OPCUA_URL`.\n"
    "* *Node*: a node id (`ns=2;s=Tank1`), or a path of browse names (`/Objects/2:Plant/2:Tank1`; "
    "namespaces may be left out\n"
    "  where the name is clear). Both complete with Tab from the live server: `uactl completion "
    "bash` prints the script.\n"
    "* *Writing* takes the type the node has and refuses what does not fit; `--dry-run` shows what "
    "would be sent. `call` asks the\n"
    "  server for the arguments, their names and types.\n"
    "* *For people* there are aligned tables, units and names of enumerations from the server, "
    "local times; on a narrow terminal\n"
    "  numbers are rounded and today's times have no date. *For programs* there are `--json`, "
    "`--jsonl`, `--csv` and `-q`, which\n"
    "  shorten nothing.\n"
    "* On a terminal `watch` keeps a line for each node, with its newest value and a sparkline; "
    "`watch --plot` and\n"
    "  `history --plot` draw a plot. `uactl explore` is a browser that fills the terminal: "
    "[explore.md](explore.md). All screens are\n"
    "  in [tool-screens.md](tool-screens.md).\n"
    "* A mistyped command or node gets the nearest right one; an error names server, node and next "
    "step.\n\n"
    "## Commands\n\n| Command | Does |\n| --- | --- |\n";

static const char page_profiles[] =
    "\n## Profiles\n\n"
    "`~/.config/uactl.yaml` has names for servers, users and certificates. The keys of a server "
    "are "
    "long options, and the command\n"
    "line overrides them; files are relative to this file's folder. Passwords are read from files "
    "or asked for.\n\n"
    "```yaml\n";

static const char page_options[] = "```\n\n"
                                   "## Options\n\n| Option | |\n| --- | --- |\n";

/* A bar would end the cell. */
static void add_cell(struct osm_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            osm_buf_add_byte(out, '\\');
        osm_buf_add_byte(out, *text);
    }
}

void tool_write_markdown(struct osm_buf *out)
{
    osm_buf_add_text(out, page_head);
    for (const struct tool_command *command = tool_commands; command->name; command++) {
        osm_buf_printf(out, "| `%s%s%s", command->name,
                       tool_needs_server(command) ? " [<server>]" : "",
                       *command->arguments ? " " : "");
        add_cell(out, command->arguments);
        osm_buf_printf(out, "` | %s |\n", command->summary);
    }
    osm_buf_add_text(out, page_profiles);
    osm_buf_add_text(out, profiles);
    osm_buf_add_text(out, page_options);
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        osm_buf_add_text(out, "| `");
        if (option->letter)
            osm_buf_printf(out, "-%c`, `", option->letter);
        osm_buf_printf(out, "--%s%s%s` | ", option->name, option->argument ? " " : "",
                       option->argument ? option->argument : "");
        add_cell(out, option->help);
        osm_buf_add_text(out, " |\n");
    }
    osm_buf_add_text(out, "\n## What it ends with\n\n| Ends with | |\n| --- | --- |\n");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(endings); i++)
        osm_buf_printf(out, "| %d | %s |\n", endings[i].code, endings[i].means);
}
