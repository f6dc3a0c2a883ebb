# Writes the bill of materials: which Debian packages, at which version, the program is linked from.
# Read by `agent version --full` and shipped in the image. Where dpkg is not the package manager it
# says so instead of guessing.
function(remora_linked_packages output)
  set(lines "")
  find_program(DPKG_QUERY dpkg-query)
  if(DPKG_QUERY)
    set(packages libboost1.81-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libssl-dev libzstd-dev
        zlib1g-dev libre2-dev libyaml-cpp-dev libprotozero-dev libc6-dev libstdc++-12-dev libgcc-12-dev)
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
