# SPDX-License-Identifier: MIT
# libopcua-session: the client floor and all below it in one library, of which only the functions of
# include/opcua-session.h can be seen. The ABI is cmake/opcua-session.map: a symbol that is not in it is
# not there.
include(GNUInstallDirs)
set(OSM_ABI 1)
target_include_directories(osm_client PUBLIC ${CMAKE_SOURCE_DIR}/include)
set(map ${CMAKE_SOURCE_DIR}/cmake/opcua-session.map)

file(WRITE ${CMAKE_BINARY_DIR}/empty.c "")
add_library(opcua-session SHARED ${CMAKE_BINARY_DIR}/empty.c)
set_target_properties(opcua-session PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${OSM_ABI}
                      LINK_DEPENDS ${map})
target_include_directories(opcua-session INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>)
target_link_libraries(opcua-session PRIVATE -Wl,--whole-archive osm_client -Wl,--no-whole-archive)
target_link_options(opcua-session PRIVATE -Wl,--version-script=${map} -Wl,--no-undefined
                    -Wl,--gc-sections -Wl,-Bsymbolic)
if(OSM_SANITIZE) # whose functions are the program's
  target_link_options(opcua-session PRIVATE -Wl,-z,undefs)
endif()

# ---- installed: the library, its header, and how others find it ------------------------------------
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/opcua-session)
target_include_directories(opcua-session INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS opcua-session EXPORT opcua-session LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT opcua-session NAMESPACE opcua-session:: DESTINATION ${package}
        FILE opcua-session-config.cmake)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/opcua-session-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/opcua-session-config-version.cmake DESTINATION ${package})
install(FILES include/opcua-session.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
file(RELATIVE_PATH OSM_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(packaging/opcua-session.pc.in ${CMAKE_BINARY_DIR}/opcua-session.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/opcua-session.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
