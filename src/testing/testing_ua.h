/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_UA_H
#define OSM_TESTING_TESTING_UA_H
/* For tests of src/rim/ua: the peer, and what only that folder may see. */
#include "testing/testing_peer.h"

#include "rim/ua/ua_internal.h"

#endif
