# What is installed beside the program: man pages, completion for shells, the schemas of documents, documents.
# Components: `program`; `elsewhere` and `debian`, what has its place outside of and within a Debian package;
# `development`, the C++ face (cmake/Layers.cmake).
set(man ${CMAKE_BINARY_DIR}/man/man1)
set(pages)
foreach(page boxcar kliko-run task-api)
  add_custom_command(OUTPUT ${man}/${page}.1.gz
    COMMAND ${CMAKE_SOURCE_DIR}/scripts/man-page.sh $<TARGET_FILE:boxcar> ${CMAKE_SOURCE_DIR}/share/man/${page}.1.in
      > ${man}/${page}.1
    COMMAND gzip -9nf ${man}/${page}.1
    DEPENDS boxcar scripts/man-page.sh share/man/${page}.1.in VERBATIM)
  list(APPEND pages ${man}/${page}.1.gz)
endforeach()
add_custom_target(man ALL DEPENDS ${pages})
file(MAKE_DIRECTORY ${man} ${CMAKE_BINARY_DIR}/completions)
file(CREATE_LINK kliko-run.1.gz ${man}/kliko-validate.1.gz SYMBOLIC)
install(FILES ${pages} ${man}/kliko-validate.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  COMPONENT program)

set(completions ${CMAKE_SOURCE_DIR}/share/completions)
set(bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
set(fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${completions}/boxcar.bash DESTINATION ${bash} RENAME boxcar COMPONENT program)
install(FILES ${completions}/boxcar.fish DESTINATION ${fish} COMPONENT program)
foreach(name ${BOXCAR_OTHER_NAMES})  # the shells look for a command's completion by its name
  file(CREATE_LINK boxcar ${CMAKE_BINARY_DIR}/completions/${name} SYMBOLIC)
  file(CREATE_LINK boxcar.fish ${CMAKE_BINARY_DIR}/completions/${name}.fish SYMBOLIC)
  install(FILES ${CMAKE_BINARY_DIR}/completions/${name} DESTINATION ${bash} COMPONENT program)
  install(FILES ${CMAKE_BINARY_DIR}/completions/${name}.fish DESTINATION ${fish} COMPONENT program)
endforeach()
install(FILES ${completions}/_boxcar DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT elsewhere)
install(FILES ${completions}/_boxcar DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT debian
  EXCLUDE_FROM_ALL)

install(FILES ${schemas} DESTINATION ${CMAKE_INSTALL_DATADIR}/boxcar
  COMPONENT program)
# What is not installed beside it is not linked to.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS README.md)
file(READ ${CMAKE_SOURCE_DIR}/README.md readme)
string(REGEX REPLACE "\\[([^]]*)\\]\\((examples|include|[A-Z])[^)]*\\)" "\\1" readme "${readme}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/README.md CONTENT "${readme}" @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT elsewhere)

# Of the libraries that are linked statically, what their authors ask to be said.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/third-party.gz
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/third-party.sh ${CMAKE_BINARY_DIR}/third-party.gz
  DEPENDS scripts/third-party.sh VERBATIM)
add_custom_target(third_party ALL DEPENDS ${CMAKE_BINARY_DIR}/third-party.gz)
install(FILES ${CMAKE_BINARY_DIR}/third-party.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
