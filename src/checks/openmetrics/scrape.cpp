#include "checks/openmetrics/scrape.hpp"

#include <charconv>

namespace remora::checks::openmetrics {
namespace {

SubmitKind submit_kind(SubmissionKind kind) {
  switch (kind) {
    case SubmissionKind::rate:
      return SubmitKind::rate;
    case SubmissionKind::monotonic_count:
      return SubmitKind::monotonic_count;
    case SubmissionKind::count:
      return SubmitKind::count;
    case SubmissionKind::bucket:
      return SubmitKind::bucket;
    default:
      return SubmitKind::gauge;
  }
}

}  // namespace

void SenderSink::submit(const Submission& submission) {
  if (submission.kind == SubmissionKind::service_check) {
    const auto status = static_cast<model::CheckStatus>(static_cast<int>(submission.value));
    sender_.service_check(submission.name, status, submission.tags, "");
    return;
  }
  if (submission.kind == SubmissionKind::metadata) {
    sender_.metadata(submission.name, submission.text);
    return;
  }
  checks::Submission out;
  out.kind = submit_kind(submission.kind);
  out.name = submission.name;
  out.value = submission.value;
  out.tags = submission.tags;
  out.host = submission.hostname;
  out.flush_first = submission.flush_first_value;
  out.lower = submission.lower;
  out.upper = submission.upper;
  sender_.submit(out);
}

Scrape::Scrape(MetricMapper& mapper, InstanceSender& sender, const ScrapeStart& start)
    : mapper_(mapper), sender_(sender), sink_(sender), not_kept_before_(mapper.stats().not_kept) {
  mapper_.begin(start, sink_);
}

Scrape::~Scrape() {
  if (!finished_) mapper_.end(false, parser_ ? parser_->stats() : ParserStats());
}

void Scrape::head(int status, const net::Headers& headers) {
  status_ = status;
  if (status >= 400) return;
  for (const auto& [name, value] : headers) {
    if (name == "content-type") content_type_ = value;
    if (name == "content-length") {
      std::uint64_t bytes = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
      if (error == std::errc{}) announced_bytes_ = static_cast<double>(bytes);
    }
  }
  options_ = mapper_.parser_options(content_type_);
  text_.emplace(content_type_);
  parser_.emplace(options_, mapper_);
}

bool Scrape::body(std::string_view piece) { return parser_ && parser_->feed(text_->next(piece)); }

void Scrape::finish(bool complete) {
  finished_ = true;
  if (!parser_) {
    mapper_.end(false, ParserStats());
    return;
  }
  // What a page that was cut off holds is good up to its last whole line.
  if (complete) {
    parser_->feed(text_->rest());
    parser_->finish();
  }
  mapper_.end(complete, parser_->stats());
  warn(complete);
}

double Scrape::page_bytes() const {
  if (announced_bytes_) return *announced_bytes_;
  return parser_ ? static_cast<double>(parser_->stats().bytes) : 0;
}

void Scrape::warn(bool complete) {
  const ParserStats& page = parser_->stats();
  if (!text_->remark().empty()) sender_.warning(text_->remark());
  if (page.malformed > 0) {
    std::string text = std::to_string(page.malformed) + " of " + std::to_string(page.lines) +
                       " lines of the page cannot be read";
    if (!page.problems.empty()) {
      const LineProblem& first = page.problems.front();
      text += ". Line " + std::to_string(first.line) + ": ";
      text.append(first.why).append(": ").append(first.excerpt);
    }
    if (page.samples + page.unwanted == 0) {
      text += ". There is no sample at all: is this a page of metrics? Its Content-Type is " +
              (content_type_.empty() ? "missing" : "`" + content_type_.substr(0, 100) + "`");
    }
    sender_.warning(std::move(text));
  }
  if (!page.limit.empty()) {
    const std::uint64_t most =
        page.limit == "families" ? options_.max_families : options_.max_samples;
    sender_.warning("the page is too long: only its first " + std::to_string(most) + ' ' +
                    std::string(page.limit) + " are read");
  } else if (complete && options_.grammar == Grammar::openmetrics && !page.eof_marker) {
    sender_.warning("the page has no `# EOF` at its end: some of it may be missing");
  }
  // Of something that is no page of metrics the warning above says enough.
  const bool no_page = page.malformed > 0 && page.samples + page.unwanted == 0;
  for (const Remark& remark : mapper_.remarks()) {
    if (no_page) break;
    if (remark.nothing_sent) {
      sender_.warning(remark.text);
    } else {
      sender_.note(remark.text);
    }
  }
  if (const std::uint64_t lost = mapper_.stats().not_kept - not_kept_before_; lost > 0) {
    sender_.warning(std::to_string(lost) +
                    " samples were left out: more than 32 MiB of them had "
                    "to wait for shared labels or for process_start_time_seconds");
  }
}

}  // namespace remora::checks::openmetrics
