# SPDX-License-Identifier: MIT
# `cmake --install <build> --prefix <prefix>`, with DESTDIR from the environment. Nothing of the
# prefix is compiled in, so one build can be installed anywhere.
include(GNUInstallDirs)

foreach(program opcua-session-manager opcua-demo-server uactl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/sysusers.d/opcua-session-manager.conf DESTINATION lib/sysusers.d)
install(FILES packaging/tmpfiles.d/opcua-session-manager.conf DESTINATION lib/tmpfiles.d)

# Files that name other files are filled in when the prefix is known for good.
install(CODE "set(OSM_PACKAGING \"${CMAKE_CURRENT_SOURCE_DIR}/packaging\")
set(OSM_FILLED \"${CMAKE_BINARY_DIR}/packaging\")
set(OSM_BINDIR \"${CMAKE_INSTALL_BINDIR}\")
set(OSM_DOCDIR \"${CMAKE_INSTALL_DOCDIR}\")
set(OSM_MANDIR \"${CMAKE_INSTALL_MANDIR}\")
set(OSM_PAGES \"${CMAKE_CURRENT_SOURCE_DIR}/docs/man\")")
install(SCRIPT cmake/install-service.cmake)
