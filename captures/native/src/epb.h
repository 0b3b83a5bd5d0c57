// The pcapng Enhanced Packet Block, draft-ietf-opsawg-pcapng section 4.3, little-endian whatever the machine is.
#pragma once

#include <cstdint>
#include <cstring>

namespace netglass {

// epb_flags (option 2), bits 0-1. Zero means that the direction is not known, and the option is left out.
constexpr uint32_t kDirectionUnknown = 0;
constexpr uint32_t kDirectionInbound = 1;
constexpr uint32_t kDirectionOutbound = 2;

// Octets before the packet's data (28), after it (4), and of epb_flags with opt_endofopt (8 + 4).
constexpr uint32_t kEpbHeader = 28;
constexpr uint32_t kEpbTrailer = 4;
constexpr uint32_t kEpbFlags = 12;

inline void put32(uint8_t* at, uint32_t value) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  value = __builtin_bswap32(value);
#endif
  std::memcpy(at, &value, 4);
}

inline uint32_t get32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  value = __builtin_bswap32(value);
#endif
  return value;
}

inline uint32_t epbLength(uint32_t captured, uint32_t direction) {
  return kEpbHeader + ((captured + 3) & ~3u) + (direction == kDirectionUnknown ? 0 : kEpbFlags) + kEpbTrailer;
}

// Writes a whole block of epbLength(captured, direction) octets at `at`; `time` is nanoseconds since 1970.
inline void writeEpb(uint8_t* at, uint32_t interfaceId, uint64_t time, const uint8_t* data, uint32_t captured,
                     uint32_t original, uint32_t direction) {
  uint32_t total = epbLength(captured, direction);
  put32(at, 6);
  put32(at + 4, total);
  put32(at + 8, interfaceId);
  put32(at + 12, static_cast<uint32_t>(time >> 32));
  put32(at + 16, static_cast<uint32_t>(time));
  put32(at + 20, captured);
  put32(at + 24, original);
  uint8_t* end = at + kEpbHeader + ((captured + 3) & ~3u);
  // Zeroes the padding before the data is copied over it: no branch on the length.
  if (captured != 0) put32(end - 4, 0);
  std::memcpy(at + kEpbHeader, data, captured);
  if (direction != kDirectionUnknown) {
    put32(end, 2 | 4 << 16);  // epb_flags, four octets
    put32(end + 4, direction);
    put32(end + 8, 0);  // opt_endofopt
    end += kEpbFlags;
  }
  put32(end, total);
}

}  // namespace netglass
