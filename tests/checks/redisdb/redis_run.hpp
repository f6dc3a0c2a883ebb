// Makes instances of the check and runs them; and a server that answers from a table.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "fakes/recording_sender.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/scripted_server.hpp"
#include "remora/checks/redisdb/redisdb.hpp"

namespace remora::checks {

/// One instance and the loop it runs on.
class RedisRun {
 public:
  explicit RedisRun(model::Map instance) {
    InstanceConfig config;
    config.check = "redisdb";
    config.instance = model::Value(std::move(instance));
    auto made = kRedisdb.create(config, services_);
    if (!made) {
      ADD_FAILURE() << made.error().message();
      return;
    }
    check_ = *std::move(made);
  }

  /// The recorder starts empty each time.
  Result<void> run() {
    sender.clear();
    return fakes::run(io, check_->run(sender));
  }
  IntegrationCheck& check() { return *check_; }

  asio::io_context io;
  fakes::RecordingSender sender;

 private:
  core::SystemClock clock_;
  // The check speaks no HTTP: nobody looks at this one.
  alignas(CheckHttp) std::array<std::byte, sizeof(CheckHttp)> no_http_{};
  CheckServices services_{io.get_executor(), clock_, reinterpret_cast<CheckHttp&>(no_http_), {}};
  std::unique_ptr<IntegrationCheck> check_;
};

inline model::Map at_port(int port) { return {{"host", "127.0.0.1"}, {"port", port}}; }

/// "$5\r\nhello\r\n"
inline std::string bulk(const std::string& text) {
  return '$' + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

/// Takes one command off what has arrived: its words with blanks between. Empty when incomplete.
inline std::string take_command(std::string& pending) {
  std::size_t at = pending.find("\r\n");
  if (at == std::string::npos) return {};
  const auto count = std::stoul(pending.substr(1));
  at += 2;
  std::string words;
  for (unsigned long i = 0; i < count; ++i) {
    const auto line = pending.find("\r\n", at);
    if (line == std::string::npos) return {};
    const auto length = std::stoul(pending.substr(at + 1));
    if (pending.size() < line + 4 + length) return {};
    words += (i == 0 ? "" : " ") + pending.substr(line + 2, length);
    at = line + 4 + length;
  }
  pending.erase(0, at);
  return words;
}

/// Answers each command with the entry that its text starts with (the longest one), and others as
/// Redis answers to commands it does not know. An empty answer closes the connection, as does the
/// command behind `limit`.
inline fakes::Step serve(std::map<std::string, std::string> answers, std::size_t limit = SIZE_MAX) {
  return [answers = std::move(answers), limit](fakes::Peer& peer) {
    for (std::size_t served = 0;; ++served) {
      std::string command;
      while ((command = take_command(peer.pending)).empty()) {
        if (!peer.receive()) return false;
      }
      peer.record(command);
      if (served == limit) return false;
      std::string answer =
          "-ERR unknown command '" + command.substr(0, command.find(' ')) + "'\r\n";
      std::size_t longest = 0;
      for (const auto& [begin, text] : answers) {
        if (!command.starts_with(begin) || begin.size() < longest) continue;
        longest = begin.size();
        answer = text;
      }
      if (answer.empty()) return false;
      if (!peer.send(answer)) return false;
    }
  };
}

}  // namespace remora::checks
