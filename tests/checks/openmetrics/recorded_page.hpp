// A page as the events of its parser, one line each, to compare as a whole.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/openmetrics/exposition_parser.hpp"

namespace remora::checks::openmetrics {

/// "family NAME TYPE", "NAME{LABEL="VALUE",...} VALUE" and "end".
class RecordedPage final : public ExpositionHandler {
 public:
  bool family(const Family& family) override {
    lines.push_back("family " + std::string(family.name) + ' ' +
                    std::string(to_string(family.type)));
    return family.name != unwanted;
  }
  void sample(const Sample& sample) override {
    std::string line(sample.name);
    line += '{';
    for (const Label& label : sample.labels) {
      line.append(label.name).append("=\"").append(label.value).append("\",");
    }
    char value[40];
    std::snprintf(value, sizeof value, "} %.17g", sample.value);
    lines.push_back(line + value);
  }
  void end_family() override { lines.push_back("end"); }

  std::vector<std::string> lines;
  std::string unwanted;
};

struct ParsedPage {
  std::vector<std::string> lines;
  ParserStats stats;
};

/// `chunk` bytes at a time; 0: all at once.
inline ParsedPage parse_page(std::string_view page, ParserOptions options = {},
                             std::size_t chunk = 0, std::string_view unwanted = {}) {
  RecordedPage recorded;
  recorded.unwanted = unwanted;
  ExpositionParser parser(options, recorded);
  if (chunk == 0) chunk = page.size() + 1;
  for (std::size_t at = 0; at < page.size(); at += chunk) {
    if (!parser.feed(page.substr(at, chunk))) break;
  }
  parser.finish();
  return {std::move(recorded.lines), parser.stats()};
}

}  // namespace remora::checks::openmetrics
