// The tags of one sample, written into one reused buffer.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace remora::checks::openmetrics {

class TagWriter {
 public:
  /// Begins anew. `bytes` is room for all tags to come that are not views of others.
  void begin(std::size_t bytes) {
    if (bytes > capacity_) {
      capacity_ = bytes * 2;
      buffer_ = std::make_unique<char[]>(capacity_);
    }
    at_ = buffer_.get();
    tags_.clear();
  }

  void add(std::string_view key, std::string_view value) {
    char* from = at_;
    put(key);
    *at_++ = ':';
    put(value);
    tags_.emplace_back(from, static_cast<std::size_t>(at_ - from));
  }

  /// Tags that stay where they are.
  void add_views(std::span<const std::string_view> tags) {
    tags_.insert(tags_.end(), tags.begin(), tags.end());
  }

  [[nodiscard]] std::span<const std::string_view> tags() const noexcept { return tags_; }

 private:
  void put(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  char* at_ = nullptr;
  std::vector<std::string_view> tags_;
};

}  // namespace remora::checks::openmetrics
