#include "fakes/allocation_counter.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t count = 0;
thread_local std::int64_t live = 0, most = 0;

void* taken(void* memory) {
  ++count;
  live += static_cast<std::int64_t>(malloc_usable_size(memory));
  most = std::max(most, live);
  return memory;
}
void give_back(void* memory) {
  live -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// The array forms of the library call these. The nothrow form does so there too, but under a
// sanitizer it is the sanitizer's own, whose memory is not ours to free.
void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return taken(memory);
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return taken(std::malloc(size == 0 ? 1 : size));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }

namespace remora::fakes {

std::size_t allocations() { return count; }
std::int64_t live_bytes() { return live; }

PeakMemory::PeakMemory() : before_(live) { most = live; }
std::int64_t PeakMemory::peak() const { return most - before_; }

}  // namespace remora::fakes
