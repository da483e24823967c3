# SPDX-License-Identifier: MIT
# The libraries, each as one interface target. Debian's open62541.pc names a wrong mbedTLS
# path, so libraries are found by name instead.
function(osm_library target library header)
  find_library(OSM_LIB_${target} NAMES ${library} REQUIRED)
  find_path(OSM_INC_${target} NAMES ${header} REQUIRED)
  add_library(${target} INTERFACE)
  target_link_libraries(${target} INTERFACE ${OSM_LIB_${target}})
  if(NOT OSM_INC_${target} STREQUAL "/usr/include")
    target_include_directories(${target} SYSTEM INTERFACE ${OSM_INC_${target}})
  endif()
endfunction()

osm_library(yyjson yyjson yyjson.h)
osm_library(uv uv uv.h)
osm_library(open62541 open62541 open62541/types.h)
osm_library(yaml yaml yaml.h)
osm_library(crypto crypto openssl/evp.h)
osm_library(mosquitto mosquitto mosquitto.h)
osm_library(sqlite3 sqlite3 sqlite3.h)
find_path(OSM_INC_uthash NAMES uthash.h utlist.h REQUIRED)
if(OSM_TESTS)
  osm_library(cmocka cmocka cmocka.h)
endif()
