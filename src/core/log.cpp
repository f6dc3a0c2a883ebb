#include "remora/core/log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "remora/core/apart.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::core {
namespace {

constexpr std::size_t kLogFileBytes = 10 * 1024 * 1024;  // DD_LOG_FILE_MAX_SIZE's default
// A longer line is cut in two by the log drivers of container runtimes, and half a JSON object is
// none. Fields are cut, each to its share of what the others leave, so that every line is whole.
constexpr std::chrono::seconds kLogFileLimit(2);
constexpr std::size_t kMaxLineBytes = 16 * 1024;
constexpr std::size_t kMaxTextBytes = 6 * 1024;
constexpr std::size_t kMaxFieldBytes = 4 * 1024;
constexpr std::size_t kHeadBytes = 2 * 1024;  ///< for date, level, place and the keys of the fields
constexpr std::string_view kCut = "…";

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

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  out += '"';
  return printable(out);  // its "\u001b" is JSON's
}

// One line per message, whatever the text from outside holds.
std::string plain_text(std::string_view text) { return printable(text); }

std::string field_value(std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=';
  });
  std::string shown = plain ? printable(value) : std::string();
  return plain && shown == value ? shown : json_string(value);
}

// `text` in one of the forms above, cut until it takes at most `limit` bytes. Escapes make a text
// up to six times as long, so the cut is made before them: none is ever cut in two.
template <class Form>
std::string bounded(std::string_view text, std::size_t limit, Form form) {
  std::size_t keep = text.size();
  std::string out = keep <= limit ? form(text) : std::string(limit + 1, ' ');
  while (out.size() > limit && keep > 0) {
    keep = keep > limit ? limit - std::min(limit, kCut.size() + 2) : keep / 2;
    out = form(std::string(utf8_prefix(text, keep)).append(kCut));
  }
  return out;
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Blocks. A pipe, a device or a folder in place of the file is none: the writer would wait for a
// reader, and what is full is renamed.
Result<spdlog::sink_ptr> open_log_file_here(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return fail(Errc::io, "not a regular file");
  }
  try {
    return spdlog::sink_ptr(
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kLogFileBytes, 1));
  } catch (const spdlog::spdlog_ex& e) {
    return fail(Errc::io, e.what());
  }
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
  // Scrubbed before it is quoted, which may change it, and before it is cut.
  const auto shown = [](std::string_view from) { return excerpt(from, kMaxLineBytes); };
  std::size_t left = kMaxLineBytes - kHeadBytes;
  std::size_t shares = fields.size();
  const auto add_text = [&](auto form) {
    const std::size_t before = line.size();
    line += bounded(shown(text.text), kMaxTextBytes, form);
    left -= line.size() - before;
  };
  const auto add_value = [&](const Field& field, auto form) {
    const std::size_t before = line.size();
    const bool secret = is_secret_name(field.key()) && !field.value().empty();
    line += bounded(secret ? "********" : shown(field.value()),
                    std::min(kMaxFieldBytes, left / shares--), form);
    left -= line.size() - before;
  };
  const std::scoped_lock lock(s.mutex);
  const std::string line_number = std::to_string(text.line);
  if (s.json) {
    line += R"({"agent":"core","time":)";
    line += json_string(timestamp(true));
    line += R"(,"level":)";
    line += json_string(upper_name(level));
    line += R"(,"file":)";
    line += json_string(file_name(text.file));
    line += R"(,"line":)";
    line += json_string(line_number);
    line += R"(,"func":)";
    line += json_string(module_);
    line += R"(,"msg":)";
    add_text(json_string);
    for (const Field& f : fields) {
      line += ',';
      line += json_string(f.key());
      line += ':';
      add_value(f, json_string);
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
    add_text(plain_text);
    for (const Field& f : fields) {
      line += ' ';
      line += f.key();
      line += '=';
      add_value(f, field_value);
    }
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
  std::string file_problem, thread_problem;
  {
    const std::scoped_lock lock(s.mutex);
    std::vector<spdlog::sink_ptr> sinks;
    if (options.to_console) sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    if (!options.file.empty()) {
      // Not in this thread: the file may be on a dead mount.
      auto sink = wait_apart<spdlog::sink_ptr>(
          [file = options.file] { return open_log_file_here(file); }, kLogFileLimit);
      if (sink) {
        sinks.push_back(std::move(*sink));
      } else {
        file_problem = sink.error().message();
      }
    }
    s.json = options.json;
    s.rfc3339 = options.rfc3339;
    try {
      s.pool = std::make_shared<spdlog::details::thread_pool>(
          std::max<std::size_t>(options.queue_lines, 1), 1);
      s.logger =
          std::make_shared<spdlog::async_logger>("agent", sinks.begin(), sinks.end(), s.pool,
                                                 spdlog::async_overflow_policy::overrun_oldest);
    } catch (const std::exception& e) {
      thread_problem = e.what();
      s.pool.reset();
      s.logger = std::make_shared<spdlog::logger>("agent", sinks.begin(), sinks.end());
    }
    s.logger->set_pattern("%v");
    s.logger->set_level(spdlog::level::trace);
    s.logger->flush_on(spdlog::level::warn);
    g_level.store(options.level, std::memory_order_relaxed);
  }
  if (!thread_problem.empty()) {
    Logger("log").warn(
        "no thread for the log: lines are written by the loop, which waits for their reader; raise "
        "the limit of processes (nproc, pids) of this container",
        {{"error", thread_problem}});
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
    if (!pool) return;
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
  const auto last =
      std::make_shared<std::shared_ptr<spdlog::details::thread_pool>>(std::move(pool));
  std::thread joiner;
  try {
    joiner = std::thread([last, joined] {
      last->reset();
      const std::scoped_lock lock(joined->mutex);
      joined->done = true;
      joined->done_cv.notify_one();
    });
  } catch (const std::system_error&) {
    // Nobody to wait with a limit: the writer goes on until the process ends.
    static const auto* const kept = new auto(last);
    (void)kept;
    return;
  }
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
