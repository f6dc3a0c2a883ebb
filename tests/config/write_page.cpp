// Rewrites the generated tables of docs/configuration.md after a change of the option table:
//   ninja -C build write_configuration_page && build/write_configuration_page
#include <fstream>
#include <iterator>

#include "config/page.hpp"
#include "fakes/source_dir.hpp"
#include "remora/config/load.hpp"

int main() {
  const std::string path = remora::fakes::source_dir() + "/docs/configuration.md";
  std::ifstream in(path);
  std::string page((std::istreambuf_iterator<char>(in)), {});
  in.close();
  page = remora::config::with_block(page, "options", remora::config::options_markdown());
  page = remora::config::with_block(page, "ignored", remora::config::ignored_markdown());
  std::ofstream(path) << page;
}
