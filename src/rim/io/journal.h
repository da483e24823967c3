/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_JOURNAL_H
#define OSM_RIM_IO_JOURNAL_H
/*
 * systemd's journal as the log's keeper: a record is one datagram with the message, its priority
 * and what it is about (OPCUA_SESSION, OPCUA_SERVER, OPCUA_PEER, OPCUA_CODE), so that
 * `journalctl OPCUA_SERVER=opc.tcp://plant:4840` shows one server's. Never waits: what the journal
 * does not take at once is written as a line to standard error, which is the journal's as well.
 */
#include <stdbool.h>

#include "util/log.h"

#define OSM_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Whether standard error is the journal's: stream is what JOURNAL_STREAM says (NULL = nothing),
 * "<device>:<inode>". Then records go to the journal at path from now on. */
bool osm_journal_open(const char *stream, const char *path);
/* Back to lines. May be called without an open journal. */
void osm_journal_close(void);

#endif
