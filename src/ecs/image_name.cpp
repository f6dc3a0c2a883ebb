#include "remora/ecs/image_name.hpp"

#include <algorithm>

namespace remora::ecs {
namespace {

/// `image` with every character of a reference (`${AWS::Region}`, `{{resolve:ssm:/x}}`) exchanged
/// for one that separates nothing. Same length.
std::string without_references(std::string_view image) {
  std::string out(image);
  struct Marks {
    std::string_view open, close;
  };
  for (const Marks& marks : {Marks{"${", "}"}, Marks{"{{", "}}"}}) {
    for (std::size_t at = 0; (at = image.find(marks.open, at)) != std::string_view::npos;) {
      const auto close = image.find(marks.close, at);
      if (close == std::string_view::npos) break;
      const std::size_t end = close + marks.close.size();
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(at),
                out.begin() + static_cast<std::ptrdiff_t>(end), '_');
      at = end;
    }
  }
  return out;
}

}  // namespace

ImageName split_image_name(std::string_view image) {
  ImageName out;
  if (image.starts_with("sha256:")) return out;
  // Before a deployment a name holds references, with colons of their own.
  std::string plain;
  std::string_view shape = image;
  if (image.find('{') != std::string_view::npos) shape = plain = without_references(image);
  if (const auto at = shape.find('@'); at != std::string_view::npos) {
    out.digest = image.substr(at + 1);
    image = image.substr(0, at);
    shape = shape.substr(0, at);
  }
  // A colon before the last slash belongs to the port of a registry.
  const auto slash = shape.rfind('/');
  const auto colon = shape.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    out.tag = image.substr(colon + 1);
    image = image.substr(0, colon);
    shape = shape.substr(0, colon);
  }
  out.long_name = image;
  out.short_name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  if (const auto first = shape.find('/'); first != std::string_view::npos) {
    const std::string_view component = image.substr(0, first);
    if (component == "localhost" ||
        shape.substr(0, first).find_first_of(".:") != std::string_view::npos) {
      out.registry = component;
    }
  }
  return out;
}

}  // namespace remora::ecs
