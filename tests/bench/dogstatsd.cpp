// DogStatsD: CPU per million messages, loss and memory of a bare receive loop, of the agent and of
// peers, side by side.
//
//   dogstatsd            the table of docs/performance.md, about eight minutes
//   dogstatsd --quick    one short run of two rows
//   dogstatsd --matrix   transports, packing, contexts, rates and types, one run each
//   dogstatsd --row "udp 20 1000 mixed 100000"   one row of your own
// Beside the options of all benchmarks: --only floor,remora and --more-peers (one more peer, built
// with go).
#include <csignal>
#include <sstream>

#include "bench/dogstatsd/table.hpp"

using namespace remora;
using namespace remora::bench;

namespace {

enum class Mode { headline, quick, matrix, row };

struct Choice {
  Mode mode = Mode::headline;
  Load row;
  std::string only;
  bool more_peers = false;
  Options options;
};

Load parse_row(const std::string& text) {
  Load load;
  std::string wire;
  std::istringstream(text) >> wire >> load.per_packet >> load.contexts >> load.kind >> load.rate;
  load.wire = wire == "stream" ? Wire::stream : wire == "datagram" ? Wire::datagram : Wire::udp;
  if (load.per_packet < 1 || load.per_packet > 100 || load.contexts < 1 || load.rate < 1000) {
    std::fprintf(stderr, "--row \"udp|datagram|stream 1-100 CONTEXTS mixed|c|g|h|ms|d|s RATE\"\n");
    std::exit(2);
  }
  return load;
}

/// Takes our own options out and leaves the shared ones.
Choice choose(int argc, char** argv) {
  Choice choice;
  std::vector<char*> rest{argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--quick") {
      choice.mode = Mode::quick;
    } else if (name == "--matrix") {
      choice.mode = Mode::matrix;
    } else if (name == "--more-peers") {
      choice.more_peers = true;
    } else if (name == "--row" && i + 1 < argc) {
      choice.mode = Mode::row;
      choice.row = parse_row(argv[++i]);
    } else if (name == "--only" && i + 1 < argc) {
      choice.only = argv[++i];
    } else {
      rest.push_back(argv[i]);
    }
  }
  choice.options = Options::parse(static_cast<int>(rest.size()), rest.data());
  return choice;
}

/// The loads of the targets.
std::vector<Load> headline() {
  std::vector<Load> loads(3);
  loads[0].per_packet = 1;
  loads[2].wire = Wire::datagram;
  return loads;
}

/// Each question by itself, around 100k messages/s, 20 a packet, 1,000 contexts, mixed, UDP.
std::vector<Load> matrix() {
  std::vector<Load> loads;
  for (const Wire wire : {Wire::udp, Wire::datagram, Wire::stream}) {
    for (const int per_packet : {1, 20, 100}) {
      Load load;
      load.wire = wire;
      load.per_packet = per_packet;
      loads.push_back(load);
    }
  }
  for (const int contexts : {10'000, 100'000, 1'000'000}) {
    Load load;
    load.contexts = contexts;
    load.seconds = 30;
    loads.push_back(load);
  }
  for (const int rate : {50'000, 200'000, 400'000}) {
    for (const Wire wire : {Wire::udp, Wire::datagram, Wire::stream}) {
      for (const int per_packet : {1, 20, 100}) {
        if (wire != Wire::udp && per_packet != 20) continue;
        Load load;
        load.wire = wire;
        load.per_packet = per_packet;
        load.rate = rate;
        loads.push_back(load);
      }
    }
  }
  for (const char* type : TypeCounts::kTypes) {
    Load load;
    load.kind = type;
    loads.push_back(load);
  }
  return loads;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const Choice choice = choose(argc, argv);
  Floor floor;
  Remora remora(choice.options.agent);
  ServerlessCompat compat;
  StatsdExporter exporter;
  std::vector<Receiver*> all{&floor, &remora, &compat}, receivers;
  if (choice.more_peers) all.push_back(&exporter);
  for (Receiver* receiver : all) {
    if (choice.only.empty() ||
        ("," + choice.only + ",").find("," + receiver->name() + ",") != std::string::npos) {
      receivers.push_back(receiver);
    }
  }
  const auto with = [&](Load load, double seconds) {
    load.seconds = choice.options.seconds > 0 ? choice.options.seconds : seconds;
    return load;
  };
  const auto runs = [&](int by_default) {
    return choice.options.runs > 0 ? choice.options.runs : by_default;
  };

  Table table;
  switch (choice.mode) {
    case Mode::quick:
      for (Load load : headline()) {
        if (load.per_packet == 20) table.row(with(load, 3), {&floor, &remora}, runs(1));
      }
      break;
    case Mode::row:
      table.row(with(choice.row, 12), receivers, runs(3));
      break;
    case Mode::matrix:
      for (const Load& load : matrix()) {
        table.row(with(load, load.seconds > 12 ? load.seconds : 10), receivers, runs(1));
      }
      break;
    case Mode::headline:
      for (const Load& load : headline()) table.row(with(load, 12), receivers, runs(3));
      for (const int contexts : {10'000, 100'000}) {
        Load load;
        load.contexts = contexts;
        table.row(with(load, 20), receivers, runs(1));
      }
  }
  choice.options.write(table.json());
  return table.failed() ? 1 : 0;
}
