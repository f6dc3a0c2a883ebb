// Keeps what an integration submits in one run, and finds it again.
//
//   fakes::RecordingSender sender;
//   fakes::run(io, check->run(sender));
//   sender.value("net.clients", "redis_role:master"); sender.golden();
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/checks/integration.hpp"

namespace remora::fakes {

/// A submission whose texts are its own: the check's may be gone after the call.
struct RecordedValue {
  checks::SubmitKind kind = checks::SubmitKind::gauge;
  std::string name;
  double value = 0;
  std::vector<std::string> tags;
  std::string host;
  bool flush_first = false;
  double lower = 0, upper = 0;
  bool raw = false;

  [[nodiscard]] bool has_tag(std::string_view tag) const {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  }
};

struct RecordedServiceCheck {
  std::string name;
  model::CheckStatus status = model::CheckStatus::unknown;
  std::vector<std::string> tags;
  std::string message;
};

class RecordingSender final : public checks::InstanceSender {
 public:
  void submit(const checks::Submission& s) override {
    values.push_back({s.kind,
                      std::string(s.name),
                      s.value,
                      {s.tags.begin(), s.tags.end()},
                      std::string(s.host),
                      s.flush_first,
                      s.lower,
                      s.upper,
                      s.raw});
  }
  void service_check(std::string_view name, model::CheckStatus status, checks::TagViews tags,
                     std::string_view message) override {
    service_checks.push_back(
        {std::string(name), status, {tags.begin(), tags.end()}, std::string(message)});
  }
  void warning(std::string text) override { warnings.push_back(std::move(text)); }
  void note(std::string text) override { notes.push_back(std::move(text)); }
  void metadata(std::string_view key, std::string_view value) override {
    facts.emplace_back(key, value);
  }

  void clear() {
    values.clear();
    service_checks.clear();
    warnings.clear();
    notes.clear();
    facts.clear();
  }

  /// The value of the only submission with this name (and this tag, when one is given). Empty when
  /// there is none or more than one.
  [[nodiscard]] std::optional<double> value(std::string_view name,
                                            std::string_view tag = {}) const {
    std::optional<double> found;
    for (const RecordedValue& v : values) {
      if (v.name != name || (!tag.empty() && !v.has_tag(tag))) continue;
      if (found) return std::nullopt;
      found = v.value;
    }
    return found;
  }
  [[nodiscard]] const RecordedValue* find(std::string_view name, std::string_view tag = {}) const {
    for (const RecordedValue& v : values) {
      if (v.name == name && (tag.empty() || v.has_tag(tag))) return &v;
    }
    return nullptr;
  }
  [[nodiscard]] std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        values.begin(), values.end(), [&](const RecordedValue& v) { return v.name == name; }));
  }
  [[nodiscard]] std::size_t count(checks::SubmitKind kind) const {
    return static_cast<std::size_t>(std::count_if(
        values.begin(), values.end(), [&](const RecordedValue& v) { return v.kind == kind; }));
  }
  /// The last service check of that name; null when there is none.
  [[nodiscard]] const RecordedServiceCheck* check(std::string_view name) const {
    for (auto it = service_checks.rbegin(); it != service_checks.rend(); ++it) {
      if (it->name == name) return &*it;
    }
    return nullptr;
  }

  /// What a golden file holds: "gauge net.clients a:1,b:2" and "check can_connect ok a:1", one line
  /// per submission without its value, sorted, tags sorted. `replace` pairs rewrite tags that
  /// differ from run to run ("redis_port:40123" to "redis_port:PORT").
  [[nodiscard]] std::string golden(
      const std::vector<std::pair<std::string, std::string>>& replace = {}) const {
    std::vector<std::string> lines;
    for (const RecordedValue& v : values) {
      lines.push_back(std::string(kind_name(v.kind)) + ' ' + v.name + joined(v.tags, replace));
    }
    constexpr std::string_view kStatus[] = {"ok", "warning", "critical", "unknown"};
    for (const RecordedServiceCheck& c : service_checks) {
      lines.push_back("check " + c.name + ' ' +
                      std::string(kStatus[static_cast<std::size_t>(c.status)]) +
                      joined(c.tags, replace));
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
  }

  [[nodiscard]] static std::string_view kind_name(checks::SubmitKind kind) {
    constexpr std::string_view kNames[] = {"gauge",           "rate",      "count",
                                           "monotonic_count", "histogram", "historate",
                                           "distribution",    "bucket"};
    return kNames[static_cast<std::size_t>(kind)];
  }

  std::vector<RecordedValue> values;
  std::vector<RecordedServiceCheck> service_checks;
  std::vector<std::string> warnings, notes;
  std::vector<std::pair<std::string, std::string>> facts;  ///< of metadata()

 private:
  static std::string joined(std::vector<std::string> tags,
                            const std::vector<std::pair<std::string, std::string>>& replace) {
    for (std::string& tag : tags) {
      for (const auto& [from, to] : replace) {
        if (tag == from) tag = to;
      }
    }
    std::sort(tags.begin(), tags.end());
    std::string text;
    for (const std::string& tag : tags) text += (text.empty() ? ' ' : ',') + tag;
    return text;
  }
};

}  // namespace remora::fakes
