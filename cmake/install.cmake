# SPDX-License-Identifier: MIT
include(GNUInstallDirs)
install(TARGETS opcua-session-manager opcua-demo-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
