// What somebody may put behind a path, and what comes of it.
#include "remora/core/named_file.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "fakes/run_coroutine.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::core {
namespace {

namespace fs = std::filesystem;

constexpr FileLimits kLimits{16, std::chrono::milliseconds(60'000)};

class NamedFileTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const fs::path path = directory_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  // Both ways in must agree.
  static Result<std::string> read(const std::string& path, const FilePolicy& policy = {}) {
    auto waited = read_file_waiting(path, kLimits, policy);
    auto awaited = fakes::run(read_file(path, kLimits, policy));
    EXPECT_EQ(waited.has_value(), awaited.has_value());
    if (waited && awaited) {
      EXPECT_EQ(*waited, *awaited);
    }
    return awaited;
  }
  static Errc refusal(const std::string& path, const FilePolicy& policy = {}) {
    const auto text = read(path, policy);
    EXPECT_FALSE(text) << path;
    return text ? Errc::unknown : text.error().code();
  }
  fakes::TemporaryDirectory directory_;
};

TEST_F(NamedFileTest, ReadsRegularFilesUpToTheLimit) {
  EXPECT_EQ(*read(write("small", "hello")), "hello");
  EXPECT_EQ(*read(write("empty", "")), "");
  EXPECT_EQ(*read(write("full", std::string(16, 'x'))), std::string(16, 'x'));
  EXPECT_EQ(refusal(write("large", std::string(17, 'x'))), Errc::too_large);
  fs::create_symlink(directory_.path("small"), directory_.path("link"));
  EXPECT_EQ(*read(directory_.path("link")), "hello");
}

TEST_F(NamedFileTest, FilesOfTheKernelHaveNoSizeAndAreReadAllTheSame) {
  const auto whole = read_file_here("/proc/self/status", 1024 * 1024);
  ASSERT_TRUE(whole);
  EXPECT_NE(whole->find("Threads:"), std::string::npos);
  EXPECT_EQ(refusal("/proc/self/status"), Errc::too_large);
}

TEST_F(NamedFileTest, WhatIsNoRegularFileIsNeverOpened) {
  const std::string fifo = directory_.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(refusal(fifo), Errc::io);
  fs::create_symlink(fifo, directory_.path("link"));
  EXPECT_EQ(refusal(directory_.path("link")), Errc::io);
  EXPECT_EQ(refusal("/dev/zero"), Errc::io);
  EXPECT_EQ(refusal("/dev/tty"), Errc::io);
  EXPECT_EQ(refusal(directory_.path()), Errc::io);
  const std::string socket_path = directory_.path("socket");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(refusal(socket_path), Errc::io);
  ::close(listener);
  EXPECT_EQ(refusal(directory_.path("nothing")), Errc::not_found);
  EXPECT_EQ(refusal(directory_.path("nothing/below")), Errc::not_found);
  EXPECT_EQ(refusal(""), Errc::not_found);
}

TEST_F(NamedFileTest, PathsOfLabelsStayInTheirFolders) {
  const std::string inside = write("tls/ca.pem", "ca");
  const std::string outside = write("tlsx/key.pem", "key");
  const std::string tls = directory_.path("tls");
  fs::create_symlink(outside, tls + "/escape");
  fs::create_symlink("/proc/self/environ", tls + "/environ");
  fs::create_symlink("ca.pem", tls + "/alias");
  fs::create_directory_symlink(tls, directory_.path("mount"));
  const FilePolicy confined{true, {tls}};
  EXPECT_EQ(*read(inside, confined), "ca");
  EXPECT_EQ(*read(tls + "/alias", confined), "ca");
  EXPECT_EQ(*read(directory_.path("mount/ca.pem"), confined), "ca");
  EXPECT_EQ(*read(inside, FilePolicy{true, {directory_.path("mount") + "/"}}), "ca");
  for (const std::string& path :
       {outside, tls + "/escape", tls + "/../tlsx/key.pem", tls + "/environ"}) {
    EXPECT_EQ(refusal(path, confined), Errc::unauthorized) << path;
  }
  EXPECT_EQ(refusal(inside, FilePolicy{true, {}}), Errc::unauthorized);
  EXPECT_EQ(refusal(inside, FilePolicy{true, {"."}}), Errc::unauthorized);
}

TEST_F(NamedFileTest, PathsOfLabelsNeverLeadToTheKernel) {
  const FilePolicy everything{true, {"/", "/proc", "/sys", "/dev"}};
  EXPECT_EQ(*read(write("plain", "text"), everything), "text");
  for (const char* path :
       {"/proc/self/environ", "/proc/self/cmdline", "/sys/kernel/mm/transparent_hugepage/enabled",
        "/proc/self/root/proc/self/environ", "/../proc/self/environ"}) {
    if (!fs::exists(path)) continue;
    EXPECT_EQ(refusal(path, everything), Errc::unauthorized) << path;
  }
}

TEST_F(NamedFileTest, ListsFoldersWithTheSamePolicy) {
  const std::string a = write("d/a.0", ""), b = write("d/b.0", "");
  write("d/c.txt", "");
  const auto wanted = [](std::string_view name) { return name.ends_with(".0"); };
  const std::string d = directory_.path("d");
  EXPECT_EQ(*list_folder_here(d, wanted, 9), (std::vector{a, b}));
  EXPECT_EQ(list_folder_here(d, wanted, 1)->size(), 1u);
  EXPECT_EQ(list_folder_here(a, wanted, 9).error().code(), Errc::io);
  EXPECT_EQ(list_folder_here(d + "x", wanted, 9).error().code(), Errc::not_found);
  EXPECT_TRUE(list_folder_here(d, wanted, 9, {true, {directory_.path()}}));
  EXPECT_EQ(list_folder_here(d, wanted, 9, {true, {"/nowhere"}}).error().code(),
            Errc::unauthorized);
}

}  // namespace
}  // namespace remora::core
