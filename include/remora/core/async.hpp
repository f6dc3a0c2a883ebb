// Short names for the parts of Asio that appear in our interfaces.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace remora {

namespace asio = boost::asio;

/// Completion token of every I/O step: the error code comes back as a value.
inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace remora
