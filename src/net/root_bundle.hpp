// A PEM bundle of roots that stays in its files.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/net/root_files.hpp"

struct x509_store_st;

namespace remora::net {

/// Lets a store find the certificates of `RootFiles`. Only where each one begins is kept in memory;
/// a certificate is made when a chain ends in it. 140 roots take 0.7 MiB, and an agent needs two.
///
/// The text is borrowed for a handshake and read off the loop before it: OpenSSL asks for a root in
/// the middle of one, where nothing may wait for a file.
///
/// Threading: the loop.
class RootBundle : public std::enable_shared_from_this<RootBundle> {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// `pem` is what the files hold now. Null when it holds no certificate or a broken one;
  /// pem_problem() says which. A folder, or the system's bundle, may hold broken ones and none.
  [[nodiscard]] static std::shared_ptr<RootBundle> create(RootFiles files, const std::string& pem);

  /// A store has one bundle: a second one takes the place of the first. False when out of memory.
  [[nodiscard]] bool attach(x509_store_st* store);

  /// What the files hold. Certificates are found while the caller keeps it.
  /// Errors: those of read_roots_here() and run_apart().
  [[nodiscard]] asio::awaitable<Result<Text>> lend();
  /// The same from a text that is there.
  [[nodiscard]] Text lend(std::string pem);

 private:
  struct Place {
    unsigned long subject;  ///< hash of the name
    std::size_t offset;     ///< in the text, bytes
  };
  class LookUp;
  explicit RootBundle(RootFiles files) : files_(std::move(files)) {}
  [[nodiscard]] bool read_places(const std::string& pem);

  RootFiles files_;
  std::vector<Place> places_;
  std::weak_ptr<const std::string> text_;
};

}  // namespace remora::net
