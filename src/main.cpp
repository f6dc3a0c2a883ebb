// The program `agent`: a command line around the daemon.
#include <utility>

#include "remora/agent/check_run.hpp"
#include "remora/agent/preview.hpp"
#include "remora/agent/runtime.hpp"
#include "remora/cli/cli.hpp"
#include "remora/core/descriptors.hpp"

namespace {

remora::agent::CheckRequest check_request(const remora::cli::CheckArguments& arguments) {
  using From = remora::cli::CheckArguments::Form;
  using To = remora::agent::CheckForm;
  remora::agent::CheckRequest request;
  request.name = arguments.name;
  request.times = arguments.times;
  request.pause = arguments.pause;
  request.delay = arguments.delay;
  request.instance_filter = arguments.instance_filter;
  request.discovery_timeout = arguments.discovery_timeout;
  request.discovery_min_instances = arguments.discovery_min_instances;
  request.form = arguments.form == From::json    ? To::json
                 : arguments.form == From::table ? To::table
                                                 : To::text;
  return request;
}

remora::Result<remora::cli::Previewed> preview(const remora::cli::PreviewArguments& arguments) {
  auto output = remora::agent::preview_file({arguments.file, arguments.json, arguments.verbose});
  if (!output) return output.error();
  return remora::cli::Previewed{std::move(output->text), output->faulty};
}

}  // namespace

int main(int argc, char** argv) {
  remora::core::open_standard_descriptors();
  remora::cli::Programs programs;
  programs.run = remora::agent::run_agent;
  programs.check = [](const remora::config::Loaded& loaded,
                      const remora::cli::CheckArguments& arguments,
                      const remora::cli::Context& context) {
    return remora::agent::run_check(loaded, context.environment, check_request(arguments),
                                    {context.out, context.err});
  };
  programs.preview = preview;
  return remora::cli::run_cli(argc, argv, programs);
}
