# Read by cpack, once for each kind of package.

# The same sources make the same package: times are those of the newest entry in debian/changelog, unless somebody has
# set them already.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  file(STRINGS "${CPACK_APIKEYD_PACKAGING}/debian/changelog" trailers REGEX "^ -- ")
  list(GET trailers 0 trailer)
  string(REGEX REPLACE "^ -- .*  " "" written "${trailer}")
  execute_process(COMMAND date --utc "--date=${written}" +%s
    OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(ENV{SOURCE_DATE_EPOCH} "${seconds}")
endif()
