// A list of tags that belongs to somebody else, whichever kind of string it is made of.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remora::checks {

/// A parameter type: checks hand over what they have, and nothing is copied on the way. Lifetime:
/// that of the list it was made of.
class TagViews {
 public:
  TagViews() = default;
  TagViews(std::span<const std::string> tags) : texts_(tags.data()), size_(tags.size()) {}
  TagViews(std::span<const std::string_view> tags) : views_(tags.data()), size_(tags.size()) {}
  TagViews(const std::vector<std::string>& tags) : texts_(tags.data()), size_(tags.size()) {}
  TagViews(const std::vector<std::string_view>& tags) : views_(tags.data()), size_(tags.size()) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    return views_ != nullptr ? views_[i] : std::string_view(texts_[i]);
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;
    Iterator(const TagViews& tags, std::size_t at) : tags_(&tags), at_(at) {}
    std::string_view operator*() const { return (*tags_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return {*tags_, at_++}; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const TagViews* tags_;
    std::size_t at_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size_}; }

 private:
  const std::string* texts_ = nullptr;
  const std::string_view* views_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace remora::checks
