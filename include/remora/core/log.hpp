// Log lines: text first, then key=value, one line each, never a secret.
//
// A line holds printable UTF-8 only (printable.hpp) and at most 16 KiB: long texts and fields are
// cut, lines are not, so a JSON line is always a JSON object.
//
// Lines go to stderr through a bounded queue and a thread of their own; when stderr blocks, the
// oldest lines are dropped and the loop never waits. Line format of the Datadog Agent:
//   DATE | CORE | LEVEL | (file.cpp:LINE in module) | text key=value
// (source: DataDog/datadog-agent pkg/util/log/setup/log_format.go)
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace remora::core {

enum class Level : std::uint8_t { trace, debug, info, warn, error, critical, off };

/// One key=value of a log line. Values with blanks, quotes or control characters are quoted.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : key_(key), value_(value) {}
  Field(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false") {}
  template <std::integral T>
  Field(std::string_view key, T value) : key_(key), value_(std::to_string(value)) {}
  Field(std::string_view key, double value);
  Field(std::string_view key, std::chrono::milliseconds value);

  [[nodiscard]] std::string_view key() const noexcept { return key_; }
  [[nodiscard]] const std::string& value() const noexcept { return value_; }

 private:
  std::string_view key_;  ///< always a literal
  std::string value_;
};

/// The text of a line with the place that wrote it.
struct Text {
  // The builtins, not std::source_location: clang 14, which builds the fuzz targets, lacks that
  // one.
  template <std::convertible_to<std::string_view> S>
  Text(const S& message, const char* source_file = __builtin_FILE(),
       std::uint32_t source_line = __builtin_LINE())
      : text(message), file(source_file), line(source_line) {}
  std::string_view text;
  const char* file;
  std::uint32_t line;
};

/// A named source of log lines, one per module: `const core::Logger kLog("forwarder");`
/// Threading: any thread. Before `start_logging` lines go straight to stderr.
class Logger {
 public:
  explicit constexpr Logger(std::string_view module) : module_(module) {}

  void trace(Text t, std::initializer_list<Field> fields = {}) const {
    write(Level::trace, t, fields);
  }
  void debug(Text t, std::initializer_list<Field> fields = {}) const {
    write(Level::debug, t, fields);
  }
  void info(Text t, std::initializer_list<Field> fields = {}) const {
    write(Level::info, t, fields);
  }
  void warn(Text t, std::initializer_list<Field> fields = {}) const {
    write(Level::warn, t, fields);
  }
  void error(Text t, std::initializer_list<Field> fields = {}) const {
    write(Level::error, t, fields);
  }

  [[nodiscard]] bool enabled(Level level) const noexcept;

 private:
  void write(Level level, const Text& text, std::initializer_list<Field> fields) const;
  std::string_view module_;
};

struct LogOptions {
  Level level = Level::info;
  bool json = false;     ///< DD_LOG_FORMAT_JSON: one JSON object per line
  bool rfc3339 = false;  ///< DD_LOG_FORMAT_RFC3339: date format of the text form
  bool to_console = true;
  std::string file;  ///< empty = no file
  /// Lines waiting for stderr, 400 bytes each whether used or not; the oldest are dropped beyond.
  std::size_t queue_lines = 512;
};

/// Parses `trace|debug|info|warn|warning|error|critical|off`, any case. False when it is none.
bool parse_level(std::string_view text, Level& level);

/// Starts the logging thread. Errors of a log file (read-only root) are reported on stderr and
/// leave console logging on.
void start_logging(const LogOptions& options);

/// Hands what is queued to stderr, waiting at most `limit`, and ends the thread.
void stop_logging(std::chrono::milliseconds limit);

/// Lines dropped so far because the queue was full.
[[nodiscard]] std::uint64_t dropped_log_lines() noexcept;

/// Lets a failure that can repeat be logged at most once per `period`.
/// Threading: not thread-safe; one per place, owned by the component that logs.
class LogThrottle {
 public:
  explicit LogThrottle(std::chrono::steady_clock::duration period = std::chrono::seconds(10))
      : period_(period) {}
  /// True when a line may be written now. `suppressed()` then says how many were not since the
  /// last.
  bool allow(std::chrono::steady_clock::time_point now) {
    if (written_ && now - last_ < period_) {
      ++pending_;
      return false;
    }
    written_ = true;
    last_ = now;
    suppressed_ = pending_;
    pending_ = 0;
    return true;
  }
  [[nodiscard]] std::uint64_t suppressed() const noexcept { return suppressed_; }

 private:
  std::chrono::steady_clock::duration period_;
  std::chrono::steady_clock::time_point last_{};
  bool written_ = false;
  std::uint64_t pending_ = 0;
  std::uint64_t suppressed_ = 0;
};

}  // namespace remora::core
