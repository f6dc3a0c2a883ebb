// What our parser makes of pages, for compare.py. Input: "prometheus|openmetrics BYTES CHUNK\n" and
// the page, again and again. Output: one JSON value per line; {"malformed": [[line, why]...]} ends
// a page.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "remora/checks/openmetrics/exposition_parser.hpp"

namespace {

using namespace remora::checks::openmetrics;
using Json = nlohmann::json;

class Printer final : public ExpositionHandler {
 public:
  bool family(const Family& family) override {
    print({{"family", family.name}, {"type", to_string(family.type)}});
    return true;
  }
  void sample(const Sample& sample) override {
    Json labels = Json::array();
    for (const Label& label : sample.labels) labels.push_back({label.name, label.value});
    char value[40];
    std::snprintf(value, sizeof value, "%.17g", sample.value);
    print({{"sample", sample.name}, {"labels", labels}, {"value", value}});
  }
  void end_family() override {}
  static void print(const Json& json) { std::cout << json.dump() << '\n'; }
};

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string grammar;
  std::size_t bytes = 0, chunk = 0;
  while (std::cin >> grammar >> bytes >> chunk) {
    std::cin.get();
    std::string page(bytes, '\0');
    std::cin.read(page.data(), static_cast<std::streamsize>(bytes));
    ParserOptions options;
    options.grammar = grammar == "openmetrics" ? Grammar::openmetrics : Grammar::prometheus;
    Printer printer;
    ExpositionParser parser(options, printer);
    for (std::size_t at = 0; at < page.size(); at += chunk) {
      parser.feed(std::string_view(page).substr(at, chunk));
    }
    parser.finish();
    Json malformed = Json::array();
    for (const LineProblem& problem : parser.stats().problems) {
      malformed.push_back({problem.line, problem.why});
    }
    Printer::print({{"malformed", malformed}});
  }
  return 0;
}
