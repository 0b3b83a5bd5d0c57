#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace netglass {

namespace {

using std::chrono::milliseconds;

// A block waits this long for more packets after its first one (BLOCK_MILLISECONDS of source.ts).
constexpr milliseconds kBlockWait{50};
// Packets read from one interface before the others get their turn.
constexpr int kRun = 16384;
// The largest packet is an EPB of this size; a block with less room than this may not take the next one.
constexpr uint32_t kLargestEpb = 262144 + kEpbHeader + kEpbFlags + kEpbTrailer;
// When every block is full, the kernel's ring is a second reserve for this long; then packets are read and counted as
// dropped by the daemon, so that the thread never waits for JavaScript without end and never loses silently.
constexpr milliseconds kStarvation{500};
// What the kernel holds back for its own timer (kKernelMilliseconds) has come out after this.
constexpr milliseconds kKernelFlush{40};
constexpr milliseconds kStatisticsEvery{250};
constexpr milliseconds kLinksEvery{1000};
constexpr milliseconds kIdlePoll{250};

uint64_t wallClock() {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000ull + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

Session::Session(std::vector<std::string> names, CaptureOptions options, std::function<void()> wake,
                 std::function<void()> finished)
    : options_(std::move(options)), wake_(std::move(wake)), finished_(std::move(finished)) {
  for (std::string& name : names) {
    lanes_.push_back(std::make_unique<Lane>(std::move(name)));
    lanes_.back()->session = this;
  }
}

Session::~Session() {
  abort();
  if (eventFd_ >= 0) ::close(eventFd_);
}

void Session::start() {
  eventFd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::string reason;
  if (eventFd_ < 0) {
    reason = std::string("no event descriptor for the capture: ") + std::strerror(errno);
  } else if (!pool_.allocate()) {
    reason = std::string("no memory for the capture's blocks: ") + std::strerror(errno);
  } else {
    // Signals belong to the thread that runs libuv; the new thread inherits the mask.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread_, nullptr, run, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    threadStarted_ = error == 0;
    if (error != 0) reason = std::string("no thread for the capture: ") + std::strerror(error);
  }
  if (threadStarted_) return;
  push(Event{Event::Kind::failed, reason, "io", ""});
  finished_();
}

void Session::stop() {
  stopping_.store(true);
  signal();
}

void Session::abort() {
  aborting_.store(true);
  stop();
  join();
}

void Session::join() {
  if (threadStarted_) pthread_join(thread_, nullptr);
  threadStarted_ = false;
}

void Session::signal() {
  uint64_t one = 1;
  // A full counter means that the thread has been woken already.
  if (eventFd_ >= 0 && write(eventFd_, &one, sizeof one) < 0) return;
}

void Session::release(Block* block) {
  pool_.release(block);
  if (waitingForBlock_.exchange(false)) signal();
}

std::vector<Event> Session::drainEvents() {
  // Before reading: what is added after this wakes JavaScript again.
  wakePending_.store(false);
  std::lock_guard<std::mutex> lock(mutex_);
  return std::move(events_);
}

std::vector<Session::Totals> Session::totals() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Totals> result;
  for (InterfaceCounters& counter : counters_) {
    result.push_back({counter.received.load(), counter.kernel.load(), counter.interface.load()});
  }
  return result;
}

void Session::push(Event event) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(std::move(event));
  }
  notify();
}

void Session::notify() {
  if (!wakePending_.exchange(true)) wake_();
}

void Session::warn(const std::string& text) {
  Event event{Event::Kind::warning, text};
  push(std::move(event));
}

void* Session::run(void* self) {
  static_cast<Session*>(self)->runCapture();
  return nullptr;
}

void Session::runCapture() {
#ifdef __linux__
  pthread_setname_np(pthread_self(), "netglass-pcap");
#endif
  if (openAll()) {
    loop();
    readDrops();
    submit();
    for (auto& lane : lanes_) lane->port.close();
    push(Event{Event::Kind::ended, ""});
  }
  finished_();
}

bool Session::openAll() {
  for (auto& lane : lanes_) {
    Failure failure;
    std::string warning;
    if (aborting_.load() || stopping_.load()) {
      failure = {"io", "stopped before it was open"};
    } else if (lane->port.open(options_, &failure, &warning)) {
      announce(*lane);
      if (!warning.empty()) warn(warning);
      continue;
    }
    Event event{Event::Kind::failed, failure.text, failure.code, lane->port.name};
    for (auto& opened : lanes_) opened->port.close();
    push(std::move(event));
    return false;
  }
  push(Event{Event::Kind::opened, ""});
  return true;
}

// Gives the lane an interface id: the one it had, unless its packets now look different.
void Session::announce(Lane& lane) {
  if (lane.hasId && lane.lastDlt == lane.port.dlt) return;
  Event event{Event::Kind::interface, "", "", lane.port.name};
  {
    std::lock_guard<std::mutex> lock(mutex_);
    lane.id = static_cast<uint32_t>(counters_.size());
    counters_.emplace_back();
    lane.counters = &counters_.back();
  }
  lane.hasId = true;
  lane.lastDlt = lane.port.dlt;
  event.id = lane.id;
  event.dlt = lane.port.dlt;
  event.nanoseconds = lane.port.nanoseconds;
  event.hasMac = lane.port.hasMac;
  std::memcpy(event.mac, lane.port.mac, 6);
  push(std::move(event));
}

void Session::loop() {
  now_ = Clock::now();
  Clock::time_point nextStatistics = now_ + kStatisticsEvery;
  Clock::time_point nextLinks = now_ + kLinksEvery;
  while (!aborting_.load(std::memory_order_relaxed)) {
    waitForPackets(now_);
    now_ = Clock::now();
    if (stopping_.load(std::memory_order_relaxed) && !draining_) {
      draining_ = true;
      stopTime_ = wallClock();
      stopAt_ = now_;
    }
    if (!starving(now_)) {
      for (auto& lane : lanes_) read(*lane);
    }
    submitIfDue(now_);
    if (draining_ && drainedAfterStop()) return;
    if (now_ >= nextStatistics) {
      readDrops();
      nextStatistics = now_ + kStatisticsEvery;
    }
    if (now_ >= nextLinks) {
      watchLinks(!draining_);
      nextLinks = now_ + kLinksEvery;
    }
  }
}

// Sleeps until packets, stop(), a block coming back, or the current block's time is up.
void Session::waitForPackets(Clock::time_point now) {
  std::vector<struct pollfd> polled;
  polled.reserve(lanes_.size() + 1);
  polled.push_back({eventFd_, POLLIN, 0});
  milliseconds limit = kIdlePoll;
  for (auto& lane : lanes_) {
    if (lane->port.isOpen() && lane->port.fd >= 0 && !lane->failing && !starved_) {
      polled.push_back({lane->port.fd, POLLIN, 0});
    } else if (lane->port.isOpen()) {
      limit = std::min(limit, milliseconds{kKernelMilliseconds});
    }
  }
  if (draining_) limit = milliseconds{2};
  if (current_ != nullptr && current_->packets != 0) {
    auto left = std::chrono::ceil<milliseconds>(firstAt_ + kBlockWait - now);
    if (left.count() > 0 || !waitingForBlock_.load()) limit = std::clamp(left, milliseconds{0}, limit);
  }
  if (poll(polled.data(), polled.size(), static_cast<int>(limit.count())) > 0 && polled[0].revents != 0) {
    uint64_t count;
    if (::read(eventFd_, &count, sizeof count) < 0 && errno != EAGAIN) return;
  }
}

// True while the packets are better left in the kernel's ring: all blocks are full and have been for a short time only.
bool Session::starving(Clock::time_point now) {
  bool roomLeft = pool_.freeCount() > 0 || (current_ != nullptr && kBlockBytes - current_->length >= kLargestEpb);
  if (roomLeft) {
    starved_ = false;
    waitingForBlock_.store(false);
    return false;
  }
  if (!starved_) {
    starved_ = true;
    starvedSince_ = now;
  }
  submit();
  waitingForBlock_.store(true);
  // Between the look at the pool and the flag a block may have come back without a signal.
  if (pool_.freeCount() > 0) {
    starved_ = false;
    return false;
  }
  return now - starvedSince_ < kStarvation;
}

void Session::read(Lane& lane) {
  if (!lane.port.isOpen() || lane.drained) return;
  timeScale_ = lane.port.nanoseconds ? 1 : 1000;
  int count = pcap_dispatch(lane.port.handle, kRun, onPacket, reinterpret_cast<u_char*>(&lane));
  if (lane.received != 0) {
    lane.counters->received.fetch_add(lane.received, std::memory_order_relaxed);
    lane.received = 0;
  }
  if (count == PCAP_ERROR && !lane.failing) {
    lane.failing = true;
    lane.failingSince = now_;
  }
  // The kernel still owes the packets that came before the error; its timer delivers them.
  if (lane.failing && now_ - lane.failingSince > kKernelFlush) fail(lane);
  if (!draining_) return;
  // The ring hands out the oldest first, so that after a ringful all is newer than stop(), even if a clock that was set
  // back says otherwise.
  if (count == 0 && now_ - stopAt_ > kKernelFlush) lane.drained = true;
  if (lane.drainedBytes > static_cast<uint64_t>(options_.ringBytes())) lane.drained = true;
}

void Session::onPacket(u_char* user, const struct pcap_pkthdr* header, const u_char* data) {
  Lane& lane = *reinterpret_cast<Lane*>(user);
  Session& session = *lane.session;
  uint64_t time = static_cast<uint64_t>(header->ts.tv_sec) * 1000000000ull +
                  static_cast<uint64_t>(header->ts.tv_usec) * session.timeScale_;
  if (session.draining_ && time > session.stopTime_) {
    lane.drained = true;
    pcap_breakloop(lane.port.handle);
    return;
  }
  uint32_t captured = header->caplen;
  if (session.draining_) lane.drainedBytes += captured;
  uint32_t direction = lane.port.direction(data, captured);
  uint8_t* at = session.reserve(epbLength(captured, direction));
  if (at == nullptr) {
    session.daemonDropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  writeEpb(at, lane.id, time, data, captured, header->len, direction);
  lane.received++;
  // The last block is nearly full and there is no other: leave the rest in the ring (see starving()).
  if (kBlockBytes - session.current_->length < kLargestEpb && session.pool_.freeCount() == 0) {
    pcap_breakloop(lane.port.handle);
  }
}

// Room for one more packet, or null when no block is left.
uint8_t* Session::reserve(uint32_t length) {
  if (current_ != nullptr && kBlockBytes - current_->length < length) submit();
  if (current_ == nullptr) {
    current_ = pool_.acquire();
    if (current_ == nullptr) return nullptr;
  }
  if (current_->packets == 0) firstAt_ = now_;
  uint8_t* at = current_->bytes + current_->length;
  current_->length += length;
  current_->packets++;
  return at;
}

void Session::submit() {
  if (current_ == nullptr) return;
  if (current_->packets == 0) {
    pool_.release(current_);
  } else {
    pool_.submit(current_);
    notify();
  }
  current_ = nullptr;
}

// While blocks wait to be taken, the current one goes on filling whatever its age, so that few packets never use up all
// blocks; release() then says when it is wanted.
void Session::submitIfDue(Clock::time_point now) {
  if (current_ == nullptr || current_->packets == 0 || now - firstAt_ < kBlockWait) return;
  if (pool_.filledCount() != 0) {
    waitingForBlock_.store(true);
    // The last one may have been taken between the look and the flag.
    if (pool_.filledCount() != 0) return;
  }
  submit();
}

bool Session::drainedAfterStop() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->drained || !lane->port.isOpen(); });
}

void Session::readDrops() {
  for (auto& lane : lanes_) {
    uint64_t kernel = 0;
    uint64_t interface = 0;
    lane->port.readDrops(&kernel, &interface);
    if (lane->counters == nullptr) continue;
    lane->counters->kernel.fetch_add(kernel, std::memory_order_relaxed);
    lane->counters->interface.fetch_add(interface, std::memory_order_relaxed);
  }
}

// libpcap cannot read from the interface any more, and everything that it still had has been read.
void Session::fail(Lane& lane) {
  std::string words = pcap_geterr(lane.port.handle);
  lane.failing = false;
  lane.down = false;
  uint64_t kernel = 0;
  uint64_t interface = 0;
  lane.port.readDrops(&kernel, &interface);
  lane.counters->kernel.fetch_add(kernel, std::memory_order_relaxed);
  lane.counters->interface.fetch_add(interface, std::memory_order_relaxed);
  lane.port.close();
  lane.lastReopenError.clear();
  warn(lane.port.name + " went away (" + words + "); the capture waits for it to come back");
}

void Session::watchLinks(bool reopenAllowed) {
  for (auto& lane : lanes_) {
    if (!lane->port.isOpen()) {
      if (reopenAllowed) reopen(*lane);
      continue;
    }
    LinkState state = lane->port.linkState();
    if (state == LinkState::gone && !lane->failing) {
      // libpcap says so too, but only when it is asked for packets and the kernel's error is still there.
      lane->failing = true;
      lane->failingSince = now_;
    } else if (state == LinkState::down && !lane->down) {
      lane->down = true;
      warn(lane->port.name + " is down; the capture waits for it to come up");
    } else if (state == LinkState::up && lane->down) {
      lane->down = false;
      warn(lane->port.name + " is up again");
    }
  }
}

void Session::reopen(Lane& lane) {
  Failure failure;
  std::string warning;
  if (lane.port.open(options_, &failure, &warning)) {
    announce(lane);
    lane.lastReopenError.clear();
    warn(lane.port.name + " came back");
    return;
  }
  // "Not there yet" has been said; anything else is news, once.
  if (failure.code == "no-such-interface" || failure.code == "down" || failure.text == lane.lastReopenError) return;
  lane.lastReopenError = failure.text;
  warn(lane.port.name + " cannot be opened again: " + failure.text);
}

}  // namespace netglass
