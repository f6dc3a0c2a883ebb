#include "sandbox/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "sandbox/metric_units.hpp"
#include "sandbox/text_columns.hpp"

namespace remora::sandbox {
namespace {

constexpr std::size_t kLabel = 9;  // "  stats  "
constexpr std::size_t kMaxMetric = 38, kMinMetric = 22, kValue = 8, kUnit = 5;

std::string colour(const ReportView& view, const char* code, std::string text) {
  return view.colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::string marked(const ReportView& view, Mark mark) {
  switch (mark) {
    case Mark::ok:
      return colour(view, "32", "[ok]  ");
    case Mark::waiting:
      return colour(view, "33", "[..]  ");
    case Mark::failed:
      break;
  }
  return colour(view, "31", "[FAIL]");
}

/// `label` in front of the first line, the rest aligned below it.
void labelled(std::string& out, const ReportView& view, std::string_view label,
              std::string_view text) {
  const std::size_t width = view.width > kLabel + 10 ? view.width - kLabel : 10;
  bool first = true;
  for (const std::string& line : wrap(words_of(text), width)) {
    out += left(first ? "  " + std::string(label) : "", kLabel) + line + "\n";
    first = false;
  }
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

std::string plural(std::uint64_t n, std::string_view word) {
  return std::to_string(n) + " " + std::string(word) + (n == 1 ? "" : "s");
}

std::string_view kind_title(std::string_view kind) {
  if (kind == "service_checks") return "service checks";
  return kind;
}

/// Rows of one container with the tags all of them have.
struct Group {
  std::string name;
  std::vector<const MetricRow*> rows;
  std::set<std::string> common;
};

std::vector<Group> group_rows(const ReportView& view, const Received& received) {
  std::vector<Group> out;
  for (const ContainerView& container : view.containers) out.push_back({container.name, {}, {}});
  out.push_back({"(task)", {}, {}});
  for (const auto& [key, row] : received.rows()) {
    std::size_t i = 0;
    while (i < view.containers.size() &&
           !belongs_to(row, view.containers[i].docker_id, view.containers[i].name))
      ++i;
    out[i].rows.push_back(&row);
  }
  for (Group& group : out) {
    if (group.rows.empty()) continue;
    group.common.insert(group.rows.front()->tags.begin(), group.rows.front()->tags.end());
    for (const MetricRow* row : group.rows) {
      const std::set<std::string> tags(row->tags.begin(), row->tags.end());
      for (auto it = group.common.begin(); it != group.common.end();)
        it = tags.count(*it) != 0 ? std::next(it) : group.common.erase(it);
    }
  }
  std::erase_if(out, [](const Group& group) { return group.rows.empty(); });
  return out;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

bool Verdict::ok() const {
  return std::all_of(lines.begin(), lines.end(),
                     [](const Line& line) { return line.mark == Mark::ok; });
}

std::string render_header(const ReportView& view, const Received& received) {
  std::string out;
  const std::string time =
      view.total ? seconds(view.elapsed) + " of " + seconds(*view.total) : seconds(view.elapsed);
  const std::string title = "remora sandbox  " + view.family + ", " + view.launch_type + ", " +
                            plural(view.containers.size(), "container");
  out += colour(view, "1", left(title, view.width - columns(time) - 1)) + " " + time + "\n";

  labelled(out, view, "agent", view.agent);
  const PayloadSums total = received.total();
  if (total.payloads == 0) {
    labelled(out, view, "intake", "nothing received yet");
  } else {
    std::string text =
        plural(total.payloads, "payload") + ", " + human_bytes(static_cast<double>(total.bytes)) +
        " (" + human_bytes(static_cast<double>(total.uncompressed_bytes)) + " before compression)";
    if (view.since_last_payload.count() >= 0)
      text += ", last " + seconds(view.since_last_payload) + " ago";
    labelled(out, view, "intake", text);
    for (const auto& [kind, sums] : received.sums())
      labelled(
          out, view, "",
          std::string(kind_title(kind)) + ": " + std::to_string(sums.payloads) + " of about " +
              human_bytes(static_cast<double>(sums.bytes) / static_cast<double>(sums.payloads)) +
              ", largest " + human_bytes(static_cast<double>(sums.largest_bytes)));
  }
  std::uint64_t refused = 0;
  for (const auto& [status, count] : received.refusals()) refused += count;
  if (refused > 0)
    labelled(out, view, "refused", std::to_string(refused) + ", last: " + received.last_refusal());
  std::size_t names = 4;
  for (const ContainerView& container : view.containers)
    names = std::min<std::size_t>(20, std::max(names, columns(container.name)));
  bool first = true;
  for (const ContainerView& container : view.containers) {
    const std::string text =
        left(container.name, names) + "  " +
        (container.origin.empty() ? "no stats yet" : std::string(container.origin));
    out += left(first ? "  stats" : "", kLabel) + fit(text, view.width - kLabel) + "\n";
    first = false;
  }
  for (const std::string& server : view.servers) labelled(out, view, "server", server);
  for (const std::string& note : view.notes) labelled(out, view, "note", note);
  for (const std::string& finding : view.findings) labelled(out, view, "fix", finding);
  for (const std::string& line : view.agent_log)
    out += left("  log", kLabel) + fit(line, view.width - kLabel) + "\n";
  return out;
}

std::string render_table(const ReportView& view, const Received& received, std::size_t max_lines) {
  const std::vector<Group> groups = group_rows(view, received);
  if (groups.empty()) return "";
  std::size_t name_width = 9, metric_width = kMinMetric;
  for (const Group& group : groups) {
    name_width = std::min<std::size_t>(14, std::max(name_width, columns(group.name)));
    for (const MetricRow* row : group.rows)
      metric_width = std::min(kMaxMetric, std::max(metric_width, columns(row->metric)));
  }
  const std::size_t fixed = name_width + metric_width + kValue + kUnit + 4;
  const std::size_t tag_width = view.width > fixed + 8 ? view.width - fixed : 8;

  std::vector<std::string> lines;
  for (const Group& group : groups) {
    bool first = true;
    for (const MetricRow* row : group.rows) {
      std::vector<std::string> own;
      for (const std::string& tag : row->tags)
        if (group.common.count(tag) == 0) own.push_back(tag);
      Shown shown = humanise(row->metric, row->newest.value, row->type);
      if (row->type == kDistribution) {
        if (shown.unit.empty()) shown.unit = "avg";
        own.insert(own.begin(), "(average of " + std::to_string(row->values) + ")");
      }
      std::string line = left(first ? group.name : "", name_width) + " " +
                         left(row->metric, metric_width) + " " + right(shown.value, kValue) + " " +
                         left(shown.unit, kUnit) + " " + fit(join(own), tag_width);
      line.erase(line.find_last_not_of(' ') + 1);
      lines.push_back(std::move(line));
      first = false;
    }
  }
  std::string heading = left("CONTAINER", name_width) + " " + left("METRIC", metric_width) + " " +
                        right("VALUE", kValue) + " " + left("UNIT", kUnit) + " TAGS";
  std::string out = "\n" + colour(view, "2", std::move(heading)) + "\n";
  std::size_t shown = lines.size();
  if (max_lines > 0 && lines.size() + 2 > max_lines) shown = max_lines > 3 ? max_lines - 3 : 0;
  for (std::size_t i = 0; i < shown; ++i) out += lines[i] + "\n";
  if (shown < lines.size())
    out += "… " + std::to_string(lines.size() - shown) + " more lines, shown at the end\n";
  return out;
}

std::string render_tags(const ReportView& view, const Received& received) {
  std::string out;
  std::vector<Group> groups = group_rows(view, received);
  if (groups.empty()) return out;
  std::set<std::string> everywhere = groups.front().common;
  for (const Group& group : groups)
    std::erase_if(everywhere, [&](const auto& tag) { return group.common.count(tag) == 0; });
  if (groups.size() == 1) everywhere.clear();
  const auto section = [&](const std::string& name, const std::vector<std::string>& tags) {
    if (tags.empty()) return;
    bool first = true;
    for (const std::string& line : wrap(tags, view.width > 27 ? view.width - 17 : 10)) {
      out += "  " + left(first ? name : "", 14) + " " + line + "\n";
      first = false;
    }
  };
  out += "\n" + colour(view, "2", "TAGS of every metric (the table shows the others)") + "\n";
  section("all", {everywhere.begin(), everywhere.end()});
  for (const Group& group : groups) {
    std::vector<std::string> own;
    for (const std::string& tag : group.common)
      if (everywhere.count(tag) == 0) own.push_back(tag);
    section(group.name, own);
  }
  if (!received.checks().empty()) {
    constexpr std::array<const char*, 4> kStatus{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    out += "\n" + colour(view, "2", "SERVICE CHECKS") + "\n";
    for (const auto& [key, check] : received.checks()) {
      std::string text =
          "  " + check.check + "  " + kStatus[static_cast<std::size_t>(check.status)];
      if (!check.message.empty()) text += "  " + check.message;
      out += fit(text, view.width) + "\n";
    }
  }
  if (received.events_received() > 0) {
    out += "\n" + colour(view, "2", "EVENTS (" + std::to_string(received.events_received()) + ")") +
           "\n";
    for (const ReceivedEvent& event : received.events()) {
      out +=
          fit("  " + event.alert_type + "  " + event.title + "  " + join(event.tags), view.width) +
          "\n";
    }
  }
  return out;
}

std::string render_progress(const ReportView& view, const Received& received) {
  std::size_t seen = 0;
  for (const ContainerView& container : view.containers)
    if (rows_of_container(received, container.docker_id, container.name) > 0) ++seen;
  const PayloadSums total = received.total();
  std::array<char, 16> time{};
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(view.elapsed).count();
  std::snprintf(time.data(), time.size(), "%02lld:%02lld", static_cast<long long>(whole / 60),
                static_cast<long long>(whole % 60));
  const std::string text = std::string(time.data()) + "  metrics of " + std::to_string(seen) + "/" +
                           plural(view.containers.size(), "container") + "  " +
                           plural(total.payloads, "payload") + ", " +
                           human_bytes(static_cast<double>(total.bytes)) + "  agent " + view.agent;
  return fit(text, view.width) + "\n";
}

std::string render_verdict(const ReportView& view, const Verdict& verdict) {
  std::string out = "\n";
  for (const Verdict::Line& line : verdict.lines) {
    bool first = true;
    for (const std::string& part : wrap(words_of(line.text), view.width - 8)) {
      out += (first ? marked(view, line.mark) + " " : std::string(7, ' ')) + part + "\n";
      first = false;
    }
  }
  out += verdict.ok() ? colour(view, "1;32", "PASS") : colour(view, "1;31", "FAIL");
  return out + "\n";
}

std::string render_problem(std::string_view problem, std::size_t width) {
  constexpr std::string_view kFirst = "       agent: ";
  const std::string indent(kFirst.size(), ' ');
  const std::size_t room = width > kFirst.size() ? width - kFirst.size() : 1;
  std::string text;
  for (const std::string& line : wrap(words_of(problem), room)) {
    text += text.empty() ? std::string(kFirst) : indent;
    text += fit(line, room) + "\n";
  }
  return text;
}

}  // namespace remora::sandbox
