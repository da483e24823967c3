/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_RUN_H
#define OSM_SERVE_METHOD_RUN_H
/* From a method's row and a request to an operation at work. */
#include "serve/method/method.h"

/*
 * Decodes the parameters (tagged: those of invoke) and submits the operation; replies at once if
 * they are wrong. container: list or object of parameters, or NULL.
 */
void osm_method_run(const struct osm_method *method, struct osm_session *session,
                    struct osm_request *request, yyjson_val *container, bool tagged);

#endif
