#include "sandbox/metric_units.hpp"

#include <gtest/gtest.h>

namespace remora::sandbox {
namespace {

struct Row {
  const char* metric;
  double value;
  int type;
  const char *shown, *unit;
};

TEST(Humanise, KnowsTheUnitsOfOurMetrics) {
  for (const Row& row :
       {Row{"container.cpu.usage", 13'200'000, 3, "1.32", "%"},
        Row{"container.cpu.limit", 5e8, 3, "0.50", "vCPU"},
        Row{"container.memory.usage", 52'428'800, 3, "50.0", "MiB"},
        Row{"container.memory.page_faults", 26, 1, "26", ""},
        Row{"container.io.read", 2048, 3, "2.0", "KiB/s"},
        Row{"container.io.read.operations", 1.5, 3, "1.50", "/s"},
        Row{"container.net.rcvd.packets", 12, 3, "12", "/s"},
        Row{"container.net.sent", 100, 3, "100", "B/s"},
        Row{"container.uptime", 42.3, 3, "42", "s"},
        Row{"ecs.fargate.cpu.percent", 12.34, 3, "12.3", "%"},
        Row{"ecs.fargate.cpu.limit", 256, 3, "256", ""},
        Row{"ecs.fargate.mem.pgfault", 3.25, 3, "3.25", ""},
        Row{"ecs.fargate.ephemeral_storage.reserved", 20480, 3, "20.00", "GiB"},
        Row{"redis.mem.used", 1'048'576, 3, "1.0", "MiB"},
        Row{"redis.mem.fragmentation_ratio", 1.25, 3, "1.25", ""},
        Row{"redis.net.clients", 2, 3, "2", ""}, Row{"nginx.net.waiting", 1, 3, "1", ""},
        Row{"my.custom.rate", 0.001, 2, "0.001", "/s"}}) {
    const Shown shown = humanise(row.metric, row.value, row.type);
    EXPECT_EQ(shown.value, row.shown) << row.metric;
    EXPECT_EQ(shown.unit, row.unit) << row.metric;
  }
}

}  // namespace
}  // namespace remora::sandbox
