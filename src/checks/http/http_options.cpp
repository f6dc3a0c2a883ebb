// The options of B.3's list: which are read, which decline the instance.
//
// Source: DataDog/integrations-core datadog_checks_base utils/http.py (STANDARD_FIELDS).
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "checks/python_regex.hpp"
#include "remora/checks/check_http.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/known_secrets.hpp"
#include "remora/core/version.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::checks {
namespace {

using model::Value;
using Aliases = std::span<const std::pair<std::string_view, std::string_view>>;

constexpr double kMaxTimeoutSeconds = 3600;
constexpr std::size_t kMaxHeaders = 50;
constexpr std::size_t kMaxHeaderBytes = 16 * 1024;

// Set to anything, they ask for what is not here.
constexpr std::array<std::string_view, 10> kDeclined = {
    "kerberos_delegate", "kerberos_force_initiate",
    "kerberos_hostname", "kerberos_principal",
    "kerberos_keytab",   "kerberos_cache",
    "ntlm_domain",       "aws_host",
    "aws_region",        "aws_service"};

Error bad(std::string_view option, std::string_view what) {
  return fail(Errc::invalid_config, std::string(option) + ": " + std::string(what));
}
Error declined(std::string_view option, std::string_view what) {
  return fail(Errc::unsupported, std::string(option) + ": " + std::string(what));
}

bool set(const Value* value) { return value != nullptr && !value->is_null(); }

// The instance's options under their standard names, defaults of init_config behind them.
class Fields {
 public:
  Fields(const Value& instance, const Value& init_config, Aliases aliases)
      : instance_(instance), init_config_(init_config), aliases_(aliases) {}

  const Value* find(std::string_view name) const {
    if (const Value* value = instance_.find(name); set(value)) return value;
    for (const auto& [legacy, standard] : aliases_) {
      if (standard != name) continue;
      if (const Value* value = instance_.find(legacy); set(value)) return value;
    }
    return nullptr;
  }
  const Value* find_with_default(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) value = init_config_.find(name);
    return set(value) ? value : nullptr;
  }

  Result<void> text(std::string_view name, std::string& into) const {
    const Value* value = find(name);
    if (value == nullptr) return {};
    const auto text = model::as_text(*value);
    if (!text) return bad(name, "is not a text");
    into = *text;
    return {};
  }
  void boolean(std::string_view name, bool& into) const {
    if (const Value* value = find(name)) into = model::affirmative(*value);
  }
  Result<void> seconds(std::string_view name, std::optional<double>& into) const {
    const Value* value = find_with_default(name);
    if (value == nullptr) return {};
    const auto number = model::as_number(*value);
    if (!number || !(*number > 0)) return bad(name, "is not a number of seconds above 0");
    into = std::min(*number, kMaxTimeoutSeconds);
    return {};
  }

 private:
  const Value& instance_;
  const Value& init_config_;
  Aliases aliases_;
};

void put_header(net::Headers& headers, std::string name, std::string value) {
  const std::string lower = core::ascii_lower(name);
  const auto same = std::find_if(headers.begin(), headers.end(), [&](const auto& h) {
    return core::equals_ignoring_case(h.first, lower);
  });
  if (same != headers.end()) {
    *same = {std::move(name), std::move(value)};
  } else {
    headers.emplace_back(std::move(name), std::move(value));
  }
}

Result<void> add_headers(std::string_view option, const Value& value, net::Headers& headers) {
  const model::Map* map = value.map();
  if (map == nullptr) return bad(option, "is not an object of names and values");
  std::size_t bytes = 0;
  for (const model::MapEntry& entry : map->entries()) {
    const auto text = model::as_text(entry.value);
    if (!text) return bad(option, "the value of " + entry.key + " is not a text");
    bytes += entry.key.size() + text->size();
    put_header(headers, entry.key, *text);
  }
  if (headers.size() > kMaxHeaders || bytes > kMaxHeaderBytes) {
    return bad(option, "more than 50 headers or 16 KiB");
  }
  return {};
}

// Credentials as latin-1, which is what the Agent sends unless told otherwise. UTF-8 where a
// character has no place in latin-1.
std::string latin1(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80) {
      out += utf8[i];
    } else if ((c == 0xc2 || c == 0xc3) && i + 1 < utf8.size()) {
      const auto next = static_cast<unsigned char>(utf8[++i]);
      out += static_cast<char>(((c & 0x03) << 6) | (next & 0x3f));
    } else {
      return utf8;
    }
  }
  return out;
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

Result<void> read_credentials(const Fields& fields, CheckHttpOptions& out) {
  std::string type = "basic";
  if (const auto ok = fields.text("auth_type", type); !ok) return ok;
  type = core::ascii_lower(type);
  if (type == "digest" || type == "ntlm" || type == "kerberos" || type == "aws") {
    return declined("auth_type", type + " is not supported, only basic is");
  }
  if (const Value* value = fields.find("kerberos_auth")) {
    const std::string mode = model::as_text(*value).value_or("required");
    if (mode != "disabled" && mode != "false" && mode != "no") {
      return declined("kerberos_auth", "Kerberos is not supported");
    }
  }
  for (const std::string_view name : kDeclined) {
    const Value* value = fields.find(name);
    if (value != nullptr && model::affirmative(*value)) {
      return declined(name, "Kerberos, NTLM and AWS signing are not supported");
    }
    if (value != nullptr && value->text() != nullptr && !value->text()->empty()) {
      return declined(name, "Kerberos, NTLM and AWS signing are not supported");
    }
  }
  std::string username, password;
  if (const auto ok = fields.text("username", username); !ok) return ok;
  if (const auto ok = fields.text("password", password); !ok) return ok;
  if (username.empty() || password.empty()) return {};
  bool legacy = true;
  fields.boolean("use_legacy_auth_encoding", legacy);
  const std::string both = username + ':' + password;
  const std::string encoded = base64(legacy ? latin1(both) : both);
  core::remember_secret(encoded);
  out.authorization = "Basic " + encoded;
  return {};
}

// The name of what a map's `type` says, or of the wrong thing there.
std::string type_of(const Value* value) {
  const Value* type = value != nullptr ? value->find("type") : nullptr;
  return type != nullptr ? model::as_text(*type).value_or("") : "";
}

Result<void> read_auth_token(const Fields& fields, CheckHttpOptions& out) {
  const Value* token = fields.find("auth_token");
  if (token == nullptr) return {};
  const Value* reader = token->find("reader");
  const Value* writer = token->find("writer");
  if (!set(reader) || !set(writer)) return bad("auth_token", "needs `reader` and `writer`");
  const std::string from = type_of(reader), to = type_of(writer);
  if (from == "oauth" || from == "dcos_auth") {
    return declined("auth_token", "the reader " + from + " is not supported, only file is");
  }
  if (from != "file")
    return bad("auth_token", "reader: the type is none of file, oauth, dcos_auth");
  if (to != "header") return bad("auth_token", "writer: the type is not header");

  model::ValueReader file(*reader), header(*writer);
  out.auth_token_file = file.text("path");
  out.auth_token_pattern = file.text("pattern");
  out.auth_token_header = header.text("name");
  out.auth_token_placeholder = header.text("placeholder", "<TOKEN>");
  out.auth_token_value = header.text("value", "<TOKEN>");
  if (out.auth_token_file.empty()) return bad("auth_token", "reader: `path` is missing");
  if (out.auth_token_header.empty()) return bad("auth_token", "writer: `name` is missing");
  if (out.auth_token_placeholder.empty() ||
      out.auth_token_value.find(out.auth_token_placeholder) == std::string::npos) {
    return bad("auth_token", "writer: `value` does not hold the placeholder");
  }
  if (!out.auth_token_pattern.empty()) {
    const auto regex = PythonRegex::compile(out.auth_token_pattern);
    if (!regex) return fail(regex.error(), "auth_token: reader: `pattern`");
    if (regex->groups() != 1) {
      return bad("auth_token", "reader: `pattern` needs exactly one group");
    }
  }
  return {};
}

Result<std::optional<net::Url>> proxy_url(const Value& proxy, std::string_view scheme) {
  const Value* value = proxy.find(scheme);
  if (!set(value)) return std::optional<net::Url>();
  const std::string option = "proxy." + std::string(scheme);
  std::string text = model::as_text(*value).value_or("");
  if (text.empty()) return std::optional<net::Url>();
  if (core::ascii_lower(text).starts_with("socks")) {
    return declined(option, "SOCKS proxies are not supported");
  }
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  auto url = net::parse_url(text);
  if (!url) return bad(option, url.error().message());
  return std::optional<net::Url>(std::move(*url));
}

Result<void> read_proxy(const Fields& fields, const Value& init_config, CheckHttpOptions& out) {
  const Value* skip = fields.find("skip_proxy");
  if (skip == nullptr) skip = fields.find("no_proxy");
  if (skip == nullptr) skip = init_config.find("skip_proxy");
  out.skip_proxy = set(skip) && model::affirmative(*skip);
  const Value* agent = init_config.find("use_agent_proxy");
  out.use_agent_proxy = !set(agent) || model::affirmative(*agent);
  const Value* proxy = fields.find_with_default("proxy");
  if (proxy == nullptr || out.skip_proxy) return {};
  if (proxy->map() == nullptr) return bad("proxy", "is not an object with http, https, no_proxy");
  auto http = proxy_url(*proxy, "http");
  if (!http) return http.error();
  auto https = proxy_url(*proxy, "https");
  if (!https) return https.error();
  out.proxy.http = std::move(*http);
  out.proxy.https = std::move(*https);
  out.proxy.nonexact_match = true;
  model::ValueReader reader(*proxy);
  for (const std::string& item : reader.texts("no_proxy")) {
    for (std::size_t at = 0; at <= item.size();) {
      const std::size_t end = std::min(item.find_first_of(",;", at), item.size());
      std::string_view host = std::string_view(item).substr(at, end - at);
      while (!host.empty() && host.front() == ' ') host.remove_prefix(1);
      while (!host.empty() && host.back() == ' ') host.remove_suffix(1);
      if (!host.empty()) out.proxy.no_proxy.emplace_back(host);
      at = end + 1;
    }
  }
  if (!reader.problems().empty()) return bad("proxy", reader.problems().front());
  return {};
}

Result<void> read_tls(const Fields& fields, CheckHttpOptions& out) {
  fields.boolean("tls_verify", out.verify);
  fields.boolean("tls_validate_hostname", out.validate_hostname);
  fields.boolean("tls_use_host_header", out.use_host_header);
  const std::pair<std::string_view, std::string*> texts[] = {
      {"tls_ca_cert", &out.ca_cert},
      {"tls_cert", &out.client_cert},
      {"tls_private_key", &out.client_key},
      {"tls_private_key_password", &out.client_key_password}};
  for (const auto& [name, into] : texts) {
    if (const auto ok = fields.text(name, *into); !ok) return ok;
  }
  if (!out.ca_cert.empty()) out.verify = true;
  if (out.client_cert.empty() && !out.client_key.empty()) {
    return bad("tls_private_key", "needs tls_cert");
  }
  const Value* ciphers = fields.find("tls_ciphers");
  if (ciphers == nullptr) return {};
  if (const auto* list = ciphers->list()) {
    for (const Value& item : *list) {
      const auto text = model::as_text(item);
      if (!text) return bad("tls_ciphers", "holds something that is not a text");
      out.ciphers += (out.ciphers.empty() ? "" : ":") + *text;
    }
  } else if (const auto text = model::as_text(*ciphers)) {
    out.ciphers = *text;
  } else {
    return bad("tls_ciphers", "is neither a text nor a list");
  }
  if (core::ascii_lower(out.ciphers) == "all") out.ciphers.clear();
  return {};
}

Result<void> read_timeout(const Fields& fields, CheckHttpOptions& out) {
  std::optional<double> whole, connect, read;
  if (const auto ok = fields.seconds("timeout", whole); !ok) return ok;
  if (const auto ok = fields.seconds("connect_timeout", connect); !ok) return ok;
  if (const auto ok = fields.seconds("read_timeout", read); !ok) return ok;
  double seconds = whole.value_or(10);
  // One limit over the whole exchange stands for the two of the Agent.
  if (connect || read) seconds = connect.value_or(seconds) + read.value_or(seconds);
  out.timeout = std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(seconds * 1000)));
  return {};
}

}  // namespace

Result<CheckHttpOptions> read_http_options(const Value& instance, const Value& init_config,
                                           Aliases aliases) {
  const Fields fields(instance, init_config, aliases);
  CheckHttpOptions out;
  if (const auto ok = read_timeout(fields, out); !ok) return ok.error();
  if (const auto ok = read_credentials(fields, out); !ok) return ok.error();
  if (const auto ok = read_auth_token(fields, out); !ok) return ok.error();
  if (const auto ok = read_proxy(fields, init_config, out); !ok) return ok.error();
  if (const auto ok = read_tls(fields, out); !ok) return ok.error();
  fields.boolean("allow_redirects", out.allow_redirects);
  fields.boolean("persist_connections", out.persist_connections);

  if (const Value* headers = fields.find("headers"); headers != nullptr) {
    if (const auto ok = add_headers("headers", *headers, out.headers); !ok) return ok.error();
  }
  if (out.headers.empty()) {
    out.headers = {{"User-Agent", "Datadog Agent/" + std::string(core::kCompatibleAgentVersion)},
                   {"Accept", "*/*"},
                   {"Accept-Encoding", "gzip, deflate"}};
  }
  if (const Value* extra = fields.find("extra_headers"); extra != nullptr) {
    if (const auto ok = add_headers("extra_headers", *extra, out.headers); !ok) return ok.error();
  }
  return out;
}

}  // namespace remora::checks
