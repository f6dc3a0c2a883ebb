#include "remora/core/version.hpp"

namespace remora::core {
namespace {

constexpr LinkedPackage kPackages[] = {
#include "core/linked_packages.inc"
};

}  // namespace

std::span<const LinkedPackage> linked_packages() { return kPackages; }

}  // namespace remora::core
