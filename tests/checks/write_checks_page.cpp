// Rewrites the generated part of docs/checks.md after a change of an integration's tables:
//   ninja -C build write_checks_page && build/write_checks_page
#include <fstream>
#include <iterator>

#include "checks/checks_page.hpp"
#include "config/page.hpp"
#include "fakes/source_dir.hpp"

int main() {
  const std::string path = remora::fakes::source_dir() + "/docs/checks.md";
  std::ifstream in(path);
  std::string page((std::istreambuf_iterator<char>(in)), {});
  in.close();
  page = remora::config::with_block(
      page, "checks", remora::checks::integrations_markdown(remora::checks::integrations()));
  std::ofstream(path) << page;
}
