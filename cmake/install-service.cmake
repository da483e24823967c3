# SPDX-License-Identifier: MIT
# Runs at install time: service files with the paths of this installation. Configuration lies in
# /etc for the usual system prefixes, as the programs that read it look there, and below the
# prefix for any other.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
  set(SYSCONFDIR /etc)
else()
  set(SYSCONFDIR "${CMAKE_INSTALL_PREFIX}/etc")
endif()
set(BINDIR "${CMAKE_INSTALL_PREFIX}/${OSM_BINDIR}")

configure_file("${OSM_PACKAGING}/systemd/opcua-session-manager.service.in"
  "${OSM_FILLED}/opcua-session-manager.service" @ONLY)
configure_file("${OSM_PACKAGING}/supervisor/opcua-session-manager.conf.in"
  "${OSM_FILLED}/supervisor.conf" @ONLY)

file(INSTALL "${OSM_FILLED}/opcua-session-manager.service"
  DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
file(INSTALL "${OSM_FILLED}/supervisor.conf"
  DESTINATION "${CMAKE_INSTALL_PREFIX}/${OSM_DOCDIR}/examples")
file(INSTALL "${OSM_PACKAGING}/logrotate/opcua-session-manager"
  DESTINATION "${SYSCONFDIR}/logrotate.d")

# Manual pages: docs/man/<name>.<section>.
file(GLOB pages "${OSM_PAGES}/*.[1-8]")
foreach(page IN LISTS pages)
  string(REGEX MATCH "[1-8]$" section "${page}")
  file(INSTALL "${page}" DESTINATION "${CMAKE_INSTALL_PREFIX}/${OSM_MANDIR}/man${section}")
endforeach()
