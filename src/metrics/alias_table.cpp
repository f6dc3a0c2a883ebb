#include "metrics/alias_table.hpp"

namespace remora::metrics {

void AliasTable::clear() noexcept {
  for (Shard& shard : shards_) shard = Shard{};
  bytes_ = 0;
}

}  // namespace remora::metrics
