#include <algorithm>
#include <string_view>

#include "preview/fault_text.hpp"
#include "preview/metric_names.hpp"
#include "remora/autodiscovery/yaml_text.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/preview/report.hpp"

namespace remora::preview {
namespace {

using autodiscovery::Fault;
using autodiscovery::Severity;
using model::Value;

constexpr std::size_t kWidth = 98;
constexpr std::size_t kLabel = 14;  // of what a line is about

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string one_line(std::string_view text) { return core::printable(text); }

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

class Page {
 public:
  /// Words of `text` behind `head`, later lines below the first word.
  void prose(const std::string& head, const std::string& text) {
    out_ += head;
    const std::size_t left = columns(head);
    std::size_t column = left;
    bool first = true;
    for (std::string_view rest = text; !rest.empty();) {
      const auto blank = rest.find(' ');
      const std::string_view word = rest.substr(0, blank);
      rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
      const std::size_t wide = columns(word);
      if (!first && column + 1 + wide > kWidth) {
        out_ += "\n" + std::string(left, ' ');
        column = left;
      } else if (!first) {
        out_ += ' ';
        ++column;
      }
      out_ += word;
      column += wide;
      first = false;
    }
    out_ += '\n';
  }
  void line(const std::string& text) { out_ += text + "\n"; }
  void row(std::size_t indent, const std::string& label, const std::string& text) {
    prose(head(indent, label), text);
  }
  /// Never broken: to be copied.
  void verbatim(std::size_t indent, const std::string& label, const std::string& text) {
    line(head(indent, label) + text);
  }
  /// Items with commas between; each stays whole.
  void list(std::size_t indent, const std::string& label, const model::TagList& items) {
    if (items.empty()) return;
    const std::string begin = head(indent, label);
    out_ += begin;
    std::size_t column = columns(begin);
    const std::size_t left = column;
    for (const std::string& item : items) {
      const std::string text = one_line(item) + (&item == &items.back() ? "" : ",");
      const bool first = &item == &items.front();
      if (!first && column + 1 + columns(text) > kWidth) {
        out_ += "\n" + std::string(left, ' ');
        column = left;
      } else if (!first) {
        out_ += ' ';
        ++column;
      }
      out_ += text;
      column += columns(text);
    }
    out_ += '\n';
  }
  std::string take() { return std::move(out_); }

 private:
  static std::string head(std::size_t indent, const std::string& label) {
    std::string out = std::string(indent, ' ') + label;
    const std::size_t width = indent + kLabel;
    out.append(columns(out) < width ? width - columns(out) : 1, ' ');
    return out;
  }
  std::string out_;
};

void write_lines(Page& page, const std::string& margin, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    page.line(margin + std::string(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// As YAML; nothing where there is nothing.
void write_map(Page& page, const std::string& title, const Value& value) {
  if (value.map() == nullptr || value.map()->empty()) return;
  const std::string text = autodiscovery::yaml_text(value);
  const auto end = text.find('\n');
  page.verbatim(6, title, text.substr(0, end));
  if (end != std::string::npos)
    write_lines(page, std::string(6 + kLabel, ' '), std::string_view(text).substr(end + 1));
}

void write_faults(Page& page, std::size_t indent, const std::vector<Fault>& faults,
                  taskdef::Syntax syntax) {
  for (const Fault& fault : faults) {
    page.row(indent, fault.severity == Severity::error ? "ERROR" : "WARNING",
             one_line((fault.place.empty() ? "" : fault.place + ": ") + fault.message));
    const std::string paste = to_paste(fault, syntax);
    if (!paste.empty()) page.verbatim(indent + 2, "write", one_line(paste));
  }
}

void write_check(Page& page, const CheckPreview& check, const ContainerPreview& container,
                 const Report& report, bool verbose) {
  std::string title = one_line(check.check + ", " + check.origin);
  if (check.failure.empty()) {
    title += ", every " + std::to_string(check.interval.count()) + " s";
  } else {
    title += ": does not run";
  }
  page.row(4, "check", title);
  write_map(page, "instance", check.instance);
  write_map(page, "init_config", check.init_config);
  if (!check.failure.empty()) return;
  model::TagList common = report.tags;
  common.insert(common.end(), container.tags.begin(), container.tags.end());
  model::TagList own;
  std::size_t shared = 0;
  for (const std::string& tag : check.tags) {
    const bool known = std::find(common.begin(), common.end(), tag) != common.end();
    if (known) ++shared;
    if (!known) own.push_back(tag);
  }
  if (shared < common.size()) {
    page.list(6, "tags", check.tags.empty() ? model::TagList{"none"} : check.tags);
  } else {
    page.row(6, "tags", "those of the task and of the container");
    page.list(6, "", own);
  }
  std::string sent = metrics_text(check);
  for (const std::string& name : check.service_checks)
    sent += (&name == check.service_checks.data() ? "; service checks " : ", ") + name;
  page.row(6, "metrics", sent);
  if (verbose)
    for (const checks::MetricInfo& metric : check.metrics)
      page.line(std::string(10 + kLabel, ' ') + std::string(metric.name));
}

void write_container(Page& page, const ContainerPreview& one, const Report& report,
                     const TextOptions& options) {
  page.line("\nContainer " + one_line(one.name) + ", image " + one_line(one.image) +
            (one.agent ? " (the agent)" : ""));
  page.list(4, "tags", one.tags);
  if (one.metrics_excluded) {
    page.row(4, "metrics", "none: excluded by DD_CONTAINER_EXCLUDE of the agent");
  } else {
    page.row(4, "metrics", families_text(report.container_metrics));
    page.list(6, "tags besides", one.metric_tags);
  }
  if (one.excluded) page.row(4, "checks", "none: excluded by DD_CONTAINER_EXCLUDE of the agent");
  if (one.checks.empty() && !one.excluded) page.row(4, "checks", "none");
  for (const CheckPreview& check : one.checks) {
    write_check(page, check, one, report, options.verbose);
    if (!options.verbose || !check.file) continue;
    page.verbatim(6, "as a file", check.file->path);
    write_lines(page, std::string(10 + kLabel, ' '), check.file->content);
  }
  write_faults(page, 4, one.faults, report.syntax);
}

void write_notes(Page& page, const Report& report, const TextOptions& options) {
  std::vector<std::string> notes = report.notes;
  if (report.labels_may_be_hidden) {
    notes.push_back(
        "On ECS Managed Instances the task metadata may come without the labels of the definition; "
        "Datadog's documentation calls them unsupported there. Checks and tags of labels are "
        "missing "
        "then, and a check is given to the agent as a file of its container" +
        std::string(options.verbose ? ", as shown." : ": `agent preview -v` shows each."));
  }
  if (notes.empty()) return;
  page.line("\nNotes");
  for (const std::string& note : notes) page.prose("    ", one_line(note));
}

}  // namespace

std::string summary_text(std::size_t errors, std::size_t warnings) {
  return plural(errors, "error") + ", " + plural(warnings, "warning");
}

std::string to_text(std::span<const taskdef::Unread> unread) {
  Page page;
  for (const taskdef::Unread& one : unread) {
    page.line("Resource " + one_line(one.resource) + ": not read");
    page.row(4, "ERROR", one_line(core::scrub(one.message)));
  }
  page.line("\n" + summary_text(unread.size(), 0));
  return page.take();
}

std::string to_text(const Report& report, const TextOptions& options) {
  Page page;
  page.prose("", "Task " + one_line(report.family) + ": " + report.launch_type + ", " +
                     one_line(report.network_mode) + ", " +
                     plural(report.containers.size(), "container") +
                     (report.resource.empty() ? "" : ", resource " + one_line(report.resource)));
  page.prose("", (report.address.empty() ? "" : report.address + " and ") +
                     std::string("what stands in <> are examples: ECS decides them when it starts "
                                 "the task."));
  page.line("\nEverything of this task");
  page.list(4, "tags", report.tags);
  page.row(4, "metrics", families_text(report.container_metrics) + " of each container");
  page.list(6, "tags besides", report.metric_tags);
  if (options.verbose)
    for (const checks::MetricInfo& metric : report.container_metrics)
      page.line(std::string(8 + kLabel, ' ') + std::string(metric.name));
  write_faults(page, 4, report.faults, report.syntax);
  for (const ContainerPreview& one : report.containers) write_container(page, one, report, options);
  write_notes(page, report, options);
  page.line("\n" + summary_text(report.errors, report.warnings));
  return page.take();
}

}  // namespace remora::preview
