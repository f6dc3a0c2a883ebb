// What every check over HTTP says of its options.
#pragma once

#include <array>
#include <string_view>

#include "remora/checks/integration.hpp"

namespace remora::checks {

inline constexpr auto kDeclinedHttpOptions = std::to_array<std::string_view>({
    "auth_type: digest, ntlm, kerberos, aws",
    "auth_token with a reader other than file",
    "kerberos_*",
    "ntlm_domain",
    "aws_host, aws_region, aws_service",
    "proxy with a SOCKS server",
});

/// Puts the common options behind those of the check.
template <std::size_t N>
constexpr auto with_http_options(const std::array<OptionInfo, N>& own) {
  constexpr auto kCommon = std::to_array<OptionInfo>({
      {"timeout", "10", "seconds for the whole exchange, redirects included"},
      {"connect_timeout, read_timeout", "",
       "in seconds; their sum stands for timeout when one is set"},
      {"username, password", "", "basic credentials, when both are set"},
      {"use_legacy_auth_encoding", "true", "false: credentials as UTF-8, not latin-1"},
      {"headers", "", "an object; replaces the headers sent otherwise"},
      {"extra_headers", "", "an object; added to the headers"},
      {"auth_token", "",
       "reader {type: file, path, pattern}, writer {type: header, name, value, placeholder}; the "
       "file is read at every request"},
      {"proxy", "the agent's", "an object with http, https and no_proxy"},
      {"skip_proxy", "false", "no proxy at all"},
      {"tls_verify", "true", "false: any certificate will do"},
      {"tls_ca_cert", "", "PEM file or directory of issuers; turns verification on"},
      {"tls_cert, tls_private_key, tls_private_key_password", "", "client certificate, PEM files"},
      {"tls_validate_hostname", "true", "false: the certificate need not be for the host"},
      {"tls_use_host_header", "false", "the host name of the header Host counts for TLS"},
      {"tls_ciphers", "ALL", "OpenSSL's notation, a text or a list"},
      {"allow_redirects", "true", "at most five; never to a metadata address"},
      {"persist_connections", "false", "keep connections from run to run"},
  });
  std::array<OptionInfo, N + kCommon.size()> all{};
  for (std::size_t i = 0; i < N; ++i) all[i] = own[i];
  for (std::size_t i = 0; i < kCommon.size(); ++i) all[N + i] = kCommon[i];
  return all;
}

}  // namespace remora::checks
