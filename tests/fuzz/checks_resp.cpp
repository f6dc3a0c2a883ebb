// What a server writes on a connection to a Redis: any bytes, in pieces of any size. Whole or in
// pieces, the same answers come out; texts lie inside the bytes, items inside their lists.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "checks/redisdb/answer_metrics.hpp"
#include "checks/redisdb/resp.hpp"
#include "checks/redisdb/slow_log.hpp"

namespace {

using namespace remora::checks::redisdb;

void require(bool ok) {
  if (!ok) std::abort();
}

// Written back as what was read: equal texts mean equal answers.
std::string text_of(const RespValue& value) {
  switch (value.type()) {
    case RespType::text:
      return '$' + std::to_string(value.text().size()) + ':' + std::string(value.text());
    case RespType::error:
      return '-' + std::to_string(value.text().size()) + ':' + std::string(value.text());
    case RespType::integer:
      return ':' + std::to_string(value.integer());
    case RespType::null:
      return "_";
    case RespType::array: {
      std::string all = "[";
      for (const RespValue& item : value.items()) all += text_of(item) + ' ';
      return all + ']';
    }
  }
  return {};
}

class NobodySends final : public remora::checks::InstanceSender {
 public:
  void submit(const remora::checks::Submission& submission) override {
    require(!submission.name.empty());
    for (const std::string_view tag : submission.tags) require(tag.size() < 256);
  }
  void service_check(std::string_view, remora::model::CheckStatus, remora::checks::TagViews,
                     std::string_view) override {}
  void warning(std::string text) override { require(text.size() < 1024); }
  void note(std::string text) override { require(text.size() < 1024); }
  void metadata(std::string_view, std::string_view) override {}
};

void use(const RespValue& value) {
  SlowLog log;
  require(log.take_new(value, 16).size() <= 16);
  require(log.take_new(value, 1'000'000).empty() || value.items().size() > 16);
  NobodySends sender;
  if (const auto info = InfoText::parse(value.text())) {
    submit_info(sender, *info, {});
    submit_replication(sender, *info, {});
    submit_command_counts(sender, *info, {});
  }
  submit_client_names(sender, value.text(), {});
  require(printable(value.text()).size() <= 200);
}

// The answers in `bytes` when they arrive `step` at a time; the failure's code stands at the end.
std::vector<std::string> read(std::string_view bytes, std::size_t step) {
  RespLimits limits;
  limits.bytes = 1u << 16;
  limits.elements = 4096;
  RespParser parser(limits);
  std::string buffer;
  std::vector<std::string> answers;
  std::size_t taken = 0;
  for (;;) {
    const auto complete = parser.parse(buffer);
    if (!complete) {
      answers.emplace_back(to_string(complete.error().code()));
      require(complete.error().message().size() < 256);
      return answers;
    }
    if (*complete) {
      const RespReply reply = parser.take(buffer);
      if (step == bytes.size()) use(reply.root());
      answers.push_back(text_of(reply.root()));
      continue;
    }
    if (taken == bytes.size()) return answers;
    const std::size_t more = std::min(step, bytes.size() - taken);
    buffer += bytes.substr(taken, more);
    taken += more;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size == 0) return 0;
  const auto whole = read(bytes, size);
  // Beyond the limit of bytes the failure may come earlier in pieces.
  if (size > 4096) return 0;
  require(read(bytes, 1) == whole);
  require(read(bytes, 7) == whole);
  return 0;
}
