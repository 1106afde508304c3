# Run by cpack when a package is made. Its own .tar.gz has the files in the order in which the disk has them, and as the
# user's who called it; unpacked by root, they would be that user's.
if(NOT CPACK_GENERATOR STREQUAL "TGZ")
  return()
endif()

cmake_path(GET CPACK_TEMPORARY_DIRECTORY PARENT_PATH parent)
cmake_path(GET CPACK_TEMPORARY_DIRECTORY FILENAME folder)
foreach(archive IN LISTS CPACK_PACKAGE_FILES)
  execute_process(
    COMMAND tar --create --directory "${parent}" --sort=name --owner=root:0 --group=root:0 --mode=go-w
      "--mtime=@$ENV{SOURCE_DATE_EPOCH}" --format=gnu "${folder}"
    COMMAND gzip --best --no-name
    OUTPUT_FILE "${archive}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
