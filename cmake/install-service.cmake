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

# systemd 253 waits for a reload (notify-reload, by SIGHUP); before, a command sends the signal.
# Where no systemd can be asked, Debian 12 has 252, and others a newer one.
execute_process(COMMAND systemctl --version OUTPUT_VARIABLE systemd ERROR_QUIET RESULT_VARIABLE failed)
if(NOT failed AND systemd MATCHES "^systemd ([0-9]+)")
  set(systemd ${CMAKE_MATCH_1})
else()
  set(systemd 255)
  if(EXISTS /etc/debian_version)
    file(READ /etc/debian_version debian)
    if(debian MATCHES "^12")
      set(systemd 252)
    endif()
  endif()
endif()
if(systemd LESS 253)
  set(UNIT_TYPE notify)
  set(UNIT_RELOAD "ExecReload=kill -HUP $MAINPID")
else()
  set(UNIT_TYPE notify-reload)
  set(UNIT_RELOAD "ReloadSignal=SIGHUP")
endif()

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
