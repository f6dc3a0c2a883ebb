# Writes the bill of materials: which Debian packages, at which version, the program is linked from.
# Read by `agent version --full` and shipped in the image. Where dpkg is not the package manager it
# says so instead of guessing.
function(remora_linked_packages output)
  set(lines "")
  find_program(DPKG_QUERY dpkg-query)
  if(DPKG_QUERY)
    file(STRINGS ${PROJECT_SOURCE_DIR}/packages/linked packages REGEX "^[^#]")
    # An update is in the bill, and linked, without anybody's doing.
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/packages/linked)
    if(REMORA_STATIC AND EXISTS /var/lib/dpkg/status)
      set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS /var/lib/dpkg/status)
    endif()
    foreach(package IN LISTS packages)
      if(CMAKE_CROSSCOMPILING)
        set(candidates ${package}:${REMORA_TARGET_ARCHITECTURE} ${package}-${REMORA_TARGET_ARCHITECTURE}-cross
            ${package})
      else()
        set(candidates ${package})
      endif()
      foreach(candidate IN LISTS candidates)
        execute_process(COMMAND ${DPKG_QUERY} -W -f "\${db:Status-Status} \${Version}" ${candidate}
          OUTPUT_VARIABLE answer RESULT_VARIABLE code ERROR_QUIET)
        if(code EQUAL 0 AND answer MATCHES "^installed ([^\n]+)$")
          string(APPEND lines "    {\"${package}\", \"${CMAKE_MATCH_1}\"},\n")
          break()
        endif()
      endforeach()
    endforeach()
  endif()
  if(lines STREQUAL "")
    set(lines "    {\"(not built from Debian packages)\", \"\"},\n")
  endif()
  file(CONFIGURE OUTPUT ${output} CONTENT "// Generated at configure time by cmake/linked_packages.cmake.\n@lines@" @ONLY)
endfunction()
