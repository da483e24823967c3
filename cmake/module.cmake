# SPDX-License-Identifier: MIT
# osm_module(<name> FOLDERS <folder>… [DEPENDS <target>…] [TESTED_WITH <target>…]): folders below
# src/ as one static library osm_<name>, and one test program per *_test.c in them. What the tests'
# fakes need besides stands in TESTED_WITH; *alone_test.c has the module and nothing else. main.c is
# left to its program.
function(osm_module name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;DEPENDS;TESTED_WITH" ${ARGN})
  set(sources "")
  set(links "")
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB here CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.c)
    list(APPEND sources ${here})
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.c$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.c$")
  foreach(dep IN LISTS ARG_DEPENDS)
    if(TARGET osm_${dep})
      list(APPEND links osm_${dep})
    else()
      list(APPEND links ${dep})
    endif()
  endforeach()

  add_library(osm_${name} STATIC ${sources})
  target_include_directories(osm_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(osm_${name} PUBLIC ${links})

  if(OSM_TESTS)
    foreach(file IN LISTS tests)
      file(RELATIVE_PATH room ${CMAKE_SOURCE_DIR}/src ${file})
      string(REGEX REPLACE "\\.c$" "" room ${room})
      string(REPLACE "/" "_" program ${room})
      add_executable(${program} ${file})
      set(besides "")
      if(NOT room MATCHES "alone_test$")
        list(TRANSFORM ARG_TESTED_WITH PREPEND osm_ OUTPUT_VARIABLE besides)
      endif()
      target_link_libraries(${program} PRIVATE osm_testing ${besides} osm_${name} cmocka m)
      osm_without_lto(${program})
      # A test that finds NULL has ended in an assertion; gcc does not see that cmocka jumps.
      target_compile_options(${program} PRIVATE -Wno-null-dereference)
      add_test(NAME ${room} COMMAND ${program})
      if(room MATCHES "alone_test$")
        add_test(NAME ${room}/symbols COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM}
                 -DPROGRAM=$<TARGET_FILE:${program}> -P ${CMAKE_SOURCE_DIR}/cmake/alone.cmake)
      endif()
      set_tests_properties(${room} PROPERTIES TIMEOUT 300)
      if(OSM_MALLOC_DEBUG AND NOT OSM_SANITIZE)
        # New and freed memory is filled, and a byte written behind it noticed.
        set_tests_properties(${room} PROPERTIES ENVIRONMENT
          "LD_PRELOAD=${OSM_MALLOC_DEBUG};MALLOC_CHECK_=3;MALLOC_PERTURB_=165")
      endif()
    endforeach()
  endif()
endfunction()
