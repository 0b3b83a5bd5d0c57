// One interface of a capture: its libpcap handle, and what has to be known of it to lay out its packets.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <string>

#include "epb.h"

namespace netglass {

// A slot of libpcap's ring takes the largest snap length, so that less than two slots is no ring at all.
constexpr int kSmallestRing = 2 * 262144;

struct CaptureOptions {
  std::string filter;  // empty: everything
  int snapLength = 262144;
  bool promiscuous = true;
  int bufferBytes = 64 << 20;
  int ringBytes() const { return bufferBytes < kSmallestRing ? kSmallestRing : bufferBytes; }
};

// Why something could not be opened; `code` is one of CaptureErrorCode in captures/sources/source.ts, or "down".
struct Failure {
  std::string code;
  std::string text;
};

enum class LinkState { up, down, gone };

// Milliseconds that the kernel may keep a packet before it hands over the part of the ring it stands in. Immediate
// mode would mean no TPACKET_V3 and a wake-up a packet; with this, a flood comes in runs of about a thousand.
constexpr int kKernelMilliseconds = 10;

class Port {
 public:
  explicit Port(std::string name) : name(std::move(name)) {}
  ~Port() { close(); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Opens, binds and filters. On success `warning` has libpcap's words, or is empty. Not to be called while open.
  bool open(const CaptureOptions& options, Failure* failure, std::string* warning);
  void close();
  bool isOpen() const { return handle != nullptr; }

  // Whether the interface itself is up; `up` where the question makes no sense (`any`, USB, netfilter).
  LinkState linkState() const;

  // Adds what the kernel and the interface dropped since the last call.
  void readDrops(uint64_t* kernel, uint64_t* interface);

  // epb_flags direction bits of one packet. On cooked links the kernel says it (pkttype 4 is outgoing); on Ethernet a
  // frame is outbound when its source is the interface's own address, so frames that a bridge forwards out through the
  // interface count as inbound. Loopback packets go both ways at once, and other links do not say: unknown.
  uint32_t direction(const uint8_t* data, uint32_t length) const;

  const std::string name;
  pcap_t* handle = nullptr;
  int fd = -1;         // to be polled; -1 when libpcap has none
  int dlt = -1;        // libpcap's DLT_ value, not yet LINKTYPE_
  bool nanoseconds = false;
  bool hasMac = false;
  uint8_t mac[6] = {};

 private:
  enum class Source { unknown, ethernet, cooked, cooked2 };
  bool applyFilter(const std::string& filter, Failure* failure);
  void learnAddress();

  Source source_ = Source::unknown;
  bool loopback_ = false;
  unsigned index_ = 0;
  uint32_t lastDrop_ = 0;
  uint32_t lastInterfaceDrop_ = 0;
};

}  // namespace netglass
