/* SPDX-License-Identifier: MIT */
/* The manual page of the configuration file; the keys come from the table of options. */
#include <string.h>

#include "app/conf/options_file.h"
#include "app/conf/options_text.h"

static const char head[] =
    ".\\\" Generated from the table of options; change src/app/conf/options_conf_text.c instead.\n"
    ".TH OPCUA\\-SESSION\\-MANAGER.CONF 5 \"\" \"opcua\\-session\\-manager " OSM_VERSION "\"\n"
    ".SH NAME\n"
    "opcua\\-session\\-manager.conf \\- configuration file of opcua\\-session\\-manager\n"
    ".SH DESCRIPTION\n"
    "The file named by \\fB\\-\\-config\\fR. It is YAML, of which JSON is a part, in UTF\\-8, at\n"
    "most 16 MiB, and one map. There is no default place: without the option no file is read.\n"
    ".PP\n"
    "What the environment says counts more than the command line, that more than the file, and\n"
    "the file more than the default. If the command line names a token or its file, the file's\n"
    "own are not looked at.\n"
    ".PP\n"
    "\\fBopcua\\-session\\-manager \\-\\-check \\-\\-config\\fR \\fIfile\\fR names every mistake\n"
    "with its line. An unknown option, a key that is given twice, and a value of the wrong kind\n"
    "are errors, with which the daemon does not start; unknown keys of connections are warnings.\n"
    "Relative paths start at the working directory of the daemon, as on the command line.\n"
    "A file with secrets that others can read is warned about.\n"
    ".PP\n"
    "Anchors, aliases and merge keys (<<) may be used, tags and several documents may not. Keys\n"
    "of the file that begin with x\\- are ignored: a place for what is shared.\n"
    ".SH OPTIONS\n"
    "Every option of \\fBopcua\\-session\\-manager\\fR(8), with _ for \\-. Lists may be YAML "
    "lists.\n"
    ".PP\n";

static const char tail[] =
    ".SH CONNECTIONS\n"
    "\\fBconnections\\fR is a map from labels to sessions that the daemon opens at its start and\n"
    "keeps open. The file of \\fB\\-\\-auto\\-connect\\fR is such a map and nothing else.\n"
    "They are opened beside each other. One that fails is tried again after 1 s, 2 s ... 60 s;\n"
    "what a server refuses, a subscription or an item, after 5 s, 10 s ... 5 minutes, without\n"
    "holding up the rest. Such sessions do not expire, and those with subscriptions publish\n"
    "automatically. What callers close or delete is made again. The command \\fIstatus\\fR tells\n"
    "how each of them does.\n"
    ".PP\n"
    "SIGHUP reads the file again: entries come, go and change; subscriptions and items that are\n"
    "the same are not touched.\n"
    ".TP\n"
    ".B endpoint\n"
    "URL of the server; required.\n"
    ".TP\n"
    ".B config\n"
    "What callers send as config of \\fIopen\\fR. Whoever opens the same endpoint with the same\n"
    "config shares the session.\n"
    ".TP\n"
    ".B subscriptions\n"
    "A list. Keys with their defaults: publishing_interval 500.0, lifetime_count 2400,\n"
    "max_keep_alive_count 10, max_notifications_per_publish 0, priority 0, condition_refresh\n"
    "false (for all its event items), monitored_items, event_monitored_items.\n"
    ".TP\n"
    ".B monitored_items\n"
    "A list of maps: node_id (required), attribute_id 13, index_range (none; a part of an array, "
    "as\n"
    "0:3), sampling_interval 250.0, queue_size 1,\n"
    "client_handle 0, discard_oldest true, filter (none; a map: trigger 1, deadband_type 0,\n"
    "deadband_value 0.0, the numbers of OPC 10000\\-4: 2 as deadband_type is percent of the "
    "node's\n"
    "EURange). A namespace is given by index (ns=2;s=Tag) or, which outlives a server that\n"
    "numbers its namespaces anew, by URI (nsu=http://plant/line;s=Tag).\n"
    ".TP\n"
    ".B event_monitored_items\n"
    "A list of maps: node_id (required; a NodeId or a browse path such as /Objects/Server),\n"
    "select_fields [EventId, EventType, SourceName, Time, Message, Severity], client_handle 1,\n"
    "where (none; a map, all of which must hold: severity, ofType, source, or operators such as\n"
    "Or, Not, Equals and InList), queue_size 1000 (the server may grant less),\n"
    "condition_refresh false (ask for the alarms that are active, after each creation).\n"
    ".SH EXAMPLE\n"
    ".EX\n"
    "log_level: notice\n"
    "connections:\n"
    "  plant:\n"
    "    endpoint: opc.tcp://localhost:4840\n"
    "    subscriptions:\n"
    "      \\- monitored_items:\n"
    "          \\- node_id: i=2258\n"
    ".EE\n"
    ".SH SEE ALSO\n"
    "\\fBopcua\\-session\\-manager\\fR(8)\n";

void osm_options_write_conf_man(struct osm_buf *out)
{
    bool first = true;

    osm_buf_add_text(out, head);
    for (size_t i = 0; i < osm_option_count; i++) {
        const char *name = osm_option_table[i].name;

        if (!osm_option_in_files(&osm_option_table[i]))
            continue;
        osm_buf_add_text(out, first ? "" : ",\n");
        first = false;
        for (; *name; name++)
            osm_buf_add_byte(out, *name == '-' ? '_' : *name);
    }
    osm_buf_add_text(out, ".\n");
    osm_buf_add_text(out, tail);
}
