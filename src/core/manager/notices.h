/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_NOTICES_H
#define OSM_CORE_MANAGER_NOTICES_H
/*
 * What will fail unless somebody does something: certificates that end, a spool or disk that fills.
 * A notice stands from when it is raised until it is settled; both are logged, once each, however
 * often the cause is looked at meanwhile. `status` and metrics show those that stand.
 *
 * One for each kind and object, at most OSM_NOTICES_MOST: further ones are dropped, and that is
 * logged once.
 *
 * Who looks at everything of some kinds, over and over, does so in rounds: what has been neither
 * raised nor kept in a round is settled at its end, so that what is gone leaves by itself.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/clock.h"
#include "util/macros.h"

#define OSM_NOTICES_MOST 256

/* id, name in replies and labels, what it says, what to do. */
#define OSM_NOTICE_KINDS(X)                                                                        \
    X(SERVER_CERTIFICATE, "server_certificate",                                                    \
      "a server's certificate ends within 30 days, or has ended",                                  \
      "Have the server's certificate renewed, and trust the new one before it is used")            \
    X(CLIENT_CERTIFICATE, "client_certificate",                                                    \
      "the certificate shown to a server ends within 30 days, or has ended",                       \
      "Renew it, have the server trust the new one, then RECONNECT")                               \
    X(USER_CERTIFICATE, "user_certificate",                                                        \
      "the certificate a user logs in with ends within 30 days, or has ended",                     \
      "Renew it, have the server know the new one, then RECONNECT")                                \
    X(REFUSED, "refused",                                                                          \
      "a connection of the configuration file has failed 3 times in a row, or more often",         \
      "Look at the cause: trust and users are settled at the server, names and addresses in the "  \
      "file; `uactl endpoints <url>` tries it by hand")                                            \
    X(REVISED, "revised",                                                                          \
      "a server publishes half as often as it was asked to, or more rarely, or keeps a session "   \
      "for half as long; or samples items less than half as often, or keeps less than half of "    \
      "their values",                                                                              \
      "Ask for what the server gives, or have its limits raised: data comes later, fast changes "  \
      "are missed, and a shorter outage loses the session")                                        \
    X(LIMITS, "limits",                                                                            \
      "a server takes less in one request than it did before its connection was lost",             \
      "Ask whoever looks after the server what has changed; requests are split more finely, so "   \
      "large ones take longer")                                                                    \
    X(CLOCK, "clock", "a server's clock and ours are more than 10 s apart",                        \
      "Set the clock that is wrong, by NTP for good: certificates and timestamps depend on it")    \
    X(SPOOL, "spool", "at least 80 % of --event-spool-bytes are used",                             \
      "See in `status` which sink is behind and why, or raise --event-spool-bytes before events "  \
      "are lost")                                                                                  \
    X(DISK, "disk",                                                                                \
      "less than 5 % or 64 MiB are free where spool, event log or log file are written",           \
      "Make room there, or move the file to a larger disk")                                        \
    X(SECRETS, "secrets", "a file with secrets can be read by others than its owner",              \
      "chmod 600, and replace what stood in it if strangers may have read it")

enum osm_notice_kind {
#define X(id, name, meaning, next) OSM_NOTICE_##id,
    OSM_NOTICE_KINDS(X)
#undef X
        OSM_NOTICE_KIND_COUNT_
};

#define OSM_NOTICE_BIT(kind) (1u << (kind))

struct osm_notice {
    enum osm_notice_kind kind;
    char *object;   /* an endpoint URL, a path, a sink */
    char *endpoint; /* of the server it is about; NULL = it is about the daemon */
    char *text;     /* the cause */
    double since;   /* seconds since 1970 */
    bool seen;      /* in this round */
    struct osm_notice *prev, *next;
};

struct osm_notices;

/* The clock is borrowed. */
struct osm_notices *osm_notices_new(const struct osm_clock *clock);
/* NULL is fine; returns NULL. */
struct osm_notices *osm_notices_free(struct osm_notices *notices);

const char *osm_notice_kind_name(enum osm_notice_kind kind);
/* What the kind says, and what is to be done: one sentence each, without its full stop. */
const char *osm_notice_kind_meaning(enum osm_notice_kind kind);
const char *osm_notice_kind_next(enum osm_notice_kind kind);

/* It is so: logged unless it stands already; then only its text is the new one. */
void osm_notices_raise(struct osm_notices *notices, enum osm_notice_kind kind, const char *object,
                       const char *endpoint, const char *text);
/* It cannot be told, or not yet clearly: what stands goes on standing. */
void osm_notices_keep(struct osm_notices *notices, enum osm_notice_kind kind, const char *object);

/* A round over everything of these kinds (OSM_NOTICE_BIT). Rounds over different kinds may run at
 * the same time. */
void osm_notices_round_begin(struct osm_notices *notices, unsigned which);
void osm_notices_round_end(struct osm_notices *notices, unsigned which);

/* Those that stand, the oldest first; the next one is in `next`. NULL = none. */
const struct osm_notice *osm_notices_first(const struct osm_notices *notices);

#endif
