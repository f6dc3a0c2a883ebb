// The checkout that the tests were built from: where fixtures, pages and sources are read.
#pragma once

#include <string>

namespace remora::fakes {

/// Absolute, without a slash at its end. Known to one object file alone, so that no other depends
/// on where the checkout stands and a compiler cache serves every clone.
std::string source_dir();

}  // namespace remora::fakes
