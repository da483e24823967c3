/* SPDX-License-Identifier: MIT */
/*
 * Completion of the shells: scripts that call `uactl __complete`, and what that answers, from the
 * tables of commands and options, the profiles, the daemon's sessions and the address space as it
 * is now. What kind an argument is says the command's own text for --help: <node>, a|b|c …
 *
 *   uactl __complete words <word>…          the last one is completed; a candidate per line
 *   uactl __complete bash <point> <line>    the same, split and quoted as bash does
 *
 * Nothing is ever asked for or said here, and a server that does not answer has two seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "tool/complete_line.h"
#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

#define MOST_CANDIDATES 300
#define MOST_SECONDS 1.5 /* somebody waits at the key */

struct completing {
    struct tool tool;
    const struct complete_line *line;
    const char *word; /* to be completed */
    bool for_bash;
    size_t count;
};

/* ---- candidates ----------------------------------------------------------------------------- */

static void offer(struct completing *completing, const char *candidate)
{
    _cleanup_(osm_freep) char *plain = tool_plain(candidate, false);

    if (strncmp(candidate, completing->word, strlen(completing->word)) != 0 ||
        strcmp(plain, candidate) != 0 || completing->count >= MOST_CANDIDATES)
        return;
    completing->count++;
    if (completing->for_bash)
        complete_line_print(completing->line, candidate);
    else
        puts(candidate);
}

static void offer_name(void *context, const char *name)
{
    offer(context, name);
}

/* "a|b|c", in brackets or not. */
static void offer_words(struct completing *completing, const char *words, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t part = strcspn(words + at, "|[] ");
        _cleanup_(osm_freep) char *word = osm_strndup(words + at, OSM_MIN(part, length - at));

        if (*word && !strpbrk(word, "<>"))
            offer(completing, word);
        at += part + 1;
    }
}

static void offer_commands(struct completing *completing)
{
    for (const struct tool_command *command = tool_commands; command->name; command++)
        offer(completing, command->name);
}

static void offer_options(struct completing *completing)
{
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        _cleanup_(osm_freep) char *word = osm_printf("--%s", option->name);

        offer(completing, word);
    }
}

/* ---- from the daemon and the server --------------------------------------------------------- */

static bool connect_as(struct completing *completing, const struct tool_command *command)
{
    completing->tool.command = command;
    if (!completing->tool.options.timeout)
        completing->tool.options.timeout = "2";
    return tool_connect(&completing->tool) == TOOL_OK;
}

static void offer_sessions(struct completing *completing)
{
    const char *server = completing->tool.server;
    yyjson_doc *doc = NULL;
    yyjson_val *session;
    size_t i, count;
    char *json;

    completing->tool.server = NULL;
    if (completing->tool.options.direct || !connect_as(completing, &tool_commands[0]))
        return;
    if (opcua_command(completing->tool.client, "list", "{}", &json, &completing->tool.error)) {
        doc = yyjson_read(json, strlen(json), YYJSON_READ_NOFLAG);
        free(json);
    }
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "sessions"), i, count, session)
    {
        const char *id = yyjson_get_str(yyjson_obj_get(session, "id"));

        offer(completing, id ? id : "");
    }
    yyjson_doc_free(doc);
    opcua_client_free(completing->tool.client);
    completing->tool.client = NULL;
    completing->tool.server = server;
}

static bool offer_node(void *context, const struct opcua_reference *reference)
{
    struct completing *completing = context;

    offer(completing, reference->node);
    return completing->count < MOST_CANDIDATES;
}

static void offer_nodes(struct completing *completing, const struct tool_command *command)
{
    if (!completing->tool.server || !connect_as(completing, command))
        return;
    if (!*completing->word || *completing->word == '/')
        tool_visit_paths(&completing->tool, completing->word, offer_name, completing);
    else
        tool_visit_nodes(&completing->tool, completing->word, MOST_SECONDS, offer_node, completing);
    opcua_client_free(completing->tool.client);
    completing->tool.client = NULL;
}

/* ---- what is due ---------------------------------------------------------------------------- */

/* Arguments of options by their names; the others are files, or nobody knows. */
static const struct {
    const char *option, *words;
} values[] = {
    {"policy", "None|Basic256Sha256|Aes128_Sha256_RsaOaep|Aes256_Sha256_RsaPss"},
    {"mode", "None|Sign|SignAndEncrypt"},
    {"what", "values|history|tree"},
    {"trust-policy", "fingerprint|fingerprint+expiry|full"},
    {"type", "Boolean|SByte|Byte|Int16|UInt16|Int32|UInt32|Int64|UInt64|Float|Double|String|"
             "DateTime|Guid|ByteString|LocalizedText|QualifiedName|NodeId"},
    {"attribute", "NodeClass|BrowseName|DisplayName|Description|Value|DataType|ValueRank|"
                  "AccessLevel|UserAccessLevel|Historizing|Executable"},
};

static void offer_value(struct completing *completing, const char *option)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(values); i++) {
        if (strcmp(values[i].option, option) == 0)
            offer_words(completing, values[i].words, strlen(values[i].words));
    }
}

/* The word of the command's text that stands for its argument `at`; the last one may repeat. */
static const char *text_of(const char *arguments, size_t at, size_t *length)
{
    const char *word = arguments;

    for (size_t i = 0;; i++) {
        *length = strcspn(word, " ");
        if (i == at || !word[*length])
            return i == at || strstr(word, "…") ? word : NULL;
        word += *length + 1;
    }
}

static bool is_kind(const char *word, size_t length, const char *kind)
{
    const char *found = strstr(word, kind);

    return found && found < word + length;
}

static void offer_argument(struct completing *completing, const struct tool_command *command,
                           size_t at)
{
    static const char *const nodes[] = {"<node>", "<object>", "<method>"};
    size_t length = 0;
    const char *word = text_of(command->arguments, at, &length);

    if (!word)
        return;
    if (is_kind(word, length, "<session>"))
        offer_sessions(completing);
    else if (is_kind(word, length, "|"))
        offer_words(completing, word, length);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(nodes); i++) {
        if (is_kind(word, length, nodes[i]))
            offer_nodes(completing, command);
    }
}

static const struct tool_command *command_of(const char *name)
{
    const struct tool_command *command = tool_commands;

    while (command->name && strcmp(command->name, name) != 0)
        command++;
    return command->name ? command : NULL;
}

/* argv: the words before, but for options. */
static void offer_after(struct completing *completing, int argc, char **argv)
{
    const struct tool_command *command = command_of(argv[0]);
    struct tool *tool = &completing->tool;
    char **arguments = argv + 1;
    int count = argc - 1;

    if (!command)
        return;
    tool->command = command;
    if (tool_needs_server(command)) {
        bool may_be_server = count == 0 && *completing->word != '/';

        (void)tool_take_server(tool, &count, &arguments);
        if (may_be_server && tool_profiles_read(tool) == TOOL_OK)
            tool_profiles_each(tool->profiles, offer_name, completing);
        if (may_be_server && !strchr(completing->word, '='))
            offer_sessions(completing);
    }
    offer_argument(completing, command, (size_t)count);
}

/* The option whose argument comes next; NULL when none is open. */
static const struct tool_option *open_option(const char *word)
{
    if (word[0] != '-' || !word[1] || strchr(word, '='))
        return NULL;
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        bool is_meant = word[1] == '-' ? strcmp(option->name, word + 2) == 0
                                       : option->letter == word[1] && !word[2];

        if (is_meant && option->argument)
            return option;
    }
    return NULL;
}

static void complete(struct completing *completing, int argc, char **argv)
{
    const struct tool_option *open = argc ? open_option(argv[argc - 1]) : NULL;
    char **words = osm_alloc(((size_t)argc + 2) * sizeof(*words));
    static char program[] = "uactl";
    int left;

    words[0] = program;
    for (int i = 0; i < argc; i++)
        words[i + 1] = argv[i];
    left = tool_options_parse(&completing->tool.options, argc + 1 - (open != NULL), words);
    completing->tool.must_not_ask = true;
    if (left < 0)
        ; /* nothing can be said of a line that is wrong */
    else if (open)
        offer_value(completing, open->name);
    else if (*completing->word == '-')
        offer_options(completing);
    else if (left == 0)
        offer_commands(completing);
    else
        offer_after(completing, left, words);
    free(words);
}

int tool_complete(int argc, char **argv)
{
    struct completing completing = {.word = ""};
    struct complete_line line = {0};

    if (!freopen("/dev/null", "w", stderr))
        return TOOL_USAGE;
    if (argc == 3 && strcmp(argv[0], "bash") == 0) {
        complete_line_split(&line, argv[2], strtoul(argv[1], NULL, 10));
        completing.for_bash = true;
        completing.line = &line;
        completing.word = line.words[line.count - 1];
        if (line.count > 1) /* the first is the program */
            complete(&completing, (int)line.count - 2, line.words + 1);
    } else if (argc >= 2) {
        completing.word = argv[argc - 1];
        complete(&completing, argc - 2, argv + 1);
    }
    complete_line_deinit(&line);
    tool_profiles_free(completing.tool.profiles);
    return tool_flush() ? TOOL_OK : TOOL_USAGE;
}

/* ---- scripts -------------------------------------------------------------------------------- */

static const char bash_script[] =
    "_uactl() {\n"
    "    mapfile -t COMPREPLY < <(\"$1\" __complete bash \"$COMP_POINT\" \"$COMP_LINE\" "
    "2>/dev/null)\n"
    "    [[ ${COMPREPLY[0]} != */ ]] || compopt -o nospace\n"
    "}\n"
    "complete -o default -F _uactl uactl\n";

static const char zsh_script[] =
    "#compdef uactl\n"
    "_uactl() {\n"
    "    local -a found\n"
    "    local ret=1\n"
    "    found=(\"${(@f)$(\"${words[1]}\" __complete words \"${(@Q)words[2,CURRENT]}\" "
    "2>/dev/null)}\")\n"
    "    [[ -n $found ]] || { _files; return }\n"
    "    compadd -S '' -- ${(M)found:#*/} && ret=0\n"
    "    compadd -- ${found:#*/} && ret=0\n"
    "    return ret\n"
    "}\n"
    "if [[ $funcstack[1] == _uactl ]]; then _uactl \"$@\"; else compdef _uactl uactl; fi\n";

static const char fish_script[] =
    "complete -c uactl -f -a '(uactl __complete words (commandline -opc)[2..-1] (commandline -ct) "
    "2>/dev/null)'\n";

/* fish shows what options are for; those that take files are completed by it. */
static void print_fish_options(void)
{
    for (const struct tool_option *option = tool_option_table; option->name; option++) {
        bool is_file = option->argument && (strcmp(option->argument, "FILE") == 0 ||
                                            strcmp(option->argument, "PATH") == 0 ||
                                            strcmp(option->argument, "FOLDER") == 0);

        printf("complete -c uactl -l %s%s -d '", option->name,
               is_file            ? " -r -F"
               : option->argument ? " -x"
                                  : "");
        for (const char *text = option->help; *text; text++)
            printf(*text == '\'' ? "\\'" : "%c", *text);
        puts("'");
    }
}

int tool_completion(struct tool *tool, int argc, char **argv)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

    (void)tool, (void)argc;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(scripts); i++) {
        if (strcmp(argv[0], scripts[i].shell) != 0)
            continue;
        fputs(scripts[i].script, stdout);
        if (strcmp(argv[0], "fish") == 0)
            print_fish_options();
        return TOOL_OK;
    }
    return tool_usage("completion is for bash, zsh or fish, not \"%s\"", argv[0]);
}
