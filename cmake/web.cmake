# SPDX-License-Identifier: MIT
# The web page (web/page and uPlot of web/node_modules) as an array of compressed files in C. Without
# uPlot (scripts/setup web) the program is built all the same, and has no page.
file(GLOB osm_page CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/page/*)
file(GLOB osm_uplot CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/node_modules/uplot/dist/uPlot.iife.min.js
     ${CMAKE_SOURCE_DIR}/web/node_modules/uplot/dist/uPlot.min.css ${CMAKE_SOURCE_DIR}/web/node_modules/uplot/LICENSE)
set(osm_page_c ${CMAKE_BINARY_DIR}/page_files.c)
set(osm_page_all ${osm_page} ${osm_uplot})
if(NOT osm_uplot)
  set(osm_page_all "")
endif()
add_custom_command(OUTPUT ${osm_page_c}
  COMMAND ${CMAKE_COMMAND} "-DOUT=${osm_page_c}" "-DFILES=${osm_page_all}" -P ${CMAKE_SOURCE_DIR}/cmake/web-pack.cmake
  DEPENDS ${osm_page_all} ${CMAKE_SOURCE_DIR}/cmake/web-pack.cmake VERBATIM)

osm_module(web FOLDERS admin/web DEPENDS http ipc)
target_sources(osm_web PRIVATE ${osm_page_c})
