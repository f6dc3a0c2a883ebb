#include "checks/redisdb/key_lengths.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace remora::checks::redisdb {
namespace {

constexpr std::size_t kKeysPerRequest = 100;
constexpr std::size_t kMaxKeyBytes = 4096;  // longer ones make no tag that anybody can read
constexpr std::size_t kMaxMissingKeyWarnings = 20;

// The command that tells the length of a type; empty for those without one.
std::string_view length_command(std::string_view type) {
  if (type == "list") return "LLEN";
  if (type == "set") return "SCARD";
  if (type == "zset") return "ZCARD";
  if (type == "hash") return "HLEN";
  if (type == "stream") return "XLEN";
  return {};
}

struct Length {
  std::string type;
  std::int64_t value = 0;
};
using Lengths = std::map<std::string, Length>;

class KeyLengths {
 public:
  explicit KeyLengths(RunScope& scope) : scope_(scope) {}

  asio::awaitable<Result<void>> database(std::uint32_t number) {
    auto selected = co_await scope_.connection.select(number);
    if (!selected && selected.error().code() == Errc::unknown) {  // refused: the other ones go on
      scope_.sender.warning(selected.error().message());
      co_return Result<void>();
    }
    if (!selected) co_return selected;
    Lengths lengths;
    std::vector<std::string> plain;
    for (const std::string& key : scope_.options.keys) {
      if (!is_pattern(key)) plain.push_back(key);
    }
    auto done = co_await measure(std::move(plain), lengths);
    for (std::size_t i = 0; i < scope_.options.keys.size() && done; ++i) {
      if (!is_pattern(scope_.options.keys[i])) continue;
      done = co_await expand(scope_.options.keys[i], lengths);
    }
    submit(number, lengths);
    co_return done;
  }

  void submit_missing() {
    std::size_t missing = 0;
    for (const auto& [key, total] : totals_) {
      if (total == 0) submit_missing(key, missing++);
    }
    conclude_missing(missing);
  }

  void submit_all_as_missing() {
    std::size_t missing = 0;
    for (const std::string& key : scope_.options.keys) submit_missing(key, missing++);
    conclude_missing(missing);
  }

 private:
  // Reports what SCAN finds, as it finds it.
  asio::awaitable<Result<void>> expand(std::string pattern, Lengths& lengths) {
    std::string cursor = "0";
    bool more = true;
    while (more) {
      if (scans_++ == kMaxScans || full()) {
        warn_once("`keys`: there are too many keys to look at all of them in one run; name fewer");
        co_return Result<void>();
      }
      std::string request;
      append_command(request, {"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
      auto answer = co_await scope_.connection.ask(std::move(request));
      if (!answer) co_return fail(answer.error(), "SCAN");
      if (answer->root().is_error()) {
        warn_once(refusal("SCAN", answer->root().text(), scope_.options).message());
        co_return Result<void>();
      }
      const auto parts = answer->root().items();
      if (parts.size() != 2) co_return fail(Errc::malformed_payload, "SCAN: not a cursor and keys");
      cursor = std::string(parts[0].text());
      std::vector<std::string> found;
      for (const RespValue& key : parts[1].items()) {
        // SCAN may find a key twice, as may two patterns.
        if (key.text().size() > kMaxKeyBytes || lengths.contains(std::string(key.text()))) continue;
        found.emplace_back(key.text());
      }
      auto measured = co_await measure(std::move(found), lengths);
      if (!measured) co_return measured;
      more = cursor != "0";
    }
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> measure(std::vector<std::string> keys, Lengths& lengths) {
    Result<void> done;
    for (std::size_t i = 0; i < keys.size() && done && !full(); i += kKeysPerRequest) {
      const auto end = std::min(keys.size(), i + kKeysPerRequest);
      std::vector<std::string> part(keys.begin() + static_cast<std::ptrdiff_t>(i),
                                    keys.begin() + static_cast<std::ptrdiff_t>(end));
      done = co_await measure_part(std::move(part), lengths);
    }
    co_return done;
  }

  asio::awaitable<Result<void>> measure_part(std::vector<std::string> keys, Lengths& lengths) {
    std::string types;
    for (const std::string& key : keys) append_command(types, {"TYPE", key});
    auto answers = co_await scope_.connection.call(std::move(types), keys.size());
    if (!answers) co_return fail(answers.error(), "TYPE");
    std::string requests;
    std::vector<Length*> asked;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const RespValue answer = (*answers)[i].root();
      if (answer.is_error()) continue;  // on another node of a cluster, or not permitted
      Length& length = lengths[keys[i]];
      length.type = answer.text();
      totals_.try_emplace(keys[i], 0);
      if (length.type == "string") length.value = 1;
      const std::string_view command = length_command(length.type);
      if (command.empty()) continue;
      append_command(requests, {command, keys[i]});
      asked.push_back(&length);
    }
    if (!asked.empty()) {
      auto values = co_await scope_.connection.call(std::move(requests), asked.size());
      if (!values) co_return fail(values.error(), "length of a key");
      for (std::size_t i = 0; i < asked.size(); ++i) {
        asked[i]->value = std::max<std::int64_t>(0, (*values)[i].root().integer());
      }
    }
    co_return Result<void>();
  }

  void submit(std::uint32_t database, const Lengths& lengths) {
    const std::string database_tag = "redis_db:db" + std::to_string(database);
    for (const auto& [key, length] : lengths) {
      if (length.value <= 0) continue;
      totals_[key] = 1;
      scope_.sender.gauge(
          "key.length", static_cast<double>(length.value),
          joined({tag("key", key), tag("key_type", length.type), database_tag}, scope_.tags));
    }
  }

  void submit_missing(const std::string& key, std::size_t index) {
    TagTexts tags{tag("key", key)};
    if (scope_.options.database != 0) {
      tags.push_back("redis_db:db" + std::to_string(scope_.options.database));
    }
    scope_.sender.gauge("key.length", 0, joined(std::move(tags), scope_.tags));
    if (scope_.options.warn_on_missing_keys && index < kMaxMissingKeyWarnings) {
      scope_.sender.warning("key " + printable(key) + " is in no database of the server");
    }
  }

  void conclude_missing(std::size_t missing) {
    if (!scope_.options.warn_on_missing_keys || missing <= kMaxMissingKeyWarnings) return;
    scope_.sender.warning(std::to_string(missing - kMaxMissingKeyWarnings) +
                          " further keys are in no database of the server");
  }

  void warn_once(std::string text) {
    if (!std::exchange(warned_, true)) scope_.sender.warning(std::move(text));
  }
  [[nodiscard]] bool full() const { return totals_.size() >= kMaxKeys; }

  RunScope& scope_;
  std::map<std::string, int> totals_;  ///< 1 for keys that some database has
  std::size_t scans_ = 0;
  bool warned_ = false;
};

}  // namespace

bool is_pattern(std::string_view key) {
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool escaped = i > 0 && key[i - 1] == '\\';
    if (!escaped && (key[i] == '*' || key[i] == '?' || key[i] == '[')) return true;
  }
  return false;
}

asio::awaitable<Result<void>> submit_key_lengths(RunScope& scope,
                                                 std::vector<std::uint32_t> databases) {
  KeyLengths lengths(scope);
  if (databases.empty()) {
    scope.sender.warning("`keys`: the server holds no keys at all");
    lengths.submit_all_as_missing();
    co_return Result<void>();
  }
  const std::uint32_t only = scope.options.database;
  if (only != 0) {
    if (std::find(databases.begin(), databases.end(), only) == databases.end()) {
      scope.sender.warning("`db`: database " + std::to_string(only) + " holds no keys");
      co_return Result<void>();
    }
    databases.assign(1, only);
  }
  Result<void> done;
  for (std::size_t i = 0; i < databases.size() && done; ++i) {
    done = co_await lengths.database(databases[i]);
  }
  if (!done) co_return done;
  lengths.submit_missing();
  co_return co_await scope.connection.select(scope.options.database);
}

}  // namespace remora::checks::redisdb
