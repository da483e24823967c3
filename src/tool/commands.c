/* SPDX-License-Identifier: MIT */
/* The table of uactl's commands, and the manual page that comes from it and the options. */
#include "tool/tool.h"

#include "util/troff.h"

const struct tool_command tool_commands[] = {
    {"ping", "", "Whether the daemon answers, and how fast", TOOL_NEEDS_DAEMON, 0, 0, tool_ping},
    {"status", "", "How the daemon's sessions and sinks are", TOOL_NEEDS_DAEMON, 0, 0, tool_status},
    {"list", "", "The daemon's sessions", TOOL_NEEDS_DAEMON, 0, 0, tool_list},
    {"open", "", "Open a session in the daemon and print its id", TOOL_NEEDS_SERVER, 0, 0,
     tool_open},
    {"close", "<session>", "Close a session of the daemon", TOOL_NEEDS_DAEMON, 1, 1, tool_close},
    {"read", "<node>…", "Read values", TOOL_NEEDS_SERVER, 1, -1, tool_read},
    {"write", "<node> <value>", "Write a value, of the type the node has", TOOL_NEEDS_SERVER, 2, 2,
     tool_write},
    {"browse", "[<node>]", "What a node refers to (default: the Objects folder)", TOOL_NEEDS_SERVER,
     0, 1, tool_browse},
    {"tree", "[<node>]", "What is below a node, as a tree", TOOL_NEEDS_SERVER, 0, 1, tool_tree},
    {"call", "<object> <method> [<argument>…]", "Call a method, which says what it takes",
     TOOL_NEEDS_SERVER, 2, -1, tool_call},
    {"watch", "<node>…", "Follow values as they change", TOOL_NEEDS_SERVER, 1, -1, tool_watch},
    {"events", "[<node>] [<field>…]", "Follow events (default: of the server)", TOOL_NEEDS_SERVER,
     0, -1, tool_events},
    {"alarms", "[list|ack|confirm|comment|shelve|unshelve|enable|disable] [<alarm>…]",
     "Alarms to be seen to, by name, node or event; and what is done about them", TOOL_NEEDS_SERVER,
     0, -1, tool_alarms},
    {"history", "<node>", "Values of the past", TOOL_NEEDS_SERVER, 1, 1, tool_history},
    {"endpoints", "", "What the server offers", TOOL_NEEDS_SERVER, 0, 0, tool_endpoints},
    {"search", "[<text>] [<node>]", "Find nodes by name, by --type, with --values also by value",
     TOOL_NEEDS_SERVER, 0, 2, tool_search},
    {"export", "[<node>]", "Values, history or tree (--what) below a node, as CSV or --jsonl",
     TOOL_NEEDS_SERVER, 0, 1, tool_export},
    {"types", "", "Learn the structures of the server", TOOL_NEEDS_SERVER, 0, 0, tool_types},
    {"trust", "add|remove <file|fingerprint>",
     "Trust a server's certificate (DER), or no longer; with --trust-store", TOOL_NEEDS_SERVER, 2,
     2, tool_trust},
    {"explore", "", "Browse a server in a window that fills the terminal; ? shows the keys",
     TOOL_OPENS_SERVER, 0, 0, tool_explore},
    {"config-check", "<file>",
     "Look at a configuration file of the daemon: every mistake, with its line", TOOL_NEEDS_NOTHING,
     1, 1, tool_config_check},
    {"console", "[<line>]", "The operator's console: SHOW SESSIONS, RELOAD …; HELP lists all",
     TOOL_NEEDS_DAEMON, 0, 1, tool_console},
    {"completion", "bash|zsh|fish", "Print a completion script for a shell", TOOL_NEEDS_NOTHING, 1,
     1, tool_completion},
    {0},
};

volatile int tool_stopped;

static const char head[] =
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

static const char tail[] =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nAll is well.\n"
    ".TP\n.B 1\nThe server refused, or the file has mistakes.\n"
    ".TP\n.B 2\nA mistake in the command line, or a value that does not fit.\n"
    ".TP\n.B 3\nNo connection to the server.\n"
    ".TP\n.B 4\nNo daemon, or it refused.\n"
    ".TP\n.B 5\nSome of several failed.\n"
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
    ".PP\n.nf\n"
    "servers:\n"
    "  plant: {url: \"opc.tcp://plant:4840\", user: operator, policy: Basic256Sha256, certificate: "
    "office}\n"
    "  test: opc.tcp://localhost:4840\n"
    "users:\n"
    "  operator: {name: op7, password\\-file: op7.secret}\n"
    "  guest: visitor\n"
    "certificates:\n"
    "  office: {certificate: office.pem, key: office.key}\n"
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
    osm_buf_add_text(out, head);
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
    osm_buf_add_text(out, tail);
}
