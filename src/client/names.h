/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_NAMES_H
#define OSM_CLIENT_NAMES_H
/*
 * Addresses of names without a thread and without waiting: /etc/hosts, then the name servers of
 * /etc/resolv.conf (c-ares), on the loop of the client that asks. What only the system's resolver
 * knows – .local by multicast, LDAP, names that are not ASCII – is not found so.
 */
#include "rim/ua/lookup.h"

extern const struct osm_lookup_ops osm_names_here;

#endif
