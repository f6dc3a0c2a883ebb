#include "sandbox/received.hpp"

#include <algorithm>

namespace remora::sandbox {

std::string_view MetricRow::tag(std::string_view key) const {
  for (const std::string& entry : tags)
    if (entry.size() > key.size() && entry[key.size()] == ':' && entry.starts_with(key))
      return std::string_view(entry).substr(key.size() + 1);
  return {};
}

MetricRow* Received::row_of(const std::string& metric, std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  std::pair key(metric, std::move(tags));
  const auto found = rows_.find(key);
  if (found != rows_.end()) return &found->second;
  if (rows_.size() >= kMaxRows) {
    ++rows_refused_;
    return nullptr;
  }
  MetricRow& row = rows_[key];
  row.metric = std::move(key.first);
  row.tags = std::move(key.second);
  return &row;
}

void Received::add(const std::vector<ReceivedSeries>& series) {
  for (const ReceivedSeries& s : series) {
    points_ += s.points.size();
    if (s.points.empty()) continue;
    MetricRow* const row = row_of(s.metric, s.tags);
    if (row == nullptr) continue;
    row->type = s.type;
    row->unit = s.unit;
    row->points += s.points.size();
    for (const ReceivedPoint& point : s.points)
      if (point.timestamp >= row->newest.timestamp) row->newest = point;
  }
}

void Received::add(const std::vector<ReceivedSketch>& sketches) {
  for (const ReceivedSketch& s : sketches) {
    points_ += s.points.size();
    MetricRow* const row = row_of(s.metric, s.tags);
    if (row == nullptr) continue;
    row->type = kDistribution;
    row->points += s.points.size();
    for (const ReceivedSketchPoint& point : s.points) {
      if (point.timestamp < row->newest.timestamp) continue;
      row->newest = {point.timestamp, point.average};
      row->values = static_cast<std::uint64_t>(point.count);
    }
  }
}

void Received::add(const std::vector<ReceivedEvent>& events) {
  events_received_ += events.size();
  for (const ReceivedEvent& event : events) {
    events_.push_back(event);
    if (events_.size() > kMaxEvents) events_.pop_front();
  }
}

void Received::add(const std::vector<ReceivedServiceCheck>& checks) {
  for (const ReceivedServiceCheck& check : checks) {
    std::vector<std::string> tags = check.tags;
    std::sort(tags.begin(), tags.end());
    const std::pair key(check.check, std::move(tags));
    if (checks_.count(key) == 0 && checks_.size() >= kMaxRows) {
      ++rows_refused_;
      continue;
    }
    checks_[key] = check;
  }
}

void Received::payload(const std::string& kind, std::size_t bytes, std::size_t uncompressed,
                       core::WallTime at) {
  PayloadSums& sums = sums_[kind];
  ++sums.payloads;
  sums.bytes += bytes;
  sums.uncompressed_bytes += uncompressed;
  sums.largest_bytes = std::max<std::uint64_t>(sums.largest_bytes, bytes);
  last_ = at;
}

void Received::refused(int status, std::string reason) {
  ++refused_[status];
  last_refusal_ = std::move(reason);
}

PayloadSums Received::total() const {
  PayloadSums out;
  for (const auto& [kind, sums] : sums_) {
    out.payloads += sums.payloads;
    out.bytes += sums.bytes;
    out.uncompressed_bytes += sums.uncompressed_bytes;
    out.largest_bytes = std::max(out.largest_bytes, sums.largest_bytes);
  }
  return out;
}

bool belongs_to(const MetricRow& row, std::string_view docker_id, std::string_view name) {
  const std::string_view id = row.tag("container_id");
  if (!id.empty()) return id == docker_id;
  const std::string_view ecs_name = row.tag("ecs_container_name");
  return (ecs_name.empty() ? row.tag("container_name") : ecs_name) == name;
}

std::size_t rows_of_container(const Received& received, std::string_view docker_id,
                              std::string_view name) {
  std::size_t count = 0;
  for (const auto& [key, row] : received.rows())
    if (belongs_to(row, docker_id, name)) ++count;
  return count;
}

}  // namespace remora::sandbox
