// The blocks that the capture thread fills and JavaScript empties: 64 of 1 MiB, allocated once for a capture.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace netglass {

constexpr size_t kBlockBytes = 1 << 20;
constexpr int kBlockCount = 64;

struct Block {
  uint8_t* bytes = nullptr;
  uint32_t length = 0;   // octets filled
  uint32_t packets = 0;  // Enhanced Packet Blocks in them
};

// One producer (the capture thread) and one consumer (the JavaScript thread). The lock is taken once per block.
class BlockPool {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // Reserves the address space; pages cost memory only once a block has been used. False when there is none.
  bool allocate();

  // Producer: an empty block, or null when all are filled and waiting.
  Block* acquire();
  // Producer: appends a filled block to the queue.
  void submit(Block* block);
  // Consumer: the oldest filled block, or null.
  Block* take();
  // Consumer: gives a block back.
  void release(Block* block);

  int freeCount() const { return freeCount_.load(); }
  int filledCount() const { return filledCount_.load(); }

 private:
  std::mutex mutex_;
  uint8_t* memory_ = nullptr;
  Block blocks_[kBlockCount];
  // Last in, first out: a quiet capture keeps reusing one block that is still in the processor's cache, and the
  // other 63 never become resident.
  Block* free_[kBlockCount];
  std::atomic<int> freeCount_{0};
  Block* filled_[kBlockCount];
  int filledHead_ = 0;
  std::atomic<int> filledCount_{0};
};

}  // namespace netglass
