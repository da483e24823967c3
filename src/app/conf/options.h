/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_OPTIONS_H
#define OSM_APP_CONF_OPTIONS_H
/*
 * What the operator has said: command line, environment and token file (contract: daemon.md §1).
 * Each option is one row of osm_option_table; the parser (arguments.h), --help, the man page,
 * docs/options.md and the tests all read that table, so an option that is not in it does not exist.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auto/desired.h"
#include "util/buf.h"
#include "util/log.h"
#include "yaml/findings.h"

enum osm_cache_driver {
    OSM_CACHE_MEMORY,
    OSM_CACHE_FILE,
    OSM_CACHE_NONE,
};

enum osm_certificate_uri { OSM_CERTIFICATE_URI_WARN, OSM_CERTIFICATE_URI_REFUSE };

/* What a crash may leave behind of passwords and keys. */
enum osm_core_dumps {
    OSM_CORE_DUMPS_BARE, /* registers and program, no data: nothing secret */
    OSM_CORE_DUMPS_NONE, /* no dump, and no debugger of the same user */
    OSM_CORE_DUMPS_FULL  /* as the system is set up */
};

struct osm_options {
    char *socket;
    int64_t socket_mode;
    int64_t max_connections;
    int64_t max_in_flight;
    int64_t max_frame_bytes;
    int64_t idle_timeout;

    char *web; /* NULL = no page */

    int64_t event_buffer;
    int64_t auto_publish;
    int64_t deferred_ack;
    char *event_log;
    char *event_command;
    int64_t event_command_ack;
    char *event_mqtt; /* may hold a password */
    char *event_spool;
    int64_t event_spool_bytes;

    int64_t timeout;
    int64_t cleanup_interval;
    int64_t max_sessions;
    char *state_dir; /* NULL = none */

    char *auth_token; /* of the command line; wiped once `token` is known */
    char *auth_token_file;
    char *token_file;
    char **allow_uid, **allow_gid; /* NULL-terminated; NULL or empty = any */
    char **allow_endpoint;         /* NULL-terminated; NULL = any, empty = none */
    char **allowed_cert_dirs;      /* NULL-terminated; NULL = any, empty = none */
    char *token;                   /* the one that counts; NULL = none */
    bool token_fixed;              /* it came by environment or command line */
    bool token_from_file;          /* auth_token stands in the configuration file */
    bool config_secret;            /* something secret does, or … */
    bool auto_connect_secret;      /* … in the file of connections */

    int64_t certificate_uri; /* enum osm_certificate_uri */
    char *key_log;           /* NULL = none */
    char *reverse_listen;    /* NULL = servers do not connect to us */
    char **reverse_allow;    /* NULL-terminated; NULL = any, empty = none */
    int64_t core_dumps;      /* enum osm_core_dumps */
    char *user, *group;
    int64_t no_sandbox;

    char *metrics; /* NULL = none */

    char *log_file; /* NULL = standard error */
    int64_t log_level;
    int64_t log_format; /* enum osm_log_format */

    int64_t cache_driver;
    char *cache_path;
    int64_t cache_ttl;

    char *config;
    char *auto_connect;
    struct osm_desired *wanted; /* connections of both files; NULL = none */

    int64_t check; /* look at everything, start nothing */
};

/* What an option's value names, for the sandbox: the folders the daemon writes to. */
enum osm_option_writes {
    OSM_WRITES_NOTHING,
    OSM_WRITES_FILE, /* and beside it */
    OSM_WRITES_FOLDER,
    OSM_WRITES_SOCKET, /* an address: beside a Unix socket */
};

/* Who takes a new value while the daemon runs (app/daemon/reload_parts.c). */
enum osm_option_part {
    OSM_OPTION_FIXED, /* nobody: it takes a restart */
    OSM_OPTION_LOG,
    OSM_OPTION_SESSIONS,     /* how many, how long */
    OSM_OPTION_SOCKET,       /* bounds of callers' connections */
    OSM_OPTION_CALLERS,      /* who may call, with what token */
    OSM_OPTION_SERVERS,      /* which may be opened */
    OSM_OPTION_CERTIFICATES, /* which are taken */
    OSM_OPTION_SINKS,
    OSM_OPTION_CACHE,
    OSM_OPTION_CONNECTIONS,
    OSM_OPTION_PARTS_
};

enum osm_option_kind {
    OSM_OPTION_HELP,
    OSM_OPTION_VERSION,
    OSM_OPTION_TEXT,   /* char * */
    OSM_OPTION_SECRET, /* char *, wiped in argv and when freed */
    OSM_OPTION_LIST,   /* char **, NULL-terminated, split at commas, empty items skipped */
    OSM_OPTION_INT,    /* int64_t */
    OSM_OPTION_OCTAL,  /* int64_t */
    OSM_OPTION_CHOICE, /* int64_t, index into choices, any case */
    OSM_OPTION_FLAG,   /* int64_t, 1 when given; `--name=false` takes it back */
};

struct osm_option {
    const char *name; /* without the dashes */
    char short_name;  /* 0 = none */
    enum osm_option_kind kind;
    size_t offset; /* of the field in struct osm_options */
    enum osm_option_writes writes;
    const char *fallback;       /* the default as it would be typed; NULL = unset */
    int64_t least, most;        /* INT */
    const char *const *choices; /* CHOICE, NULL-terminated */
    const char *value_name;     /* `<seconds>`; NULL = takes no value */
    const char *environment;    /* variable that overrides it; NULL = none */
    const char *section;
    const char *help;          /* one line */
    const char *unset;         /* what happens without it, when there is no default */
    const char *details;       /* more sentences for the manual; NULL = none */
    enum osm_option_part part; /* a new value counts from SIGHUP, RELOAD or SET on, unless FIXED */
};

extern const struct osm_option osm_option_table[];
extern const size_t osm_option_count;

/* The option of that name, without dashes, or NULL … */
const struct osm_option *osm_option_named(const char *name, size_t length);
/* … and the same where `_` stands for `-`, too. */
const struct osm_option *osm_option_find(const char *name);

/* A copy of every option's value, without connections and the token that counts. */
void osm_options_copy(struct osm_options *target, const struct osm_options *source);

/* Forgets the token; for when the server has its own copy. */
void osm_options_wipe_token(struct osm_options *options);

/* Whether a text may follow: behind `=` for all but --help and --version. */
static inline bool osm_option_takes_text(const struct osm_option *option)
{
    return option->value_name || option->kind == OSM_OPTION_FLAG;
}

/* One value as text into its field, replacing what was there. On a mistake returns -EINVAL and
 * appends a line to err. */
OSM_MUST_CHECK int osm_option_set(struct osm_options *options, const struct osm_option *option,
                                  const char *text, struct osm_buf *err);
/* The same for a LIST whose items are known one by one. */
void osm_option_set_list(struct osm_options *options, const struct osm_option *option,
                         const char *const *items, size_t size);
/* Defaults for all. */
void osm_options_init(struct osm_options *options);
void osm_options_deinit(struct osm_options *options);

#endif
