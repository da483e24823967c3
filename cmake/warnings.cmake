# SPDX-License-Identifier: MIT
# Warnings and hardening shared by everything that is compiled here.
add_compile_options(
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
  -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference
  -Werror=attributes -Werror=implicit-function-declaration -Werror=return-type
  -Wno-unused-parameter
  -fno-strict-aliasing -fno-common
  -fstack-protector-strong -fstack-clash-protection)
include(CheckCCompilerFlag)
check_c_compiler_flag(-fcf-protection=full OSM_HAS_CF_PROTECTION) # x86: jumps end where they may
if(OSM_HAS_CF_PROTECTION)
  add_compile_options(-fcf-protection=full)
endif()
if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang") # which sees it in the library's UA_STRING_STATIC
  add_compile_options(-Wcast-qual)
endif()
if(OSM_WERROR)
  add_compile_options(-Werror)
endif()
add_compile_definitions(_GNU_SOURCE OSM_VERSION="${PROJECT_VERSION}"
                        OSM_PROTOCOL_LEVEL="4.4")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
if(OSM_SANITIZE)
  add_compile_options(-fsanitize=${OSM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OSM_SANITIZE})
  if(OSM_SANITIZE MATCHES "address")
    add_compile_definitions(OSM_ARENA_POISON)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  # What reaches beyond its own memory ends the program, in arrays whose size the compiler knows
  # and in arenas; set_tests_properties in cmake/module.cmake does as much for malloc.
  add_compile_options(-fsanitize=bounds -fsanitize-undefined-trap-on-error)
  add_compile_definitions(OSM_ARENA_GAPS)
else()
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
if(OSM_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # Fat objects: the daemon is optimised as a whole, and the hundred unit tests, linked
    # without it (osm_without_lto), need not be.
    set(CMAKE_C_COMPILE_OPTIONS_IPO -flto=auto -ffat-lto-objects)
  endif()
endif()

function(osm_without_lto target)
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  if(OSM_LTO AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_link_options(${target} PRIVATE -fno-lto)
  endif()
endfunction()
