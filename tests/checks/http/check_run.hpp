// What the tests of checks over HTTP share: one instance, its runs, and what they submitted.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "fakes/recording_sender.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/source_dir.hpp"
#include "remora/checks/integration.hpp"
#include "remora/core/clock.hpp"

namespace remora::checks {

class CheckRun : public testing::Test {
 protected:
  explicit CheckRun(const IntegrationInfo& info)
      : info_(info),
        http_(std::make_unique<CheckHttp>(io_.get_executor(), net::ClientOptions())),
        services_{io_.get_executor(), clock_, *http_, clock_.wall()} {}
  ~CheckRun() override {
    check_.reset();
    http_.reset();
    io_.restart();
    io_.run();
  }

  Result<std::unique_ptr<IntegrationCheck>> create(model::Map instance,
                                                   model::Map init_config = {}) {
    InstanceConfig config;
    config.check = std::string(info_.name);
    config.instance = model::Value(std::move(instance));
    config.init_config = model::Value(std::move(init_config));
    config.files = files_;
    return info_.create(config, services_);
  }
  void make(model::Map instance) {
    auto made = create(std::move(instance));
    ASSERT_TRUE(made) << made.error().message();
    check_ = std::move(*made);
  }
  /// One run of the instance made last; what it submits is in `sender_`.
  Result<void> run() {
    sender_.clear();
    return fakes::run(io_, check_->run(sender_));
  }
  Result<void> run(model::Map instance) {
    make(std::move(instance));
    if (!check_) return fail(Errc::unknown, "no check");
    return run();
  }
  void expect_refused(model::Map instance, Errc code, const std::string& word) {
    const auto made = create(std::move(instance));
    ASSERT_FALSE(made);
    EXPECT_EQ(to_string(made.error().code()), to_string(code)) << made.error().message();
    EXPECT_NE(made.error().message().find(word), std::string::npos) << made.error().message();
  }
  static std::string fixture(const std::string& path) {
    std::ifstream file(fakes::source_dir() + "/tests/fixtures/checks/" + path);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const IntegrationInfo& info_;
  core::FilePolicy files_;  ///< of the author of the instance
  asio::io_context io_;
  core::SystemClock clock_;
  std::unique_ptr<CheckHttp> http_;
  CheckServices services_;
  std::unique_ptr<IntegrationCheck> check_;
  fakes::RecordingSender sender_;
};

}  // namespace remora::checks
