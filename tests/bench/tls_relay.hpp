// Puts TLS in front of a plain server of a benchmark: an agent in production speaks https and holds
// the machine's trust store, so its memory is measured with both. One thread per connection.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "fakes/test_certificate.hpp"

namespace remora::bench {

class TlsRelay {
 public:
  /// `bundle` is written: the roots of this machine and the CA of the relay.
  TlsRelay(const std::string& plain_url, const std::string& bundle)
      : target_port_(
            static_cast<std::uint16_t>(std::stoi(plain_url.substr(plain_url.rfind(':') + 1)))),
        context_(SSL_CTX_new(TLS_server_method())) {
    fakes::TestCa ca;
    const auto leaf = ca.issue("127.0.0.1");
    ca.write_bundle(bundle);
    std::ifstream roots("/etc/ssl/certs/ca-certificates.crt");
    std::ofstream(bundle, std::ios::app) << roots.rdbuf();
    SSL_CTX_use_certificate(context_, leaf.certificate.get());
    SSL_CTX_use_PrivateKey(context_, leaf.key.get());

    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 512) != 0) {
      throw std::runtime_error("TLS relay: cannot listen");
    }
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    // Detached: they end with the benchmark's process.
    std::thread([this] {
      for (int client; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
        std::thread([this, client] { relay(client); }).detach();
      }
    }).detach();
  }
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  void relay(int client) {
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, client);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_port_);
    if (SSL_accept(tls) == 1 &&
        connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      copy_both_ways(tls, client, server);
    }
    SSL_free(tls);
    close(client);
    close(server);
  }

  static void copy_both_ways(SSL* tls, int client, int server) {
    char buffer[16 * 1024];
    for (;;) {
      pollfd ready[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (SSL_pending(tls) > 0) {
        ready[0].revents = POLLIN;
      } else if (poll(ready, 2, -1) < 0) {
        return;
      }
      if (ready[0].revents != 0) {
        const int n = SSL_read(tls, buffer, sizeof buffer);
        if (n <= 0 || send(server, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) return;
      }
      if (ready[1].revents != 0) {
        const ssize_t n = recv(server, buffer, sizeof buffer, 0);
        if (n <= 0 || SSL_write(tls, buffer, static_cast<int>(n)) <= 0) return;
      }
    }
  }

  std::uint16_t target_port_;
  SSL_CTX* context_;
  int listener_ = -1;
  std::string url_;
};

}  // namespace remora::bench
