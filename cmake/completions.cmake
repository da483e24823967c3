# SPDX-License-Identifier: MIT
# The tool prints the completion scripts itself; what it prints is installed where shells look.
# A program built for another machine cannot be asked.
if(NOT CMAKE_CROSSCOMPILING)
  set(completions ${CMAKE_BINARY_DIR}/completions)
  set(bash ${completions}/uactl)
  set(fish ${completions}/uactl.fish)
  set(zsh ${completions}/_uactl)
  file(MAKE_DIRECTORY ${completions})
  foreach(shell bash fish zsh)
    add_custom_command(OUTPUT ${${shell}} DEPENDS uactl VERBATIM COMMAND sh -c
      "exec \"$0\" completion ${shell} >\"$1\"" $<TARGET_FILE:uactl> ${${shell}})
  endforeach()
  add_custom_target(completions ALL DEPENDS ${bash} ${fish} ${zsh})
  install(FILES ${bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${fish} DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(FILES ${zsh} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
