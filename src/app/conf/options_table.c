/* SPDX-License-Identifier: MIT */
/* The table of options; see options.h. The order is that of --help and the manual. */
#include "app/conf/options.h"

static const char *const log_level_names[] = {
#define X(id, name) name,
    OSM_LOG_LEVELS(X)
#undef X
        NULL};

static const char *const log_format_names[] = {
#define X(id, name) name,
    OSM_LOG_FORMATS(X)
#undef X
        NULL};

static const char *const cache_driver_names[] = {
    [OSM_CACHE_MEMORY] = "memory", [OSM_CACHE_FILE] = "file", [OSM_CACHE_NONE] = "none", NULL};

static const char *const core_dump_names[] = {[OSM_CORE_DUMPS_BARE] = "bare",
                                              [OSM_CORE_DUMPS_NONE] = "none",
                                              [OSM_CORE_DUMPS_FULL] = "full",
                                              NULL};

static const char *const certificate_uri_names[] = {
    [OSM_CERTIFICATE_URI_WARN] = "warn", [OSM_CERTIFICATE_URI_REFUSE] = "refuse", NULL};

#define FIELD(name) offsetof(struct osm_options, name)

/* Longest frame of a persistent connection (docs/protocol.md): 16 MiB. */
#define FRAME_MOST (16 << 20)

#define OPTION(kind_, name_, field, section_)                                                      \
    .name = name_, .kind = OSM_OPTION_##kind_, .offset = FIELD(field), .section = section_
#define RANGE(fallback_, least_, most_) .fallback = fallback_, .least = least_, .most = most_

const struct osm_option osm_option_table[] = {
    /* Socket */
    {OPTION(TEXT, "socket", socket, "Socket"), .fallback = "unix:///tmp/opcua-session-manager.sock",
     .value_name = "<uri>",
     .help = "Where callers connect: unix://<path>, a plain path, or tcp://<loopback>:<port>",
     .details = "Hosts other than loopback addresses and \"localhost\" are refused. The directory "
                "of a Unix socket must exist; next to the socket a PID file <path>.pid is kept. "
                "For TCP the PID file is opcua-session-manager-<endpoint>.pid in $TMPDIR or /tmp."},
    {OPTION(OCTAL, "socket-mode", socket_mode, "Socket"), .fallback = "0600", .most = 07777,
     .value_name = "<octal>", .help = "Permissions of the Unix socket",
     .details = "With 0660 members of the socket's group may connect."},
    {OPTION(INT, "max-connections", max_connections, "Socket"), .part = OSM_OPTION_SOCKET,
     RANGE("1000", 1, 1000000), .value_name = "<n>",
     .help = "Most persistent connections at the same time",
     .details = "Connections that carry one request and are closed after the reply do not count; "
                "of those at most 50 are open at the same time."},
    {OPTION(INT, "max-in-flight", max_in_flight, "Socket"), .part = OSM_OPTION_SOCKET,
     RANGE("256", 1, 65536), .value_name = "<n>",
     .help = "Most unanswered requests of one persistent connection",
     .details = "Beyond that the daemon stops reading from the connection until replies are out."},
    {OPTION(INT, "max-frame-bytes", max_frame_bytes, "Socket"), .part = OSM_OPTION_SOCKET,
     RANGE("65536", 65536, FRAME_MOST), .value_name = "<bytes>",
     .help = "Longest request line of a persistent connection"},
    {OPTION(INT, "idle-timeout", idle_timeout, "Socket"), .part = OSM_OPTION_SOCKET,
     RANGE("0", 0, INT32_MAX), .value_name = "<seconds>",
     .help = "Close persistent connections idle for so long, 0 = never"},
    {OPTION(TEXT, "web", web, "Socket"), .value_name = "<loopback>",
     .help = "Serve the web page: <host>:<port> or tcp://<host>:<port>, loopback only",
     .unset = "no page",
     .details = "Shows servers, sessions, items with their values, alarms, the address space, "
                "events, certificates and sinks; what it may do is what the role of the token "
                "allows that is given to it. Needs --token-file or a token. Without encryption: "
                "reach it from other machines through an SSH tunnel."},
    /* Events */
    {OPTION(INT, "event-buffer", event_buffer, "Events"), RANGE("65536", 1, 1 << 24),
     .value_name = "<n>", .help = "Newest events kept for streams and sinks",
     .details = "Who falls further behind is told how many events he has missed. The memory they "
                "take is bounded by 1 KiB per event of this number."},
    {OPTION(FLAG, "auto-publish", auto_publish, "Events"),
     .help = "Fetch what subscriptions bring without being asked; refuses publish",
     .details = "Implied by sinks and by streams that ask for what subscriptions bring. A session "
                "with subscriptions then never expires."},
    {OPTION(FLAG, "deferred-ack", deferred_ack, "Events"),
     .help = "Acknowledge to the server only what sinks have made safe",
     .details = "A server keeps what is not acknowledged until its own queue is full: that is the "
                "limit of this protection. At most 4096 acknowledgements per session wait; beyond "
                "that the oldest are given up, and counted."},
    {OPTION(TEXT, "event-log", event_log, "Events"), .part = OSM_OPTION_SINKS,
     .writes = OSM_WRITES_FILE, .value_name = "<path>",
     .help = "Append events to a file, one line of JSON each", .unset = "none",
     .details = "Missing directories are made. SIGHUP opens the file again. While the disk is full "
                "events wait. See docs/events.md for all sinks of events."},
    {OPTION(TEXT, "event-command", event_command, "Events"), .part = OSM_OPTION_SINKS,
     .value_name = "<command>",
     .help = "Start a program that gets events on its standard input, one line of JSON each",
     .unset = "none",
     .details = "Program and arguments in one text, separated by spaces; 'single' and \"double\" "
                "quotes and backslashes keep spaces. No shell is involved. The program is started "
                "again whenever it ends, after 1 second, then after longer pauses up to 60 "
                "seconds. What it prints goes to the log."},
    {OPTION(FLAG, "event-command-ack", event_command_ack, "Events"), .part = OSM_OPTION_SINKS,
     .help = "The program of --event-command acknowledges events",
     .details =
         "It prints \"ack <cursor>\" on its standard output when everything up to that event "
         "is done. What it has not acknowledged is given to the next one."},
    {OPTION(SECRET, "event-mqtt", event_mqtt, "Events"), .part = OSM_OPTION_SINKS,
     .value_name = "<url>", .help = "Publish events to an MQTT 5 broker", .unset = "none",
     .details = "mqtt://<user>:<password>@<host>:<port>/<topic>?<settings>, or mqtts:// with TLS. "
                "The topic may hold {event}, {session}, {endpoint}, {subscription}, {handle} and "
                "{client}; without one it is opcua/{session}/{event}. Settings, joined by &: "
                "qos=0, 1 or 2 (1 unless said otherwise); retain=last keeps the last value of each "
                "item with the broker; client=<id>; keepalive=<seconds>; password-file=<path>; "
                "ca, cert, key=<path> for mqtts. The files are read at each connection."},
    {OPTION(TEXT, "event-spool", event_spool, "Events"), .writes = OSM_WRITES_FILE,
     .value_name = "<path>", .help = "Keep events in a file until sinks have confirmed them",
     .unset = "none",
     .details =
         "An SQLite database for this daemon alone, made if missing. Events then outlive a "
         "broker or program that is away and the end of the daemon, and are delivered in "
         "order afterwards. With --deferred-ack servers are answered when events are in it."},
    {OPTION(INT, "event-spool-bytes", event_spool_bytes, "Events"),
     RANGE("1073741824", 65536, INT64_C(1) << 50), .value_name = "<bytes>",
     .help = "Most bytes of events kept by --event-spool",
     .details = "Beyond it the oldest go, and each sink that had not got them is told how many."},
    /* Sessions */
    {OPTION(INT, "timeout", timeout, "Sessions"), .part = OSM_OPTION_SESSIONS,
     RANGE("600", 1, INT64_MAX), .value_name = "<seconds>",
     .help = "Close sessions unused for so long"},
    {OPTION(INT, "cleanup-interval", cleanup_interval, "Sessions"), .part = OSM_OPTION_SESSIONS,
     RANGE("30", 1, INT64_MAX),

     .value_name = "<seconds>", .help = "How often to look for unused sessions"},
    {OPTION(INT, "max-sessions", max_sessions, "Sessions"), .part = OSM_OPTION_SESSIONS,
     RANGE("100", INT64_MIN, INT64_MAX),

     .value_name = "<n>", .help = "Most sessions at the same time, 0 = no limit"},
    {OPTION(TEXT, "state-dir", state_dir, "Sessions"), .writes = OSM_WRITES_FOLDER,
     .value_name = "<dir>",
     .help = "Directory for what outlives the daemon: its own client certificate",
     .unset = "a new certificate after every start",
     .details = "Made if missing, readable by the daemon's user only. client.pem there holds the "
                "certificate and key of sessions that name none, renewed 30 days before it "
                "expires; client-certificate.der is the certificate alone, to be trusted by "
                "servers. Policies of elliptic curves have files of their own, "
                "client-nistP256.pem and so on."},
    /* Security */
    {OPTION(TEXT, "auth-token-file", auth_token_file, "Security"), .part = OSM_OPTION_CALLERS,
     .value_name = "<path>", .help = "Read the shared secret of callers from a file (recommended)",
     .unset = "none",
     .details = "Surrounding white space is removed. Only the daemon's user should be able to "
                "read the file. Not opened when the environment names a token."},
    {OPTION(SECRET, "auth-token", auth_token, "Security"), .part = OSM_OPTION_CALLERS,
     .value_name = "<token>", .environment = "OPCUA_AUTH_TOKEN",
     .help = "Shared secret of callers (prefer environment or file)", .unset = "none",
     .details = "On the command line it is visible to other users for a moment, and in "
                "start scripts for good. Order: environment, file, command line."},
    {OPTION(TEXT, "token-file", token_file, "Security"), .part = OSM_OPTION_CALLERS,
     .value_name = "<path>",
     .help = "Tokens of several callers with roles, a line each: <role> <token> [<server>...]",
     .unset = "none",
     .details =
         "Roles are read, write and admin. Instead of a token its SHA-256 may be given as "
         "sha256:<hex>. Servers are host or host:port, * and ? stand for any characters; a "
         "caller neither reaches others nor sees sessions on them. Quotas may stand among them: "
         "sessions=<n>, connections=<n>, requests=<n>, bytes=<n>. The token of the other "
         "options, if there is one, allows everything. SIGHUP reads the file again; with a "
         "mistake in it the old tokens stay."},
    {OPTION(LIST, "allow-uid", allow_uid, "Security"), .part = OSM_OPTION_CALLERS,
     .value_name = "<users>", .help = "Comma-separated users who may call, by name or number",
     .unset = "any",
     .details = "Unix sockets only, in addition to the socket's permissions and to tokens. With "
                "--allow-gid it is enough to be named by one of the two."},
    {OPTION(LIST, "allow-gid", allow_gid, "Security"), .part = OSM_OPTION_CALLERS,
     .value_name = "<groups>",
     .help = "Comma-separated groups whose members may call, by name or number", .unset = "any"},
    {OPTION(LIST, "allow-endpoint", allow_endpoint, "Security"), .part = OSM_OPTION_SERVERS,
     .value_name = "<servers>",
     .help = "Comma-separated servers callers may open: host or host:port, * and ? allowed",
     .unset = "any",
     .details = "So that an application that was taken over cannot use the daemon to look around "
                "in the network. Names are compared as they are given, not resolved. A list "
                "without any item allows nothing."},
    {OPTION(LIST, "allowed-cert-dirs", allowed_cert_dirs, "Security"),
     .part = OSM_OPTION_CERTIFICATES, .value_name = "<dirs>",
     .help = "Comma-separated directories callers may use certificates, keys and trust stores from",
     .unset = "any", .details = "Empty items are skipped; a list without any item allows nothing."},
    {OPTION(CHOICE, "certificate-uri", certificate_uri, "Security"),
     .part = OSM_OPTION_CERTIFICATES, .fallback = "warn", .choices = certificate_uri_names,
     .value_name = "<what>",
     .help = "What becomes of a server whose certificate names another application URI",
     .details = "Sessions with trust policy full never open to such a server; with refuse no "
                "secured session does. With warn the log says it."},
    {OPTION(TEXT, "reverse-listen", reverse_listen, "Security"), .value_name = "<address>",
     .help = "Let servers connect to the daemon: tcp://<address>:<port>", .unset = "nowhere",
     .details = "Reverse connect (OPC UA Part 6, 7.1.3), for servers behind a firewall. It serves "
                "connections whose configuration has reverse: true; their endpoint is the URL the "
                "server names in its ReverseHello, and nothing is connected to it. The address is "
                "given as numbers, 0.0.0.0 or [::] for all. What a ReverseHello says proves "
                "nothing: use a security policy and a trust store."},
    {OPTION(LIST, "reverse-allow", reverse_allow, "Security"), .value_name = "<servers>",
     .help = "Comma-separated servers that may connect: their application URIs or endpoint URLs",
     .unset = "any",
     .details = "Others are disconnected. Without it a server whose endpoint nobody waits for is "
                "kept for a minute, at most 4 of an endpoint and 256 in all."},
    {OPTION(TEXT, "key-log", key_log, "Security"), .writes = OSM_WRITES_FILE,
     .value_name = "<path>", .help = "Append the keys of secure channels to a file, for Wireshark",
     .unset = "none",
     .details =
         "Whoever has the file can read and forge what its channels carry, passwords "
         "included: for looking for faults only, and the log warns of it at every start. The "
         "file (0600) takes three lines for each direction of each channel and renewal, as "
         "Wireshark's OPC UA dissector reads them."},
    {OPTION(CHOICE, "core-dumps", core_dumps, "Security"), .fallback = "bare",
     .choices = core_dump_names, .value_name = "<kind>", .help = "What a crash may leave on disk",
     .details = "Bare dumps hold registers and no memory of data, so no password and no key. None "
                "also keeps debuggers of the same user away. Full is for developers."},
    {OPTION(TEXT, "user", user, "Security"), .value_name = "<name>",
     .help = "Started as root: become this user before anything is opened or made",
     .unset = "stays who it is",
     .details = "By name or number, with this user's groups. Folders the daemon writes to must be "
                "the user's; files of secrets are read before."},
    {OPTION(TEXT, "group", group, "Security"), .value_name = "<name>",
     .help = "The group to run with, only with --user", .unset = "the user's"},
    {OPTION(FLAG, "no-sandbox", no_sandbox, "Security"),
     .help = "Keep all system calls and files within reach of the process",
     .details = "Otherwise the daemon refuses itself, where the kernel can: new privileges, system "
                "calls it never makes, running programs (but for --event-command), and, with "
                "--allowed-cert-dirs, writing anywhere but below the folders its options name. "
                "The log says at the start what was done."},
    /* Operation */
    {OPTION(TEXT, "metrics", metrics, "Operation"), .writes = OSM_WRITES_SOCKET,
     .value_name = "<uri>",
     .help = "Serve metrics and health over HTTP: tcp://<loopback>:<port> or unix://<path>",
     .unset = "none",
     .details = "GET /metrics (Prometheus or OpenMetrics), /healthz and /readyz; docs/metrics.md "
                "lists them. With tokens /metrics and /readyz take one with the role read, as "
                "Authorization: Bearer."},
    /* Log */
    {OPTION(TEXT, "log-file", log_file, "Log"), .part = OSM_OPTION_LOG, .writes = OSM_WRITES_FILE,
     .value_name = "<path>", .help = "Append the log to a file", .unset = "standard error",
     .details = "Missing directories are made. php://stderr, php://stdout, /dev/stderr and "
                "/dev/stdout name the standard streams. SIGHUP opens the file again."},
    {OPTION(CHOICE, "log-level", log_level, "Log"), .part = OSM_OPTION_LOG, .fallback = "info",
     .choices = log_level_names, .value_name = "<level>",
     .help = "Least important messages to log"},
    {OPTION(CHOICE, "log-format", log_format, "Log"), .part = OSM_OPTION_LOG, .fallback = "plain",
     .choices = log_format_names, .value_name = "<format>",
     .help = "How a message is written: plain, or a line of JSON",
     .details = "A line of JSON has time, level and message, and what the message is about where "
                "that is known: session, server, peer, and code, the status code it names. Plain "
                "lines on standard error under systemd go to the journal with the same as fields: "
                "OPCUA_SESSION, OPCUA_SERVER, OPCUA_PEER, OPCUA_CODE."},
    /* Cache */
    {OPTION(CHOICE, "cache-driver", cache_driver, "Cache"), .fallback = "memory",
     .choices = cache_driver_names, .value_name = "<driver>",
     .help = "Where browse results, paths and types are cached"},
    {OPTION(TEXT, "cache-path", cache_path, "Cache"), .writes = OSM_WRITES_FOLDER,
     .value_name = "<dir>",
     .help = "Directory of the file cache, required with --cache-driver=file", .unset = "none",
     .details = "Made if missing, readable by the daemon's user only."},
    {OPTION(INT, "cache-ttl", cache_ttl, "Cache"), .part = OSM_OPTION_CACHE,
     RANGE("300", INT64_MIN, INT64_MAX), .value_name = "<seconds>",
     .help = "How long cached results are valid, 0 = for ever"},
    /* Files */
    {OPTION(TEXT, "config", config, "Configuration file"), .value_name = "<file>",
     .help = "Read options and connections from a YAML or JSON file", .unset = "none",
     .details = "See opcua-session-manager.conf(5). What the environment or the command line says "
                "counts more. SIGHUP reads the file again."},
    {OPTION(TEXT, "auto-connect", auto_connect, "Configuration file"),
     .part = OSM_OPTION_CONNECTIONS, .value_name = "<file>",
     .help = "Read connections that are kept up, and nothing else, from a YAML or JSON file",
     .unset = "none", .details = "The map that the configuration file has under \"connections\"."},
    /* Answers */
    {OPTION(FLAG, "check", check, "Information"),
     .help = "Look for mistakes in options and files, name all of them, and exit",
     .details = "Exit status 0 means that a start would get as far as the socket, 1 that something "
                "is wrong. Nothing is opened for writing and no server is contacted."},
    {.name = "help",
     .short_name = 'h',
     .kind = OSM_OPTION_HELP,
     .section = "Information",
     .help = "Show this text and exit"},
    {.name = "version",
     .short_name = 'v',
     .kind = OSM_OPTION_VERSION,
     .section = "Information",
     .help = "Show the version and exit"},
};

const size_t osm_option_count = OSM_ARRAY_SIZE(osm_option_table);
