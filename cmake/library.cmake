# SPDX-License-Identifier: MIT
# libopcua-session: the client floor and all below it in one library, of which only the functions of
# include/opcua-session.h can be seen; libopcua-session-daemon: the same of the daemon. They are two,
# because a client needs none of the daemon's libraries and starts in a few milliseconds without them.
# The ABI is cmake/<name>.map: a symbol that is not in it is not there.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(OSM_ABI 1)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/opcua-session)
file(WRITE ${CMAKE_BINARY_DIR}/empty.c "")
file(RELATIVE_PATH OSM_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)

# osm_library(<name> <floor>): the floor as a shared library, installed with its header and .pc file.
function(osm_library name floor)
  set(map ${CMAKE_SOURCE_DIR}/cmake/${name}.map)
  target_include_directories(${floor} PUBLIC ${CMAKE_SOURCE_DIR}/include)
  add_library(${name} SHARED ${CMAKE_BINARY_DIR}/empty.c)
  set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${OSM_ABI}
                        LINK_DEPENDS ${map})
  target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE -Wl,--whole-archive ${floor} -Wl,--no-whole-archive)
  target_link_options(${name} PRIVATE -Wl,--version-script=${map} -Wl,--no-undefined
                      -Wl,--gc-sections -Wl,-Bsymbolic)
  if(OSM_SANITIZE) # whose functions are the program's
    target_link_options(${name} PRIVATE -Wl,-z,undefs)
  endif()
  install(TARGETS ${name} EXPORT opcua-session LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES include/${name}.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  configure_file(packaging/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

osm_library(opcua-session osm_client)
osm_library(opcua-session-daemon osm_embed)

install(EXPORT opcua-session NAMESPACE opcua-session:: DESTINATION ${package}
        FILE opcua-session-config.cmake)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/opcua-session-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/opcua-session-config-version.cmake DESTINATION ${package})
