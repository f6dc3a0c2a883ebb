#include "remora/taskdef/task_definition.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "taskdef/definition_reader.hpp"
#include "taskdef/document.hpp"
#include "taskdef/other_documents.hpp"
#include "taskdef/template_reader.hpp"
#include "taskdef/terraform.hpp"

namespace remora::taskdef {
namespace {

using model::Value;

bool is_template(const Value& root) {
  const Value* resources = root.find("Resources");
  return resources != nullptr && resources->map() != nullptr;
}

bool is_container(const Value& value) {
  const Value* name = value.find("name");
  const Value* image = value.find("image");
  return name != nullptr && name->text() != nullptr && image != nullptr &&
         image->text() != nullptr && value.find("apiVersion") == nullptr;
}

/// The value of `container_definitions` in Terraform, or one element of it.
bool is_container_array(const Value& root) {
  const Value::List* list = root.list();
  if (list == nullptr) return is_container(root);
  return !list->empty() && std::any_of(list->begin(), list->end(), is_container);
}

Result<Reading> only(Result<TaskDefinition> definition) {
  if (!definition) return definition.error();
  Reading out;
  out.definitions.push_back(*std::move(definition));
  return out;
}

Result<Reading> read_containers(const Value& root, Syntax syntax) {
  Value containers = root.list() != nullptr ? root : Value(Value::List{root});
  auto reading = only(read_definition(model::Map{{"containerDefinitions", std::move(containers)}},
                                      "", syntax, Completeness::part));
  // Often the file of a templatefile() call, or one for envsubst.
  if (reading) reading->definitions.front().open_references = true;
  return reading;
}

template <class Parsed>
Result<Parsed> with_name(const std::string& path, Result<std::string> text,
                         Result<Parsed> (*parse)(std::string_view)) {
  if (!text) return text.error();
  auto parsed = parse(*text);
  if (!parsed) return fail(parsed.error(), path);
  return parsed;
}

Result<std::string> text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(errno == ENOENT ? Errc::not_found : Errc::io, path + ": " + std::strerror(errno));
  std::string text;
  constexpr std::size_t kPiece = 1024 * 1024;
  while (file && text.size() <= kMaxTerraformBytes) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    file.read(text.data() + before, static_cast<std::streamsize>(kPiece));
    text.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || (text.empty() && !file.eof())) return fail(Errc::io, path + ": cannot be read");
  return text;
}

}  // namespace

const std::string* ContainerDefinition::variable(std::string_view key) const {
  for (const auto& [name, value] : environment)
    if (name == key) return &value;
  return nullptr;
}

bool ContainerDefinition::has_secret(std::string_view key) const {
  return std::find(secrets.begin(), secrets.end(), key) != secrets.end();
}

bool holds_open_reference(std::string_view text) {
  return text.find("${") != std::string_view::npos ||
         text.find("{{resolve:") != std::string_view::npos;
}

Result<Reading> parse_each(std::string_view text) {
  if (is_terraform_json(text)) return read_terraform(text);
  const auto document = parse_document(text);
  if (!document) return document.error();
  const Value* root = &document->root;
  if (is_template(*root)) return read_template(*root, document->yaml);
  const Syntax syntax = document->yaml ? Syntax::yaml : Syntax::json;
  if (const Value* inner = root->find("taskDefinition"); inner && inner->map() != nullptr)
    root = inner;
  if (root->find("containerDefinitions") == nullptr) {
    if (auto other = what_else(*root, text)) return fail(Errc::unsupported, *std::move(other));
    if (is_container_array(*root)) return read_containers(*root, syntax);
  }
  if (root->map() == nullptr)
    return fail(Errc::invalid_config,
                document->yaml ? "neither a task definition nor a template" : "not a JSON object");
  return only(read_definition(*root, "", syntax, Completeness::whole));
}

Result<std::vector<TaskDefinition>> parse_definitions(std::string_view text) {
  auto reading = parse_each(text);
  if (!reading) return reading.error();
  if (!reading->unread.empty()) return unread_error(reading->unread);
  return std::move(reading->definitions);
}

Result<Reading> read_each(const std::string& path) {
  return with_name<Reading>(path, text_of_file(path), parse_each);
}

Result<std::vector<TaskDefinition>> read_definitions(const std::string& path) {
  return with_name<std::vector<TaskDefinition>>(path, text_of_file(path), parse_definitions);
}

}  // namespace remora::taskdef
