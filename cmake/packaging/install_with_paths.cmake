# At installation: the files that name paths. Gets from CMakeLists.txt: source, bin_folder, data_folder and
# systemd_folder; CMAKE_INSTALL_PREFIX is the one of this installation.

# absolute(OUTPUT FOLDER): FOLDER below the prefix, where it isn't absolute already.
function(absolute output folder)
  cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
  set(${output} "${folder}" PARENT_SCOPE)
endfunction()

# replaced(VARIABLE OLD NEW): what stands in a file of ours no more must not go unnoticed.
function(replaced variable old new)
  string(FIND "${${variable}}" "${old}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "cmake/packaging/install_with_paths.cmake: there is no '${old}' in the file to be installed")
  endif()
  string(REPLACE "${old}" "${new}" text "${${variable}}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# install_text(FOLDER NAME ORIGINAL TEXT): ORIGINAL with its mode and in the list of what was installed, then the text in
# its place. No file of the build folder is between: two installations at once would find each other's paths there.
function(install_text folder name original text)
  file(INSTALL DESTINATION "${folder}" TYPE FILE FILES "${original}"
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  file(WRITE "$ENV{DESTDIR}${folder}/${name}" "${text}")
endfunction()

absolute(program "${bin_folder}/apikeyd")
absolute(units "${systemd_folder}/system")
foreach(name apikeyd.service apikeyd@.service)
  file(READ "${source}/systemd/${name}" text)
  replaced(text "/usr/bin/apikeyd" "${program}")
  install_text("${units}" "${name}" "${source}/systemd/${name}" "${text}")
endforeach()

absolute(catalogues "${systemd_folder}/catalog")
if(EXISTS "${source}/systemd/apikeyd.catalog")
  file(INSTALL DESTINATION "${catalogues}" TYPE FILE FILES "${source}/systemd/apikeyd.catalog")
endif()

# The program reads /etc, wherever it is itself; a prefix that is neither /usr nor /usr/local is somebody's own tree.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
  set(settings /etc/apikeyd)
else()
  absolute(settings etc/apikeyd)
endif()
# The example, as the units want it: they hand the token over themselves, and a copy of it must do for an instance, too.
file(READ "${source}/examples/apikeyd.yaml" text)
absolute(schema "${data_folder}/apikeyd/settings.schema.json")
replaced(text "../docs/schema/settings.schema.json" "${schema}")
replaced(text "\n  token_file: " "\n  # token_file: ")
replaced(text "\nkeys: " "\n# keys: ")
replaced(text "\nstate: " "\n# state: ")
if(EXISTS "$ENV{DESTDIR}${settings}/apikeyd.yaml")
  message(STATUS "Left as it is: $ENV{DESTDIR}${settings}/apikeyd.yaml")
else()
  install_text("${settings}" apikeyd.yaml "${source}/examples/apikeyd.yaml" "${text}")
endif()
