# Run by cpack when everything is installed into the folder that becomes the package: what Debian wants otherwise than
# the other ways of installing.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()

set(debian "${CPACK_APIKEYD_PACKAGING}/debian")
set(root "${CPACK_TEMPORARY_DIRECTORY}")
set(share "${root}/usr/share")
set(doc "${share}/doc/apikeyd")
set(plain_file OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

# compress(FILE): without name and time, so that the same text gives the same bytes.
function(compress file)
  execute_process(COMMAND gzip --best --no-name --force "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE "${doc}/LICENSE") # said in copyright
file(RENAME "${doc}/CHANGELOG.md" "${doc}/changelog")
compress("${doc}/changelog")

file(READ "${debian}/changelog" changelog)
string(REPLACE "@MAINTAINER@" "${CPACK_DEBIAN_PACKAGE_MAINTAINER}" changelog "${changelog}")
file(WRITE "${doc}/changelog.Debian" "${changelog}")
compress("${doc}/changelog.Debian")

file(COPY "${debian}/copyright" DESTINATION "${doc}" FILE_PERMISSIONS ${plain_file})
file(COPY "${debian}/lintian-overrides" DESTINATION "${share}/lintian/overrides" FILE_PERMISSIONS ${plain_file})
file(RENAME "${share}/lintian/overrides/lintian-overrides" "${share}/lintian/overrides/apikeyd")

file(GLOB_RECURSE pages "${share}/man/*")
foreach(page IN LISTS pages)
  compress("${page}")
endforeach()

# Whatever umask cpack runs with.
file(GLOB_RECURSE written "${doc}/changelog*" "${share}/man/*.gz")
file(CHMOD ${written} FILE_PERMISSIONS ${plain_file})
