#include "config/yaml_file.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <exception>
#include <sstream>
#include <string>

#include "config/text.hpp"
#include "remora/core/yaml_limits.hpp"

namespace remora::config {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 20'000;

class Converter {
 public:
  nlohmann::json convert(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) {
      exceeded_ = true;
      return nullptr;
    }
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return node.Scalar();
      case YAML::NodeType::Sequence: {
        auto list = nlohmann::json::array();
        for (const auto& item : node) {
          list.push_back(convert(item, depth + 1));
          if (exceeded_) break;
        }
        return list;
      }
      case YAML::NodeType::Map: {
        auto map = nlohmann::json::object();
        for (const auto& entry : node) {
          if (entry.first.IsScalar()) {
            map[entry.first.Scalar()] = convert(entry.second, depth + 1);
          }
          if (exceeded_) break;
        }
        return map;
      }
      default:
        return nullptr;
    }
  }
  [[nodiscard]] bool exceeded() const { return exceeded_; }

 private:
  std::size_t nodes_ = 0;
  bool exceeded_ = false;
};

struct TooMuch {};  ///< leaves yaml-cpp from an event; never leaves this file

/// Counts what a document holds without keeping any of it: a tree of yaml-cpp takes some 400 bytes
/// a node, so it is only made of a document that is within the limits.
class Counter final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override { node(); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { node(); }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {
    node();
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open();
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open();
  }
  void OnMapEnd() override { --depth_; }

 private:
  void open() {
    if (++depth_ > kMaxDepth + 1) throw TooMuch();
    node();
  }
  void node() {
    if (++nodes_ > 2 * kMaxNodes) throw TooMuch();  // keys count here
  }
  int depth_ = 0;
  std::size_t nodes_ = 0;
};

Error too_much() {
  return fail(Errc::too_large, "more than " + std::to_string(kMaxDepth) + " levels or " +
                                   std::to_string(kMaxNodes) + " entries");
}

}  // namespace

Result<nlohmann::json> parse_yaml(std::string_view text) {
  if (text.size() > kMaxFileBytes) {
    return fail(Errc::too_large, "larger than " + std::to_string(kMaxFileBytes) + " bytes");
  }
  if (!core::check_yaml_limits(text, kMaxDepth, kMaxNodes)) return too_much();
  try {
    {
      std::istringstream stream{std::string(text)};
      Counter counter;
      YAML::Parser(stream).HandleNextDocument(counter);
    }
    const YAML::Node root = YAML::Load(std::string(text));
    Converter converter;
    nlohmann::json tree = converter.convert(root, 0);
    if (converter.exceeded()) return too_much();
    return tree;
  } catch (const TooMuch&) {
    return too_much();
  } catch (const YAML::Exception& e) {
    // `msg` without the text of the file: a broken line may hold the API key.
    if (e.mark.is_null()) return fail(Errc::malformed_payload, "not valid YAML");
    return fail(Errc::malformed_payload, "not valid YAML: line " + std::to_string(e.mark.line + 1) +
                                             ", column " + std::to_string(e.mark.column + 1));
  } catch (const std::exception&) {
    return fail(Errc::malformed_payload, "not valid YAML");
  }
}

}  // namespace remora::config
