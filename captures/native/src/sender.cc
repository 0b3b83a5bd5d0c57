// Frames that leave by an interface. The packets come as pcapng blocks, and leave in runs of those that are due: a system
// call a run, not a packet.
#include "sender.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "epb.h"

namespace netglass {

namespace {

constexpr size_t kRun = 128;
constexpr uint32_t kPacketBlock = 6;
// Where a block has its packet's length and time.
constexpr size_t kCaptured = 20;
constexpr size_t kTimeHigh = 12;
constexpr size_t kTimeLow = 16;
constexpr int kLinkHeader = 14;
// A tag may stand between the addresses and the type; the kernel lets such frames be longer.
constexpr int kTag = 4;
// How long a full queue is waited for: a card that takes nothing for that long is not going to.
constexpr int64_t kPatience = 2'000'000'000;
constexpr int64_t kPause = 100'000;

int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void sleepUntil(int64_t when) {
  struct timespec time = {static_cast<time_t>(when / 1'000'000'000), static_cast<long>(when % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

const char* codeOf(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "no-permission";
    case ENODEV:
    case ENXIO:
      return "no-such-interface";
    case ENETDOWN:
      return "down";
    case EMSGSIZE:
      return "too-long";
    default:
      return "io";
  }
}

class SendWorker : public Napi::AsyncWorker {
 public:
  SendWorker(Napi::Env env, int fd, Napi::Uint8Array blocks, Napi::Float64Array due)
      : Napi::AsyncWorker(env, "netglass send"),
        deferred_(Napi::Promise::Deferred::New(env)),
        fd_(fd),
        data_(blocks.Data()),
        length_(blocks.ByteLength()),
        due_(due.Data()),
        dues_(due.ElementLength()),
        blocks_(Napi::Persistent(blocks.As<Napi::Object>())),
        times_(Napi::Persistent(due.As<Napi::Object>())) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    find();
    std::vector<struct mmsghdr> messages(kRun);
    std::vector<struct iovec> parts(kRun);
    int64_t stuckSince = 0;
    while (sent_ < packets_.size()) {
      const int64_t time = now(CLOCK_MONOTONIC);
      const int64_t first = static_cast<int64_t>(due_[sent_]);
      if (first > time) {
        sleepUntil(first);
        continue;
      }
      size_t count = 0;
      while (count < kRun && sent_ + count < packets_.size() && due_[sent_ + count] <= static_cast<double>(time)) {
        uint8_t* packet = packets_[sent_ + count];
        parts[count] = {packet + kEpbHeader, get32(packet + kCaptured)};
        messages[count] = {};
        messages[count].msg_hdr.msg_iov = &parts[count];
        messages[count].msg_hdr.msg_iovlen = 1;
        count++;
      }
      const int done = sendmmsg(fd_, messages.data(), static_cast<unsigned>(count), 0);
      if (done > 0) {
        stamp(static_cast<size_t>(done));
        stuckSince = 0;
        continue;
      }
      const int error = errno;
      if (error == EINTR) continue;
      if (error == ENOBUFS || error == EAGAIN) {
        if (stuckSince == 0) stuckSince = time;
        if (time - stuckSince < kPatience) {
          sleepUntil(time + kPause);
          continue;
        }
      }
      code_ = codeOf(error);
      text_ = strerror(error);
      return;
    }
  }

  void OnOK() override {
    Napi::Object result = Napi::Object::New(Env());
    result.Set("sent", Napi::Number::New(Env(), static_cast<double>(sent_)));
    if (!code_.empty()) {
      result.Set("code", code_);
      result.Set("text", text_);
    }
    deferred_.Resolve(result);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  // Where the packets stand; as many as have a time.
  void find() {
    size_t at = 0;
    while (at + kEpbHeader <= length_ && packets_.size() < dues_) {
      const uint32_t type = get32(data_ + at);
      const uint32_t length = get32(data_ + at + 4);
      if (length < 12 || length > length_ - at) return;
      if (type == kPacketBlock && length >= kEpbHeader + kEpbTrailer && get32(data_ + at + kCaptured) <= length - kEpbHeader - kEpbTrailer)
        packets_.push_back(data_ + at);
      at += length;
    }
  }

  // The blocks then tell when their packets left, not when they were to.
  void stamp(size_t count) {
    const uint64_t time = static_cast<uint64_t>(now(CLOCK_REALTIME));
    for (size_t i = 0; i < count; i++, sent_++) {
      put32(packets_[sent_] + kTimeHigh, static_cast<uint32_t>(time >> 32));
      put32(packets_[sent_] + kTimeLow, static_cast<uint32_t>(time));
    }
  }

  Napi::Promise::Deferred deferred_;
  const int fd_;
  uint8_t* const data_;
  const size_t length_;
  const double* const due_;
  const size_t dues_;
  // Kept from being collected while the thread reads them.
  Napi::ObjectReference blocks_;
  Napi::ObjectReference times_;
  std::vector<uint8_t*> packets_;
  size_t sent_ = 0;
  std::string code_;
  std::string text_;
};

void raise(Napi::Env env, const char* code, const std::string& text) {
  Napi::Error error = Napi::Error::New(env, text);
  error.Set("code", Napi::String::New(env, code));
  error.ThrowAsJavaScriptException();
}

}  // namespace

LinkSender::LinkSender(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LinkSender>(info) {
  Napi::Env env = info.Env();
  const std::string name = info.Length() > 0 && info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "";
  struct ifreq request = {};
  if (name.empty() || name.size() >= sizeof request.ifr_name) {
    raise(env, "no-such-interface", "no such device");
    return;
  }
  std::memcpy(request.ifr_name, name.c_str(), name.size());
  // Protocol 0: nothing is received.
  fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    raise(env, codeOf(errno), strerror(errno));
    return;
  }
  struct sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
  if (address.sll_ifindex == 0) {
    raise(env, "no-such-interface", strerror(errno));
    return;
  }
  if (ioctl(fd_, SIOCGIFHWADDR, &request) != 0) {
    raise(env, codeOf(errno), strerror(errno));
    return;
  }
  const int hardware = request.ifr_hwaddr.sa_family;
  if (hardware != ARPHRD_ETHER && hardware != ARPHRD_LOOPBACK) {
    raise(env, "unsupported", "its frames are not Ethernet's");
    return;
  }
  if (ioctl(fd_, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) == 0) {
    raise(env, "down", "the interface is down");
    return;
  }
  if (ioctl(fd_, SIOCGIFMTU, &request) != 0 ||
      bind(fd_, reinterpret_cast<struct sockaddr*>(&address), sizeof address) != 0) {
    raise(env, codeOf(errno), strerror(errno));
    return;
  }
  maximum_ = request.ifr_mtu + kLinkHeader + kTag;
}

LinkSender::~LinkSender() {
  if (fd_ >= 0) ::close(fd_);
}

Napi::Value LinkSender::send(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (fd_ < 0 || info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsTypedArray() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array ||
      info[1].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    Napi::TypeError::New(env, "send(blocks, due): an open sender, a Uint8Array and a Float64Array")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto* worker = new SendWorker(env, fd_, info[0].As<Napi::Uint8Array>(), info[1].As<Napi::Float64Array>());
  Napi::Promise promise = worker->promise();
  worker->Queue();  // deletes itself
  return promise;
}

Napi::Value LinkSender::maximum(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), maximum_); }

Napi::Value LinkSender::close(const Napi::CallbackInfo& info) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  return info.Env().Undefined();
}

}  // namespace netglass

#else

namespace netglass {

LinkSender::LinkSender(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LinkSender>(info) {
  Napi::Error error = Napi::Error::New(info.Env(), "frames are sent on Linux only");
  error.Set("code", Napi::String::New(info.Env(), "unsupported"));
  error.ThrowAsJavaScriptException();
}

LinkSender::~LinkSender() = default;

Napi::Value LinkSender::send(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }

Napi::Value LinkSender::maximum(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), maximum_); }

Napi::Value LinkSender::close(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }

}  // namespace netglass

#endif

namespace netglass {

Napi::Function LinkSender::define(Napi::Env env) {
  return DefineClass(env, "LinkSender",
                     {
                         InstanceMethod<&LinkSender::send>("send"),
                         InstanceAccessor<&LinkSender::maximum>("maximum"),
                         InstanceMethod<&LinkSender::close>("close"),
                     });
}

}  // namespace netglass
