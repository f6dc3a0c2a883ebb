#include "remora/core/log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "remora/core/ascii.hpp"
#include "remora/core/known_secrets.hpp"

namespace remora::core {
namespace {

constexpr std::size_t kLogFileBytes = 10 * 1024 * 1024;  // DD_LOG_FILE_MAX_SIZE's default
constexpr std::size_t kMaxLineBytes = 16 * 1024;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::critical:
      return spdlog::level::critical;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

const char* upper_name(Level level) {
  switch (level) {
    case Level::trace:
      return "TRACE";
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO";
    case Level::warn:
      return "WARN";
    case Level::error:
      return "ERROR";
    case Level::critical:
      return "CRITICAL";
    case Level::off:
      return "OFF";
  }
  return "INFO";
}

// Everything mutable about logging. Loggers are constants all over the program, so this is the one
// global of the project; it is set by start_logging and cleared by stop_logging.
struct State {
  std::mutex mutex;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<spdlog::logger> early;  // before start: straight to stderr
  bool json = false;
  bool rfc3339 = false;
};
State& state() {
  static State s;
  return s;
}
std::atomic<Level> g_level{Level::info};
std::atomic<std::uint64_t> g_dropped_at_stop{0};

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (u < 0x20 || u == 0x7f) {
      out += "\\u00";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// One line per message, whatever the text from outside holds.
void append_plain(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
}

void append_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != 0x7f;
  });
  if (plain) {
    out += value;
  } else {
    append_json_string(out, value);
  }
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string timestamp(bool rfc3339) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t t = std::chrono::system_clock::to_time_t(now);
  std::tm tm{};
  gmtime_r(&t, &tm);
  char text[40];
  std::strftime(text, sizeof text, rfc3339 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S UTC", &tm);
  return text;
}

}  // namespace

Field::Field(std::string_view key, double value) : key_(key) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  value_.assign(text, end);
}

Field::Field(std::string_view key, std::chrono::milliseconds value)
    : key_(key), value_(std::to_string(value.count()) + "ms") {}

bool Logger::enabled(Level level) const noexcept {
  return level >= g_level.load(std::memory_order_relaxed);
}

void Logger::write(Level level, const Text& text, std::initializer_list<Field> fields) const {
  if (!enabled(level)) return;
  State& s = state();
  std::string line;
  line.reserve(160);
  // Before it is quoted, which may change it.
  std::string scratch;
  const auto shown = [&scratch](std::string_view from) -> std::string_view {
    scratch.assign(from);
    hide_known_secrets(scratch);
    return scratch;
  };
  const std::scoped_lock lock(s.mutex);
  const std::string line_number = std::to_string(text.line);
  if (s.json) {
    line += R"({"agent":"core","time":)";
    append_json_string(line, timestamp(true));
    line += R"(,"level":)";
    append_json_string(line, upper_name(level));
    line += R"(,"file":)";
    append_json_string(line, file_name(text.file));
    line += R"(,"line":)";
    append_json_string(line, line_number);
    line += R"(,"func":)";
    append_json_string(line, module_);
    line += R"(,"msg":)";
    append_json_string(line, shown(text.text));
    for (const Field& f : fields) {
      line += ',';
      append_json_string(line, f.key());
      line += ':';
      append_json_string(line, shown(f.value()));
    }
    line += '}';
  } else {
    line += timestamp(s.rfc3339);
    line += " | CORE | ";
    line += upper_name(level);
    line += " | (";
    line += file_name(text.file);
    line += ':';
    line += line_number;
    line += " in ";
    line += module_;
    line += ") | ";
    append_plain(line, shown(text.text));
    for (const Field& f : fields) {
      line += ' ';
      line += f.key();
      line += '=';
      append_value(line, shown(f.value()));
    }
  }
  if (line.size() > kMaxLineBytes) {
    line.resize(kMaxLineBytes);
    line += "…";
  }
  std::shared_ptr<spdlog::logger> target = s.logger;
  if (!target) {
    if (!s.early) {
      s.early = std::make_shared<spdlog::logger>("early",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
      s.early->set_pattern("%v");
      s.early->set_level(spdlog::level::trace);
    }
    target = s.early;
  }
  target->log(to_spdlog(level), spdlog::string_view_t(line));
}

bool parse_level(std::string_view text, Level& level) {
  const std::string lower = ascii_lower(text);
  static constexpr std::pair<std::string_view, Level> kNames[] = {
      {"trace", Level::trace},       {"debug", Level::debug},  {"info", Level::info},
      {"warn", Level::warn},         {"warning", Level::warn}, {"error", Level::error},
      {"critical", Level::critical}, {"off", Level::off}};
  for (const auto& [name, value] : kNames) {
    if (lower == name) {
      level = value;
      return true;
    }
  }
  return false;
}

void start_logging(const LogOptions& options) {
  State& s = state();
  std::string file_problem;
  {
    const std::scoped_lock lock(s.mutex);
    std::vector<spdlog::sink_ptr> sinks;
    if (options.to_console) sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    if (!options.file.empty()) {
      try {
        sinks.push_back(
            std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file, kLogFileBytes, 1));
      } catch (const spdlog::spdlog_ex& e) {
        file_problem = e.what();
      }
    }
    s.json = options.json;
    s.rfc3339 = options.rfc3339;
    s.pool = std::make_shared<spdlog::details::thread_pool>(
        std::max<std::size_t>(options.queue_lines, 1), 1);
    s.logger = std::make_shared<spdlog::async_logger>(
        "agent", sinks.begin(), sinks.end(), s.pool, spdlog::async_overflow_policy::overrun_oldest);
    s.logger->set_pattern("%v");
    s.logger->set_level(spdlog::level::trace);
    s.logger->flush_on(spdlog::level::warn);
    g_level.store(options.level, std::memory_order_relaxed);
  }
  if (!file_problem.empty()) {
    Logger("log").warn("log file cannot be written, logging to the console only",
                       {{"file", options.file}, {"error", file_problem}});
  }
}

void stop_logging(std::chrono::milliseconds limit) {
  State& s = state();
  std::shared_ptr<spdlog::details::thread_pool> pool;
  {
    const std::scoped_lock lock(s.mutex);
    if (!s.logger) return;
    s.logger->flush();
    s.logger.reset();
    pool = std::move(s.pool);
    s.pool.reset();
    g_dropped_at_stop += pool->overrun_counter();
  }
  // The pool's destructor joins its thread, which may hang on a blocked stderr; it gets `limit`,
  // then the thread is left to the end of the process.
  struct Joined {
    std::mutex mutex;
    std::condition_variable done_cv;
    bool done = false;
  };
  auto joined = std::make_shared<Joined>();
  std::thread joiner([pool = std::move(pool), joined]() mutable {
    pool.reset();
    const std::scoped_lock lock(joined->mutex);
    joined->done = true;
    joined->done_cv.notify_one();
  });
  std::unique_lock lock(joined->mutex);
  if (joined->done_cv.wait_for(lock, limit, [&] { return joined->done; })) {
    lock.unlock();
    joiner.join();
  } else {
    lock.unlock();
    joiner.detach();
  }
}

std::uint64_t dropped_log_lines() noexcept {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  return g_dropped_at_stop.load() + (s.pool ? s.pool->overrun_counter() : 0);
}

}  // namespace remora::core
