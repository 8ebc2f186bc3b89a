# What boxcar links, and how. Static where Debian has the archive: starting a program that loads twenty shared
# libraries takes longer than a small step (docs/architecture.md says why each is there).
find_package(Threads REQUIRED)

function(boxcar_library name)
  cmake_parse_arguments(ARG "" "" "NAMES;HEADER;ALSO" ${ARGN})
  find_library(BOXCAR_${name}_LIBRARY NAMES ${ARG_NAMES} REQUIRED)
  find_path(BOXCAR_${name}_INCLUDE NAMES ${ARG_HEADER} REQUIRED)
  add_library(boxcar_${name} INTERFACE)
  target_link_libraries(boxcar_${name} INTERFACE ${BOXCAR_${name}_LIBRARY} ${ARG_ALSO})
  target_include_directories(boxcar_${name} SYSTEM INTERFACE ${BOXCAR_${name}_INCLUDE})
  add_library(boxcar::${name} ALIAS boxcar_${name})
endfunction()

boxcar_library(crypto NAMES libcrypto.a crypto HEADER openssl/evp.h ALSO ${CMAKE_DL_LIBS} Threads::Threads)
boxcar_library(yaml NAMES libyaml.a yaml HEADER yaml.h)
boxcar_library(sqlite NAMES libsqlite3.a sqlite3 HEADER sqlite3.h ALSO ${CMAKE_DL_LIBS} m)
boxcar_library(archive NAMES libarchive.so archive HEADER archive.h)

find_package(fmt REQUIRED)

