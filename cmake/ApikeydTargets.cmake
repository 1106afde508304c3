# What every target of ours has in common: the language level, the warnings, the include root.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(apikeyd_options INTERFACE)
target_compile_options(apikeyd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(apikeyd_options INTERFACE -fstack-protector-strong)
  target_compile_definitions(apikeyd_options INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(apikeyd_options INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()
target_include_directories(apikeyd_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")

if(APIKEYD_SANITIZE)
  add_compile_options(-fsanitize=${APIKEYD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${APIKEYD_SANITIZE})
endif()

# apikeyd_library(NAME SOURCES ... LINKS ...): one floor of the house as a static library.
function(apikeyd_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;PRIVATE_LINKS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC apikeyd_options ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()

# apikeyd_test(NAME SOURCES ... LINKS ...): one Catch2 executable, each TEST_CASE a CTest.
function(apikeyd_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE apikeyd_test_main ${arg_LINKS})
  catch_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 120)
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    set_property(GLOBAL APPEND PROPERTY APIKEYD_LISTED_TESTS "${source}")
  endforeach()
endfunction()

# A test that no list names would silently not run.
function(apikeyd_require_listed_tests)
  file(GLOB_RECURSE on_disk CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/*_test.cpp")
  get_property(listed GLOBAL PROPERTY APIKEYD_LISTED_TESTS)
  foreach(source IN LISTS on_disk)
    if(NOT source IN_LIST listed)
      message(FATAL_ERROR "${source} is not listed in any CMakeLists.txt: it would never run. "
        "Add it to the apikeyd_test() of its folder.")
    endif()
  endforeach()
endfunction()

# apikeyd_require_listed_modules(MODULES): the same of the Python modules test_*.py of the folder that calls it.
function(apikeyd_require_listed_modules modules)
  file(GLOB on_disk CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "test_*.py")
  foreach(file IN LISTS on_disk)
    cmake_path(GET file STEM module)
    if(NOT module IN_LIST modules)
      message(FATAL_ERROR "${CMAKE_CURRENT_SOURCE_DIR}/${file} is not listed in the CMakeLists.txt beside it: it would "
        "never run.")
    endif()
  endforeach()
endfunction()
