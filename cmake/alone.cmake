# SPDX-License-Identifier: MIT
# cmake -DNM=<nm> -DPROGRAM=<file> -P alone.cmake: fails when the program uses what the core must do
# without. Symbols are looked at, not the libraries on the command line: a static library only
# gives what is asked for. (util/log.c opens where it writes to; that is all of files.)
cmake_minimum_required(VERSION 3.22)

set(absent "uv_|yyjson_|sqlite3_|osm_request_|osm_json_|osm_read_file|fopen|socket$|connect$")
execute_process(COMMAND ${NM} ${PROGRAM} OUTPUT_VARIABLE symbols RESULT_VARIABLE result)
if(result)
  message(FATAL_ERROR "${NM} ${PROGRAM}: ${result}")
endif()
string(REGEX MATCHALL "[UTtW] [A-Za-z0-9_]+" symbols "${symbols}")
list(TRANSFORM symbols REPLACE "^. " "")
if(NOT "osm_session_new" IN_LIST symbols)
  message(FATAL_ERROR "${PROGRAM} has no session: its symbols cannot be read")
endif()
list(FILTER symbols INCLUDE REGEX "^(${absent})")
if(symbols)
  message(FATAL_ERROR "the core does not stand alone: ${symbols}")
endif()
