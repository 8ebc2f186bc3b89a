# Packages, by scripts/package.sh: boxcar and libboxcar-dev for Debian, and a tarball for any Linux.
set(BOXCAR_MAINTAINER "boxcar maintainers <boxcar@example.org>" CACHE STRING "Maintainer of the packages, with address")
set(BOXCAR_HOMEPAGE "https://example.org/boxcar" CACHE STRING "Homepage of the packages")

set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_VERBATIM_VARIABLES ON)
string(REPLACE x86_64 amd64 architecture ${CMAKE_SYSTEM_PROCESSOR})
string(REPLACE aarch64 arm64 architecture ${architecture})
set(CPACK_PACKAGE_FILE_NAME boxcar-${PROJECT_VERSION}-linux-${architecture})
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/PackageOf.cmake)
set(CPACK_COMPONENTS_ALL program debian development)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)  # one tarball; of Debian's packages one a group

# --- Debian
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${BOXCAR_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE ${BOXCAR_HOMEPAGE})
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_MAIN_PACKAGE_NAME boxcar)
set(CPACK_DEBIAN_MAIN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_MAIN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MAIN_PACKAGE_DEPENDS "crun | runc, skopeo")
set(CPACK_DEBIAN_MAIN_PACKAGE_RECOMMENDS "libcurl4, uidmap")
set(CPACK_DEBIAN_MAIN_PACKAGE_SUGGESTS "bash-completion, docker.io, podman")
set(CPACK_DEBIAN_MAIN_DESCRIPTION
"run containers that describe themselves, alone or chained
boxcar couples containers into a train. A scientist packs a program into a
container image that says by itself what it takes and gives (as Kliko images
do); boxcar runs one, or chains many, and never computes the same thing twice:
a result is known by everything that can change it.
.
Containers run without any daemon, by crun or runc, also for ordinary users;
or by a Docker or Podman daemon. The programs kliko-run, kliko-validate
and task-api are part of it.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libboxcar-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libarchive-dev, libre2-dev, libsqlite3-dev, libssl-dev, libyaml-dev, libzstd-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "boxcar, cmake")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"run containers that describe themselves - C++ library
boxcar runs container images that say by themselves what they take and give,
alone or chained, and never computes the same thing twice.
.
With this library a program builds workflows and runs them. It is static, and
comes with its headers and a package for CMake.")

# What Debian's policy asks for, and its alone.
foreach(package boxcar libboxcar-dev)
  set(directory ${CMAKE_BINARY_DIR}/debian/${package})
  configure_file(${CMAKE_SOURCE_DIR}/share/debian/changelog.in ${directory}/changelog.Debian @ONLY)
  set(component debian)
  if(package STREQUAL libboxcar-dev)
    set(component debian_development)
  endif()
  add_custom_command(OUTPUT ${directory}/changelog.Debian.gz ${directory}/changelog.gz
    COMMAND gzip -9nfk ${directory}/changelog.Debian
    COMMAND gzip -9n < ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${directory}/changelog.gz
    DEPENDS ${directory}/changelog.Debian CHANGELOG.md VERBATIM)
  add_custom_target(${package}_changelog ALL DEPENDS ${directory}/changelog.Debian.gz)
  install(FILES ${CMAKE_SOURCE_DIR}/share/debian/copyright ${directory}/changelog.Debian.gz ${directory}/changelog.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES ${CMAKE_SOURCE_DIR}/share/debian/${package}.lintian-overrides RENAME ${package}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

# Leave of AppArmor, where it forbids user namespaces (Ubuntu); share/debian/postinst puts it in force.
if(EXISTS ${CMAKE_SOURCE_DIR}/share/apparmor/boxcar)
  install(FILES ${CMAKE_SOURCE_DIR}/share/apparmor/boxcar DESTINATION ${CMAKE_INSTALL_DATADIR}/boxcar/apparmor
    COMPONENT program)
  set(CPACK_DEBIAN_MAIN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/share/debian/postinst
    ${CMAKE_SOURCE_DIR}/share/debian/postrm)
endif()

include(CPack)
cpack_add_component_group(main)
cpack_add_component_group(dev)
cpack_add_component(program GROUP main)
cpack_add_component(debian GROUP main)
cpack_add_component(elsewhere)
cpack_add_component(development GROUP dev)
cpack_add_component(debian_development GROUP dev)
