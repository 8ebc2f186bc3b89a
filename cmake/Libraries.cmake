# What boxcar links, and how. Static where Debian has the archive: starting a program that loads twenty shared
# libraries takes longer than a small step (docs/architecture.md says why each is there). Installed beside
# boxcarConfig.cmake too: who links libboxcar.a links these.
find_package(Threads REQUIRED)

function(boxcar_library name)
  cmake_parse_arguments(ARG "" "" "NAMES;HEADER;ALSO" ${ARGN})
  find_library(BOXCAR_${name}_LIBRARY NAMES ${ARG_NAMES} REQUIRED)
  find_path(BOXCAR_${name}_INCLUDE NAMES ${ARG_HEADER} REQUIRED)
  add_library(boxcar::${name} INTERFACE IMPORTED)
  target_link_libraries(boxcar::${name} INTERFACE ${BOXCAR_${name}_LIBRARY} ${ARG_ALSO})
  target_include_directories(boxcar::${name} INTERFACE ${BOXCAR_${name}_INCLUDE})
endfunction()

boxcar_library(crypto NAMES libcrypto.a crypto HEADER openssl/sha.h ALSO ${CMAKE_DL_LIBS} Threads::Threads)
boxcar_library(yaml NAMES libyaml.a yaml HEADER yaml.h)
# That of RE2 needs nothing but threads.
boxcar_library(re2 NAMES libre2.a re2 HEADER re2/re2.h ALSO Threads::Threads)
boxcar_library(sqlite NAMES libsqlite3.a sqlite3 HEADER sqlite3.h ALSO ${CMAKE_DL_LIBS} m)
# Debian's shared libarchive loads libxml2, ICU and more, 2 ms a start; of the static one only tar, gzip and zstd are linked.
boxcar_library(zlib NAMES libz.a z HEADER zlib.h)
boxcar_library(zstd NAMES libzstd.a zstd HEADER zstd.h)
boxcar_library(archive NAMES libarchive.a archive HEADER archive.h ALSO boxcar::zlib boxcar::zstd)

# Of fmt Debian has a shared library only, which loads libstdc++ too: 0.7 ms a start. We take its headers.
find_package(fmt REQUIRED)
