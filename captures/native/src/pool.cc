#include "pool.h"

#include <sys/mman.h>

namespace netglass {

BlockPool::~BlockPool() {
  if (memory_ != nullptr) munmap(memory_, kBlockBytes * kBlockCount);
}

bool BlockPool::allocate() {
  void* memory =
      mmap(nullptr, kBlockBytes * kBlockCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  memory_ = static_cast<uint8_t*>(memory);
  for (int i = 0; i < kBlockCount; i++) {
    blocks_[i].bytes = memory_ + static_cast<size_t>(i) * kBlockBytes;
    free_[i] = &blocks_[i];
  }
  freeCount_.store(kBlockCount, std::memory_order_relaxed);
  return true;
}

Block* BlockPool::acquire() {
  std::lock_guard<std::mutex> lock(mutex_);
  int count = freeCount_.load(std::memory_order_relaxed);
  if (count == 0) return nullptr;
  freeCount_.store(count - 1, std::memory_order_relaxed);
  Block* block = free_[count - 1];
  block->length = 0;
  block->packets = 0;
  return block;
}

void BlockPool::submit(Block* block) {
  std::lock_guard<std::mutex> lock(mutex_);
  filled_[(filledHead_ + filledCount_) % kBlockCount] = block;
  filledCount_++;
}

Block* BlockPool::take() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (filledCount_ == 0) return nullptr;
  Block* block = filled_[filledHead_];
  filledHead_ = (filledHead_ + 1) % kBlockCount;
  filledCount_--;
  return block;
}

void BlockPool::release(Block* block) {
  std::lock_guard<std::mutex> lock(mutex_);
  int count = freeCount_.load(std::memory_order_relaxed);
  free_[count] = block;
  freeCount_.store(count + 1, std::memory_order_relaxed);
}

}  // namespace netglass
