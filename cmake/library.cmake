# SPDX-License-Identifier: MIT
# libopcua-session: the client floor and all below it in one library, of which only the functions of
# include/opcua-session.h can be seen; libopcua-session-daemon: the same of the daemon. They are two,
# because a client needs none of the daemon's libraries and starts in a few milliseconds without them.
# The ABI is cmake/<name>.map: a symbol that is not in it is not there. The client is an archive as well, for
# programs that want to bring it along; of that, too, only opcua_* can be seen.
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

# osm_link_closure(<floor> <floors> <foreign>): the floors below a floor, itself included, and the foreign
# libraries they use.
function(osm_link_closure floor floors foreign)
  set(todo ${floor})
  set(ours "")
  set(others "")
  while(todo)
    list(POP_FRONT todo next)
    if(next MATCHES "^osm_" AND NOT next IN_LIST ours)
      list(APPEND ours ${next})
      get_target_property(links ${next} LINK_LIBRARIES)
      list(APPEND todo ${links})
    elseif(NOT next MATCHES "^osm_" AND NOT next IN_LIST others)
      list(APPEND others ${next})
    endif()
  endwhile()
  set(${floors} ${ours} PARENT_SCOPE)
  set(${foreign} ${others} PARENT_SCOPE)
endfunction()

# osm_static_library(<name> <floor>): the same as an archive of one object, in which all names but opcua_* are
# local, so that it meets no other code of the program. Code of link-time optimisation becomes machine code
# here, since only that can be linked by every compiler. Foreign libraries stay the program's to link.
function(osm_static_library name floor)
  if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
    message(STATUS "lib${name}.a is not built: link-time optimisation without gcc leaves no machine code")
    return()
  endif()
  osm_link_closure(${floor} floors foreign)
  set(object ${CMAKE_BINARY_DIR}/${name}.o)
  list(REMOVE_ITEM floors ${floor})
  list(TRANSFORM floors REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE archives)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
  if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    list(APPEND flags -O2 -fPIC -flto=auto -flinker-output=nolto-rel)
  endif()
  add_custom_command(OUTPUT ${object} DEPENDS ${floor} ${floors} VERBATIM
    COMMAND ${CMAKE_C_COMPILER} ${flags} -r -nostdlib -o ${object} -Wl,--whole-archive
            $<TARGET_FILE:${floor}> -Wl,--no-whole-archive -Wl,--start-group ${archives} -Wl,--end-group
    # Link-time optimisation shares names of single files between its parts: <name>.c.<number>.
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=opcua_* --localize-symbol=opcua_*.* ${object})
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_library(${name}-static STATIC ${object})
  set_target_properties(${name}-static PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
  target_include_directories(${name}-static INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  list(TRANSFORM foreign PREPEND -l)
  target_link_libraries(${name}-static INTERFACE "$<INSTALL_INTERFACE:${foreign}>")
  install(TARGETS ${name}-static EXPORT opcua-session ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  string(JOIN " " foreign ${foreign})
  set(OSM_PC_PRIVATE "${foreign}" PARENT_SCOPE)
endfunction()

osm_static_library(opcua-session osm_client)
osm_library(opcua-session osm_client)
osm_library(opcua-session-daemon osm_embed)

install(EXPORT opcua-session NAMESPACE opcua-session:: DESTINATION ${package}
        FILE opcua-session-config.cmake)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/opcua-session-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/opcua-session-config-version.cmake DESTINATION ${package})
