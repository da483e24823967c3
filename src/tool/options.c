/* SPDX-License-Identifier: MIT */
/* The command line of uactl: its options, and what --help says of them and of the commands. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

#define AT(member) offsetof(struct tool_options, member)

const struct tool_option tool_option_table[] = {
    {"socket", 's', "PATH",
     "the daemon's socket (default: $OPCUA_SOCKET, else /tmp/opcua-session-manager.sock)",
     AT(socket)},
    {"direct", 'd', NULL, "speak to the server from here, without the daemon", AT(direct)},
    {"token-file", 0, "FILE", "the daemon's token is its first line", AT(token_file)},
    {"json", 0, NULL, "one JSON list", AT(json)},
    {"jsonl", 0, NULL, "JSON, an object per line", AT(json_lines)},
    {"csv", 0, NULL, "comma-separated values with a head line", AT(csv)},
    {"quiet", 'q', NULL, "values only, one per line", AT(quiet)},
    {"utc", 0, NULL, "times in UTC instead of local time", AT(utc)},
    {"user", 'u', "NAME", "user at the server: a name of the profiles, or the name there",
     AT(user)},
    {"password-file", 0, "FILE", "the user's password is its first line (default: it is asked for)",
     AT(password_file)},
    {"policy", 0, "NAME", "security policy: Basic256Sha256, Aes256_Sha256_RsaPss …", AT(policy)},
    {"mode", 0, "MODE", "security mode: Sign or SignAndEncrypt", AT(mode)},
    {"certificate", 0, "FILE", "our certificate: a file, or a name of the profiles",
     AT(certificate)},
    {"key", 0, "FILE", "the key of --certificate", AT(key)},
    {"user-certificate", 0, "FILE", "log in with this certificate instead of a name",
     AT(user_certificate)},
    {"user-key", 0, "FILE", "the key of --user-certificate", AT(user_key)},
    {"ca", 0, "FILE", "certificates of authorities", AT(ca)},
    {"trust-store", 0, "FOLDER", "server certificates we trust", AT(trust_store)},
    {"trust-policy", 0, "NAME", "fingerprint, fingerprint+expiry or full", AT(trust_policy)},
    {"auto-accept", 0, NULL, "trust the first certificate an empty trust store sees",
     AT(auto_accept)},
    {"timeout", 't', "SECONDS", "how long an answer of the server may take (default 5)",
     AT(timeout)},
    {"attribute", 'a', "NAME", "attribute to read or write, by name or number (default Value)",
     AT(attribute)},
    {"range", 0, "RANGE", "part of an array: 0:4", AT(range)},
    {"type", 0, "TYPE",
     "write: type of the value (default: the node's); search: class, type definition or data type",
     AT(type)},
    {"what", 0, "KIND", "export: values (default), history or tree", AT(what)},
    {"dry-run", 'n', NULL, "write, call: check and show, send nothing", AT(dry_run)},
    {"values", 0, NULL, "search: look at values, too", AT(values)},
    {"depth", 0, "N", "tree, search, export: levels (default 3, 16, 16)", AT(depth)},
    {"interval", 'i', "MS", "watch, events: publishing interval (default 500)", AT(interval)},
    {"count", 'c', "N", "watch, events: end after so many; history: at most so many", AT(count)},
    {"start", 0, "TIME", "history, export: from then (default -1 hour)", AT(start)},
    {"end", 0, "TIME", "history, export: until then (default now)", AT(end)},
    {"plot", 'p', NULL, "watch, history: a plot, on a terminal", AT(plot)},
    {"comment", 0, "TEXT", "alarms ack, confirm, comment: what to say", AT(comment)},
    {"for", 0, "SECONDS", "alarms shelve: for so long (default: until it is inactive)",
     AT(duration)},
    {"ready", 0, NULL, "ping: whether data flows, and what does not; 1 when it does not",
     AT(ready)},
    {"help", 'h', NULL, "this text, or that of a command", AT(help)},
    {"version", 'V', NULL, "the version", AT(version)},
    {0},
};

int tool_usage(const char *format, ...)
{
    _cleanup_(osm_freep) char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    tool_say(stderr, "uactl: %s\n", text ? text : "");
    return TOOL_USAGE;
}

const struct tool_option *tool_option_find(const char *name, size_t length)
{
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static const struct tool_option *find_letter(char letter)
{
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        if (option->letter == letter)
            return option;
    }
    return NULL;
}

/* Takes argv[i]; how many words that were, 0 when it is no option, -1 after having said a mistake.
 */
static int take(struct tool_options *options, char **argv, int argc, int i)
{
    const char *word = argv[i], *value = NULL;
    const struct tool_option *option;
    void *at;

    if (word[0] != '-' || !word[1] || (word[1] >= '0' && word[1] <= '9') || word[1] == '.')
        return 0; /* "-5" is a value to be written */
    if (word[1] == '-') {
        value = strchr(word, '=');
        option = tool_option_find(word + 2, value ? (size_t)(value - word - 2) : strlen(word + 2));
        value = value ? value + 1 : NULL;
    } else {
        option = find_letter(word[1]);
        value = word[2] ? word + 2 : NULL;
    }
    if (!option)
        return tool_usage("There is no option %s: see uactl --help", word), -1;
    at = (char *)options + option->offset;
    if (!option->argument) {
        if (value)
            return tool_usage("--%s takes no value", option->name), -1;
        *(bool *)at = true;
        return 1;
    }
    if (!value && i + 1 == argc)
        return tool_usage("--%s needs %s: %s", option->name, option->argument, option->help), -1;
    *(const char **)at = value ? value : argv[i + 1];
    return value ? 1 : 2;
}

int tool_options_parse(struct tool_options *options, int argc, char **argv)
{
    int left = 0, i = 1;
    bool no_more = false;

    while (i < argc) {
        int taken = 0;

        if (!no_more && strcmp(argv[i], "--") == 0) {
            no_more = true;
            i++;
            continue;
        }
        if (!no_more)
            taken = take(options, argv, argc, i);
        if (taken < 0)
            return -1;
        if (taken == 0)
            argv[left++] = argv[i++];
        i += taken;
    }
    argv[left] = NULL;
    if (options->json + options->json_lines + options->csv + options->quiet > 1)
        return tool_usage("Only one of --json, --jsonl, --csv and --quiet"), -1;
    return left;
}

void tool_help_command(const struct tool_command *command)
{
    const char *server = tool_needs_server(command) ? " <server>" : "";

    printf("Usage: uactl [option]… %s%s%s%s\n\n%s.\n", command->name, server,
           *command->arguments ? " " : "", command->arguments, command->summary);
    if (tool_needs_server(command))
        puts("\n<server>  a URL (opc.tcp://host:4840), a name of the profiles\n"
             "          (~/.config/uactl.yaml) or the id of a session the daemon has;\n"
             "          may be left out when $OPCUA_URL has one");
    if (strstr(command->arguments, "<node>") || strstr(command->arguments, "<object>"))
        puts("<node>    \"ns=2;s=Tank1\", or a path: \"/Objects/2:Plant/2:Tank1\"");
    puts("\nuactl --help lists the options.");
}

void tool_help(void)
{
    puts("Usage: uactl [option]… <command> [<server>] [<argument>]…\n\n"
         "Reads, writes and watches OPC UA servers, through opcua-session-manager or directly.\n");
    for (const struct tool_command *command = tool_commands; command->name; command++)
        printf("  %-12s %s\n", command->name, command->summary);
    puts("");
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        char left[40];

        snprintf(left, sizeof(left), "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        printf("  %-24s %s\n", left, option->help);
    }
    puts("\nEnds with 0; 1 refused by the server; 2 a mistake in the command line; 3 no connection "
         "to "
         "the\nserver; 4 no daemon, or it refused; 5 some of several failed.");
}
