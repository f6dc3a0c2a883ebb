#include "sandbox/docker_engine.hpp"

#include <gtest/gtest.h>

#include "fakes/docker_engine.hpp"
#include "fakes/run_coroutine.hpp"

namespace remora::sandbox {
namespace {

TEST(SplitHttpAnswer, ReadsStatusAndBody) {
  const auto answer = split_http_answer("HTTP/1.0 200 OK\r\nA: b\r\n\r\n{}\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->first, 200);
  EXPECT_EQ(answer->second, "{}\n");
  EXPECT_FALSE(split_http_answer("SSH-2.0\r\n\r\n"));
  EXPECT_FALSE(split_http_answer("HTTP/1.0 200 OK\r\n"));
}

TEST(DockerEngine, SendsTheBodyOfAPost) {
  asio::io_context io;
  fakes::DockerEngine fake(io, 1,
                           [](const std::string&) { return std::pair(201, std::string("{}")); });
  DockerEngine engine(fake.socket());
  const auto answer = fakes::run(io, engine.request("POST", "/containers/create", "{\"a\":1}"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->first, 201);
  ASSERT_EQ(fake.requests().size(), 1u);
  EXPECT_EQ(fake.requests()[0], "POST /containers/create {\"a\":1}");
}

TEST(DockerEngine, AnythingButOkIsNoAnswerToAGet) {
  asio::io_context io;
  fakes::DockerEngine fake(io, 1,
                           [](const std::string&) { return std::pair(404, std::string("{}")); });
  DockerEngine engine(fake.socket());
  const auto answer = fakes::run(io, engine.get("/images/redis:7/json"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "Docker answered 404");
}

}  // namespace
}  // namespace remora::sandbox
