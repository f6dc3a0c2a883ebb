# remora_source_dir: the one library of tests and benchmarks that knows where the checkout stands.
if(NOT TARGET remora_source_dir)
  add_library(remora_source_dir STATIC ${CMAKE_CURRENT_LIST_DIR}/source_dir.cpp)
  target_include_directories(remora_source_dir PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(remora_source_dir PRIVATE REMORA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endif()
