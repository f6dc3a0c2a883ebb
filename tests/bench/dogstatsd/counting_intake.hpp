// The intake of the DogStatsD benchmark, and the metadata endpoint, in a process of their own:
// bodies are only kept while the load runs, and decoded afterwards.
#pragma once

#include <zstd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/dogstatsd/child.hpp"
#include "bench/dogstatsd/load.hpp"
#include "bench/task_of_containers.hpp"

namespace remora::bench {

/// What arrived, told from the names the generator gives: app.<type>.<number>.
struct Arrived {
  TypeCounts samples;  ///< of the countable types
  std::uint64_t requests = 0, bytes = 0, series = 0, points = 0, sketches = 0, bad = 0;
};

class CountingIntake {
 public:
  CountingIntake() {
    int up[2], down[2];
    if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0) std::abort();
    child_.fork_into([&] {
      close(down[1]);
      close(up[0]);
      serve(down[0], up[1]);
      _exit(0);
    });
    close(down[0]);
    close(up[1]);
    to_ = down[1];
    from_ = up[0];
    const Json urls = read_line();
    metadata = urls["metadata"];
    url = urls["intake"];
  }
  ~CountingIntake() {
    close(to_);
    close(from_);
  }
  std::string metadata, url;

  /// Decodes everything that arrived.
  Arrived count() {
    (void)!write(to_, "\n", 1);
    const Json line = read_line();
    Arrived a;
    for (std::size_t i = 0; i < a.samples.of.size(); ++i) a.samples.of[i] = line["samples"][i];
    a.requests = line["requests"], a.bytes = line["bytes"], a.series = line["series"];
    a.points = line["points"], a.sketches = line["sketches"], a.bad = line["bad"];
    return a;
  }

 private:
  Json read_line() const {
    std::string text;
    for (char c = 0; read(from_, &c, 1) == 1 && c != '\n';) text += c;
    return Json::parse(text, nullptr, false);
  }

  // Below: the child.
  struct Body {
    std::string path, encoding, bytes;
  };

  static void serve(int from, int to) {
    e2e::ServerThread thread;
    std::mutex mutex;
    std::vector<Body> bodies;
    const Tasks tasks(thread, 1);
    const e2e::Server server(thread, [&](const net::ServerRequest& request) -> net::ServerResponse {
      const bool validation = request.path() == "/api/v1/validate";
      const std::scoped_lock lock(mutex);
      bodies.push_back({std::string(request.path()),
                        std::string(request.header("content-encoding")), request.body});
      return {validation ? 200 : 202, "application/json",
              validation ? R"({"valid":true})" : R"({"errors":[]})"};
    });
    say(to, {{"metadata", tasks.url(0)}, {"intake", server.url()}});
    for (char c = 0; read(from, &c, 1) == 1;) {
      const std::scoped_lock lock(mutex);
      Arrived a;
      for (const Body& body : bodies) decode(body, a);
      say(to, {{"samples", a.samples.of},
               {"requests", bodies.size()},
               {"bytes", a.bytes},
               {"series", a.series},
               {"points", a.points},
               {"sketches", a.sketches},
               {"bad", a.bad}});
    }
    _exit(0);
  }
  static void say(int to, const Json& line) {
    const std::string text = line.dump() + "\n";
    (void)!write(to, text.data(), text.size());
  }

  static void decode(const Body& body, Arrived& a) {
    const bool series = body.path == "/api/v2/series", sketches = body.path == "/api/beta/sketches";
    if (!series && !sketches) return;
    a.bytes += body.bytes.size();
    static std::string raw(16 * 1024 * 1024, '\0');
    const std::size_t size =
        ZSTD_decompress(raw.data(), raw.size(), body.bytes.data(), body.bytes.size());
    if (body.encoding != "zstd" || ZSTD_isError(size) != 0) {
      ++a.bad;
      return;
    }
    // Source of the messages: DataDog/agent-payload proto/metrics/agent_payload.proto.
    protozero::pbf_reader message(raw.data(), size);
    while (message.next(1)) {
      if (series) {
        decode_one_series(message.get_message(), a);
      } else {
        decode_one_sketch(message.get_message(), a);
      }
    }
  }

  /// Index in TypeCounts::kTypes; 6 when the metric is none of the load's.
  static std::size_t type_of(std::string_view name) {
    if (!name.starts_with("app.")) return 6;
    const std::string_view type = name.substr(4, name.find('.', 4) - 4);
    for (std::size_t i = 0; i < TypeCounts::kTypes.size(); ++i) {
      if (type == TypeCounts::kTypes[i]) return i;
    }
    return 6;
  }

  static void decode_one_series(protozero::pbf_reader fields, Arrived& a) {
    std::string_view name;
    double sum = 0;
    std::uint64_t points = 0;
    std::int64_t interval = 0;
    while (fields.next()) {
      if (fields.tag() == 2) {
        const auto view = fields.get_view();
        name = {view.data(), view.size()};
      } else if (fields.tag() == 4) {
        protozero::pbf_reader point = fields.get_message();
        ++points;
        while (point.next()) {
          if (point.tag() == 1) {
            sum += point.get_double();
          } else {
            point.skip();
          }
        }
      } else if (fields.tag() == 8) {
        interval = fields.get_int64();
      } else {
        fields.skip();
      }
    }
    const std::size_t type = type_of(name);
    if (type > 5) return;
    ++a.series;
    a.points += points;
    // Counters and the counts of histograms come as rates.
    const bool count = type == 0 || ((type == 2 || type == 3) && name.ends_with(".count"));
    if (count) {
      a.samples.of[type] += static_cast<std::uint64_t>(
          std::llround(sum * static_cast<double>(std::max<std::int64_t>(interval, 1))));
    }
  }

  static void decode_one_sketch(protozero::pbf_reader fields, Arrived& a) {
    std::string_view name;
    std::uint64_t samples = 0;
    while (fields.next()) {
      if (fields.tag() == 1) {
        const auto view = fields.get_view();
        name = {view.data(), view.size()};
      } else if (fields.tag() == 7) {
        protozero::pbf_reader sketch = fields.get_message();
        while (sketch.next()) {
          if (sketch.tag() == 2) {
            samples += static_cast<std::uint64_t>(sketch.get_int64());
          } else {
            sketch.skip();
          }
        }
      } else {
        fields.skip();
      }
    }
    const std::size_t type = type_of(name);
    if (type > 5) return;
    ++a.sketches;
    a.samples.of[type] += samples;
  }

  Child child_;
  int to_ = -1, from_ = -1;
};

}  // namespace remora::bench
