// What every check over HTTP says of its options.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "remora/checks/integration.hpp"

namespace remora::checks {

inline constexpr auto kDeclinedHttpOptions = std::to_array<std::string_view>({
    "kerberos_cache",
    "kerberos_delegate",
    "kerberos_force_initiate",
    "kerberos_hostname",
    "kerberos_keytab",
    "kerberos_principal",
    "ntlm_domain",
    "aws_host",
    "aws_region",
    "aws_service",
});

/// Puts those behind what the check declines of its own.
template <std::size_t N>
constexpr auto with_declined_http_options(const std::array<std::string_view, N>& own) {
  std::array<std::string_view, N + kDeclinedHttpOptions.size()> all{};
  std::copy(own.begin(), own.end(), all.begin());
  std::copy(kDeclinedHttpOptions.begin(), kDeclinedHttpOptions.end(), all.begin() + N);
  return all;
}

/// Puts the common options behind those of the check.
template <std::size_t N>
constexpr auto with_http_options(const std::array<OptionInfo, N>& own) {
  constexpr auto kCommon = std::to_array<OptionInfo>({
      {"timeout", "10", "seconds for the whole exchange, redirects included"},
      {"connect_timeout", "", "seconds; with read_timeout it stands for timeout"},
      {"read_timeout", "", "seconds; with connect_timeout it stands for timeout"},
      {"auth_type", "basic", "digest, ntlm, kerberos and aws decline the instance"},
      {"kerberos_auth", "disabled", "anything else declines the instance"},
      {"username", "", "basic credentials, with password"},
      {"password", "", "basic credentials, with username"},
      {"use_legacy_auth_encoding", "true", "false: credentials as UTF-8, not latin-1"},
      {"headers", "", "an object; replaces the headers sent otherwise"},
      {"extra_headers", "", "an object; added to the headers"},
      {"auth_token", "",
       "reader {type: file, path, pattern}, writer {type: header, name, value, placeholder}; the "
       "file is read at every request; the readers oauth and dcos_auth decline the instance"},
      {"proxy", "the agent's",
       "an object with http, https and no_proxy; SOCKS declines the instance"},
      {"skip_proxy", "false", "no proxy at all"},
      {"tls_ca_cert", "", "PEM file or directory of issuers; turns verification on"},
      {"tls_cert", "", "PEM file with the client certificate"},
      {"tls_private_key", "", "PEM file with its key; unset: in tls_cert"},
      {"tls_private_key_password", "", "password of the key"},
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
