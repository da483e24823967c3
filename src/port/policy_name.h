/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_POLICY_NAME_H
#define OSM_PORT_POLICY_NAME_H
/* Names of security policies (OPC 10000-7 §6.6), their URIs, and of modes: what messages call
 * them. */

#define OSM_POLICY_PREFIX "http://opcfoundation.org/UA/SecurityPolicy#"
#define OSM_POLICY_NONE OSM_POLICY_PREFIX "None"

/* "Basic256Sha256" of a policy's URI, part of it; the whole when it is none of OPC UA. */
const char *osm_policy_name(const char *uri);

/* "SignAndEncrypt" of a UA_MessageSecurityMode; "invalid" of what is none. */
const char *osm_policy_mode_name(unsigned mode);

#endif
