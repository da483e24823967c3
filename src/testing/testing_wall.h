/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_WALL_H
#define OSM_TESTING_TESTING_WALL_H
/* For tests: a loop that goes one too far through a server's answer is to be noticed. */
#include <open62541/types.h>

/* Behind every list of the message stands something that cannot pass for one more element: its
 * bytes are no pointer, no count and no Good status. The lists are moved for that. In debug builds
 * without AddressSanitizer, which notices by itself; else nothing happens. */
void test_wall(void *message, const UA_DataType *type);

#endif
