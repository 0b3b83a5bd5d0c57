// One capture: a thread that reads any number of interfaces and fills blocks, and the little that JavaScript asks of it.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pool.h"
#include "port.h"

namespace netglass {

// What the thread tells JavaScript besides packets, in order.
struct Event {
  enum class Kind {
    interface,  // a new interface id: id, name, dlt, snapLength, nanoseconds, mac
    opened,     // every interface is bound and capturing
    failed,     // nothing was opened: code, name, text; the thread is over
    warning,    // text
    ended,      // the last block has been handed over; text says why when it was not stop()
  };
  Kind kind;
  std::string text;
  std::string code = {};
  std::string name = {};
  uint32_t id = 0;
  int dlt = 0;
  bool nanoseconds = false;
  bool hasMac = false;
  uint8_t mac[6] = {};
};

// Since the start, for one interface id. Written by the thread, read by JavaScript.
struct InterfaceCounters {
  std::atomic<uint64_t> received{0};
  std::atomic<uint64_t> kernel{0};
  std::atomic<uint64_t> interface{0};
};

class Session {
 public:
  // `wake` is called from the thread, at most once until drainEvents(); `finished` once, as the thread's last act.
  Session(std::vector<std::string> names, CaptureOptions options, std::function<void()> wake,
          std::function<void()> finished);
  ~Session();

  // Starts the thread. Without memory or a thread to be had, that is a `failed` event like any other.
  void start();
  // Hands over what was captured up to now and ends. Returns at once.
  void stop();
  // Ends without handing anything over, and waits for the thread (tens of milliseconds).
  void abort();
  // Waits for a thread that has called `finished`.
  void join();

  // JavaScript thread: the oldest filled block; give it back with release().
  Block* take() { return pool_.take(); }
  void release(Block* block);
  std::vector<Event> drainEvents();

  struct Totals {
    uint64_t received, kernel, interface;
  };
  std::vector<Totals> totals();
  uint64_t daemonDropped() const { return daemonDropped_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  struct Lane {  // an interface of this capture and how it is doing
    explicit Lane(std::string name) : port(std::move(name)) {}
    Port port;
    Session* session = nullptr;
    uint32_t id = 0;
    bool hasId = false;
    int lastDlt = -1;
    InterfaceCounters* counters = nullptr;
    bool down = false;
    bool failing = false;         // libpcap reported an error; its ring is being read to the end
    Clock::time_point failingSince;
    std::string lastReopenError;
    bool drained = false;         // nothing older than stop() is left
    uint64_t drainedBytes = 0;    // packet octets read since then
    uint64_t received = 0;        // since the counters were last brought up to date
  };

  static void* run(void* self);
  void runCapture();
  bool openAll();
  void loop();
  void announce(Lane& lane);
  void waitForPackets(Clock::time_point now);
  void read(Lane& lane);
  void fail(Lane& lane);
  void watchLinks(bool reopenAllowed);
  void reopen(Lane& lane);
  void readDrops();
  bool starving(Clock::time_point now);
  void submitIfDue(Clock::time_point now);
  bool drainedAfterStop() const;
  void submit();
  uint8_t* reserve(uint32_t length);
  static void onPacket(u_char* user, const struct pcap_pkthdr* header, const u_char* data);
  void warn(const std::string& text);
  void push(Event event);
  void notify();
  void signal();

  std::vector<std::unique_ptr<Lane>> lanes_;
  const CaptureOptions options_;
  const std::function<void()> wake_;
  const std::function<void()> finished_;

  BlockPool pool_;
  Block* current_ = nullptr;
  Clock::time_point firstAt_;   // when the current block got its first packet
  Clock::time_point now_;       // of this round: one clock reading serves a run of packets
  bool starved_ = false;
  Clock::time_point starvedSince_;
  std::atomic<uint64_t> daemonDropped_{0};
  uint64_t timeScale_ = 1;

  pthread_t thread_ = {};
  bool threadStarted_ = false;
  int eventFd_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> aborting_{false};
  std::atomic<bool> wakePending_{false};
  std::atomic<bool> waitingForBlock_{false};
  bool draining_ = false;
  uint64_t stopTime_ = 0;       // nanoseconds since 1970; later packets are not part of the capture
  Clock::time_point stopAt_;

  std::mutex mutex_;            // guards the two below
  std::vector<Event> events_;
  std::deque<InterfaceCounters> counters_;  // by interface id; a deque, so that they stay where they are
};

}  // namespace netglass
