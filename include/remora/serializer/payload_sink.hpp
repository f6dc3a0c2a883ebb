// Where finished payloads go.
#pragma once

#include <functional>

#include "remora/model/payload.hpp"

namespace remora::serializer {

using PayloadSink = std::function<void(model::Payload)>;

}  // namespace remora::serializer
