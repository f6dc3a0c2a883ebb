#include "serializer/payload_splitter.hpp"

#include <algorithm>
#include <utility>

#include "remora/core/log.hpp"

namespace remora::serializer {
namespace {

const core::Logger kLog("serializer");

// Flushing for fewer pending bytes than this cannot win much room and would cut the blocks so small
// that compression suffers.
std::size_t least_flush(std::size_t max_compressed) {
  return std::min<std::size_t>(4096, max_compressed / 16);
}

}  // namespace

PayloadSplitter::PayloadSplitter(Compressor& compressor, PayloadShape shape,
                                 telemetry::SerializerCounters& counters, PayloadSink sink)
    : compressor_(compressor), shape_(shape), counters_(counters), sink_(std::move(sink)) {}

bool PayloadSplitter::add(std::string_view element, std::size_t items, const Lead& lead) {
  const std::size_t whole =
      shape_.open.size() + lead.first.size() + element.size() + shape_.close.size();
  if (items > shape_.max_items || whole > shape_.max_uncompressed_bytes) return false;
  if (elements_ > 0 && !fits(lead.next.size() + element.size(), items)) close();
  // Of a large element in an empty payload the bound says too little: compress it and see.
  const bool alone = elements_ == 0 && compressor_.bound_with(whole) > shape_.max_compressed_bytes;
  const bool first = elements_ == 0;
  ++elements_;
  items_ += items;
  if (first && !write(shape_.open)) return true;
  if (!write(first ? lead.first : lead.next) || !write(element) || !alone) return true;
  if (const auto flushed = compressor_.flush(); !flushed) {
    failed(flushed.error());
    return true;
  }
  if (compressor_.bound_with(shape_.close.size()) <= shape_.max_compressed_bytes) return true;
  return close();
}

void PayloadSplitter::finish() {
  if (elements_ > 0) close();
}

bool PayloadSplitter::fits(std::size_t bytes, std::size_t items) {
  const std::size_t more = bytes + shape_.close.size();
  if (items > shape_.max_items - items_) return false;
  if (compressor_.uncompressed() + more > shape_.max_uncompressed_bytes) return false;
  if (compressor_.bound_with(more) <= shape_.max_compressed_bytes) return true;
  if (compressor_.pending() < least_flush(shape_.max_compressed_bytes)) return false;
  if (const auto flushed = compressor_.flush(); !flushed) {
    failed(flushed.error());
    return true;  // the payload is gone, the element begins the next one
  }
  return compressor_.bound_with(more) <= shape_.max_compressed_bytes;
}

bool PayloadSplitter::write(std::string_view bytes) {
  const auto written = compressor_.write(bytes);
  if (!written) failed(written.error());
  return written.has_value();
}

void PayloadSplitter::failed(const Error& error) {
  counters_.failures.add();
  kLog.error(
      "payload lost, it cannot be compressed",
      {{"kind", model::to_string(shape_.kind)}, {"items", items_}, {"error", error.message()}});
  elements_ = 0;
  items_ = 0;
}

bool PayloadSplitter::close() {
  if (!write(shape_.close)) return true;
  const std::size_t uncompressed = compressor_.uncompressed();
  auto body = compressor_.finish();
  if (!body) {
    failed(body.error());
    return true;
  }
  if (body->size() > shape_.max_compressed_bytes) {
    // One element that was tried alone; with more of them the bound was wrong, which would be a
    // bug.
    if (elements_ > 1) {
      failed(fail(Errc::too_large, "the bound was too low"));
      return true;
    }
    elements_ = 0;
    items_ = 0;
    return false;
  }
  const std::size_t items = std::exchange(items_, 0);
  elements_ = 0;
  counters_.payloads.add();
  counters_.bytes.add(body->size());
  counters_.uncompressed_bytes.add(uncompressed);
  model::Payload payload;
  payload.kind = shape_.kind;
  payload.path = shape_.path;
  payload.content_type = shape_.content_type;
  payload.content_encoding = shape_.content_encoding;
  payload.body = std::make_shared<const std::string>(std::move(*body));
  payload.items = items;
  payload.uncompressed_bytes = uncompressed;
  sink_(std::move(payload));
  return true;
}

}  // namespace remora::serializer
