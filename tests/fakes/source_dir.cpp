#include "fakes/source_dir.hpp"

namespace remora::fakes {

std::string source_dir() { return REMORA_SOURCE_DIR; }

}  // namespace remora::fakes
