#include "remora/ecs/image_name.hpp"

namespace remora::ecs {

ImageName split_image_name(std::string_view image) {
  ImageName out;
  if (image.starts_with("sha256:")) return out;
  if (const auto at = image.find('@'); at != std::string_view::npos) {
    out.digest = image.substr(at + 1);
    image = image.substr(0, at);
  }
  // A colon before the last slash belongs to the port of a registry.
  const auto slash = image.rfind('/');
  const auto colon = image.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    out.tag = image.substr(colon + 1);
    image = image.substr(0, colon);
  }
  out.long_name = image;
  out.short_name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  if (const auto first = image.find('/'); first != std::string_view::npos) {
    const std::string_view component = image.substr(0, first);
    if (component == "localhost" || component.find_first_of(".:") != std::string_view::npos) {
      out.registry = component;
    }
  }
  return out;
}

}  // namespace remora::ecs
