// The edges of the pool: how many, how old, how long idle.
#include "net/connection_pool.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "fakes/run_coroutine.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::net {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

class ConnectionPoolTest : public testing::Test {
 protected:
  std::shared_ptr<Connection> connection() {
    auto made = std::make_shared<Connection>(io_.get_executor());
    EXPECT_FALSE(fakes::run(io_, made->connect(acceptor_.local_endpoint())));
    peers_.push_back(acceptor_.accept());
    return made;
  }
  ConnectionPool pool(std::size_t per_key, nanoseconds idle = hours(1), nanoseconds age = {}) {
    return {io_.get_executor(), per_key, idle, age};
  }

  fakes::TemporaryDirectory directory_;
  asio::io_context io_;
  asio::local::stream_protocol::acceptor acceptor_{
      io_, asio::local::stream_protocol::endpoint(directory_.path("s"))};
  std::vector<asio::local::stream_protocol::socket> peers_;
};

TEST_F(ConnectionPoolTest, KeepsSoManyPerKeyAndGivesTheYoungestFirst) {
  ConnectionPool pool = this->pool(2);
  const auto a = connection(), b = connection(), c = connection();
  pool.keep("k", a);
  pool.keep("k", b);
  EXPECT_TRUE(a->is_idle_and_open());
  pool.keep("k", c);  // the oldest makes room
  EXPECT_FALSE(a->is_idle_and_open());
  EXPECT_EQ(pool.take("other"), nullptr);
  EXPECT_EQ(pool.take("k"), c);
  EXPECT_EQ(pool.take("k"), b);
  EXPECT_EQ(pool.take("k"), nullptr);
}

TEST_F(ConnectionPoolTest, WithRoomForNoneKeepsNone) {
  ConnectionPool pool = this->pool(0);
  const auto a = connection();
  pool.keep("k", a);
  EXPECT_FALSE(a->is_idle_and_open());
  EXPECT_EQ(pool.take("k"), nullptr);
}

TEST_F(ConnectionPoolTest, KeepsAHundredOverAllKeys) {
  ConnectionPool pool = this->pool(3);
  std::vector<std::shared_ptr<Connection>> all;
  const auto keep = [&](int i) {
    all.push_back(connection());
    pool.keep(std::to_string(i), all.back());
    return all.back()->is_idle_and_open();
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(keep(i)) << i;
  EXPECT_FALSE(keep(100));
  EXPECT_EQ(pool.take("7"), all[7]);
  EXPECT_TRUE(keep(101)) << "a place is free again";
  EXPECT_FALSE(keep(102));
}

TEST_F(ConnectionPoolTest, AReplacedConnectionIsCountedOnce) {
  ConnectionPool pool = this->pool(1);
  for (int i = 0; i < 150; ++i) pool.keep("k", connection());
  const auto other = connection();
  pool.keep("other", other);
  EXPECT_TRUE(other->is_idle_and_open());
}

TEST_F(ConnectionPoolTest, NothingIsKeptThatIsTooOldOrGivenThatIdledTooLong) {
  ConnectionPool aged = this->pool(2, hours(1), nanoseconds(1));
  const auto a = connection();
  aged.keep("k", a);
  EXPECT_FALSE(a->is_idle_and_open());
  ConnectionPool brief = this->pool(2, nanoseconds(1));
  const auto b = connection();
  brief.keep("k", b);
  EXPECT_EQ(brief.take("k"), nullptr);
  EXPECT_FALSE(b->is_idle_and_open());
}

TEST_F(ConnectionPoolTest, IdleConnectionsAreClosedWithoutBeingAskedFor) {
  ConnectionPool pool = this->pool(2, std::chrono::milliseconds(1));
  const auto a = connection();
  pool.keep("k", a);
  io_.restart();
  io_.run();  // ends with the sweep: nothing is left to wait for
  EXPECT_FALSE(a->is_idle_and_open());
}

TEST_F(ConnectionPoolTest, OneThatThePeerClosedIsPassedOver) {
  ConnectionPool pool = this->pool(2);
  const auto a = connection(), b = connection();
  pool.keep("k", a);
  pool.keep("k", b);
  peers_.back().close();
  EXPECT_EQ(pool.take("k"), a);
}

TEST_F(ConnectionPoolTest, KeepsNothingAfterShutdown) {
  ConnectionPool pool = this->pool(2);
  const auto a = connection(), b = connection();
  pool.keep("k", a);
  pool.shutdown();
  EXPECT_FALSE(a->is_idle_and_open());
  pool.keep("k", b);
  EXPECT_FALSE(b->is_idle_and_open());
}

}  // namespace
}  // namespace remora::net
