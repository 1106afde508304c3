# Run by cpack when everything is installed into the folder that becomes the package: folders that anybody may look into,
# whatever umask cpack runs with. (CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS doesn't reach folders made on the way.)
file(GLOB_RECURSE entries LIST_DIRECTORIES true "${CPACK_TEMPORARY_DIRECTORY}/*")
foreach(entry IN LISTS CPACK_TEMPORARY_DIRECTORY entries)
  if(IS_DIRECTORY "${entry}")
    file(CHMOD "${entry}" DIRECTORY_PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endif()
endforeach()
