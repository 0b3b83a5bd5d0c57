// The socket calls, one function each. Arguments are trusted: lab/sockets.ts checks them.
#include "calls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

namespace netglass {

namespace {

// What one call may read at most.
constexpr size_t kLargestRead = 1 << 20;

struct Name {
  const char* name;
  int level;
  int number;
};

constexpr Name kFamilies[] = {{"AF_INET", 0, AF_INET}, {"AF_INET6", 0, AF_INET6}};
constexpr Name kTypes[] = {{"SOCK_STREAM", 0, SOCK_STREAM},
                           {"SOCK_DGRAM", 0, SOCK_DGRAM},
                           {"SOCK_SEQPACKET", 0, SOCK_SEQPACKET},
                           {"SOCK_RAW", 0, SOCK_RAW}};
constexpr Name kOptions[] = {{"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},
                             {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},
                             {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
                             {"SO_ERROR", SOL_SOCKET, SO_ERROR},
                             {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
#ifdef TCP_QUICKACK
                             {"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK},
#endif
                             {"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG},
                             {"IP_TTL", IPPROTO_IP, IP_TTL},
                             {"IP_HDRINCL", IPPROTO_IP, IP_HDRINCL},
                             {"IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS}};

template <size_t N>
const Name* find(const Name (&names)[N], const Napi::Value& wanted) {
  const std::string text = wanted.As<Napi::String>().Utf8Value();
  for (const Name& name : names)
    if (text == name.name) return &name;
  return nullptr;
}

int64_t timeOfDay() {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// Makes the call and says what became of it.
template <class Call>
Napi::Object timed(Napi::Env env, Call call) {
  const int64_t begin = timeOfDay();
  ssize_t value;
  do {
    errno = 0;
    value = call();
  } while (value < 0 && errno == EINTR);
  const int failure = value < 0 ? errno : 0;
  const int64_t end = timeOfDay();
  Napi::Object result = Napi::Object::New(env);
  result.Set("value", Napi::Number::New(env, static_cast<double>(value)));
  result.Set("errno", Napi::Number::New(env, failure));
  result.Set("begin", Napi::BigInt::New(env, begin));
  result.Set("end", Napi::BigInt::New(env, end));
  return result;
}

Napi::Object refused(Napi::Env env, int failure) {
  return timed(env, [failure] {
    errno = failure;
    return -1;
  });
}

int numberAt(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Int32Value(); }

struct Address {
  struct sockaddr_storage storage = {};
  socklen_t length = sizeof storage;

  struct sockaddr* generic() { return reinterpret_cast<struct sockaddr*>(&storage); }

  // From an address in numbers, so that no resolver is asked; false where it is none.
  bool parse(const Napi::CallbackInfo& info, size_t index) {
    const std::string host = info[index].As<Napi::String>().Utf8Value();
    const std::string port = std::to_string(numberAt(info, index + 1));
    struct addrinfo hints = {};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    struct addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return false;
    memcpy(&storage, found->ai_addr, found->ai_addrlen);
    length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
  }

  void tell(Napi::Env env, Napi::Object* result) {
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    if (length == 0) return;  // a connection's data comes without an address
    if (getnameinfo(generic(), length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) return;
    result->Set("address", Napi::String::New(env, host));
    result->Set("port", Napi::Number::New(env, atoi(port)));
  }
};

int nonBlocking(int fd) {
  if (fd < 0) return fd;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
    const int failure = errno;
    close(fd);
    errno = failure;
    return -1;
  }
#ifdef SO_NOSIGPIPE
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return fd;
}

// socket(family, type, protocol)
Napi::Value socketCall(const Napi::CallbackInfo& info) {
  const Name* family = find(kFamilies, info[0]);
  const Name* type = find(kTypes, info[1]);
  if (family == nullptr || type == nullptr) return refused(info.Env(), EINVAL);
  const int protocol = numberAt(info, 2);
  return timed(info.Env(), [=] { return nonBlocking(socket(family->number, type->number, protocol)); });
}

// bind(fd, address, port)
Napi::Value bindCall(const Napi::CallbackInfo& info) {
  Address address;
  if (!address.parse(info, 1)) return refused(info.Env(), EINVAL);
  return timed(info.Env(), [&, fd = numberAt(info, 0)] { return bind(fd, address.generic(), address.length); });
}

// connect(fd, address, port)
Napi::Value connectCall(const Napi::CallbackInfo& info) {
  Address address;
  if (!address.parse(info, 1)) return refused(info.Env(), EINVAL);
  return timed(info.Env(), [&, fd = numberAt(info, 0)] { return connect(fd, address.generic(), address.length); });
}

// listen(fd, backlog)
Napi::Value listenCall(const Napi::CallbackInfo& info) {
  return timed(info.Env(), [fd = numberAt(info, 0), backlog = numberAt(info, 1)] { return listen(fd, backlog); });
}

// accept(fd): `value` is the new socket, `address` and `port` are the client's
Napi::Value acceptCall(const Napi::CallbackInfo& info) {
  Address peer;
  Napi::Object result = timed(info.Env(), [&, fd = numberAt(info, 0)] {
    peer.length = sizeof peer.storage;
    return nonBlocking(accept(fd, peer.generic(), &peer.length));
  });
  if (result.Get("errno").As<Napi::Number>().Int32Value() == 0) peer.tell(info.Env(), &result);
  return result;
}

// send(fd, data)
Napi::Value sendCall(const Napi::CallbackInfo& info) {
  const auto data = info[1].As<Napi::Uint8Array>();
  return timed(info.Env(), [&, fd = numberAt(info, 0)] {
    return send(fd, data.Data(), data.ByteLength(), MSG_NOSIGNAL);
  });
}

// sendto(fd, data, address, port)
Napi::Value sendtoCall(const Napi::CallbackInfo& info) {
  Address address;
  if (!address.parse(info, 2)) return refused(info.Env(), EINVAL);
  const auto data = info[1].As<Napi::Uint8Array>();
  return timed(info.Env(), [&, fd = numberAt(info, 0)] {
    return sendto(fd, data.Data(), data.ByteLength(), MSG_NOSIGNAL, address.generic(), address.length);
  });
}

// recvfrom(fd, size): `data`; of datagrams `address` and `port` of the sender too
Napi::Value recvfromCall(const Napi::CallbackInfo& info) {
  const size_t wanted = info[1].As<Napi::Number>().Uint32Value();
  std::vector<uint8_t> data(wanted < kLargestRead ? wanted : kLargestRead);
  Address sender;
  Napi::Object result = timed(info.Env(), [&, fd = numberAt(info, 0)] {
    sender.length = sizeof sender.storage;
    return recvfrom(fd, data.data(), data.size(), 0, sender.generic(), &sender.length);
  });
  const int64_t got = result.Get("value").As<Napi::Number>().Int64Value();
  if (got < 0) return result;
  result.Set("data", Napi::Buffer<uint8_t>::Copy(info.Env(), data.data(), static_cast<size_t>(got)));
  sender.tell(info.Env(), &result);
  return result;
}

// shutdown(fd, how): 0 no more receiving, 1 no more sending, 2 neither
Napi::Value shutdownCall(const Napi::CallbackInfo& info) {
  constexpr int ways[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
  return timed(info.Env(), [fd = numberAt(info, 0), how = ways[numberAt(info, 1) % 3]] { return shutdown(fd, how); });
}

// close(fd)
Napi::Value closeCall(const Napi::CallbackInfo& info) {
  return timed(info.Env(), [fd = numberAt(info, 0)] {
    // Linux has closed it even when a signal came in between: a second try could close somebody else's.
    const int result = close(fd);
    return result < 0 && errno == EINTR ? 0 : result;
  });
}

template <int (*name)(int, struct sockaddr*, socklen_t*)>
Napi::Value nameCall(const Napi::CallbackInfo& info) {
  Address address;
  Napi::Object result = timed(info.Env(), [&, fd = numberAt(info, 0)] {
    address.length = sizeof address.storage;
    return name(fd, address.generic(), &address.length);
  });
  if (result.Get("errno").As<Napi::Number>().Int32Value() == 0) address.tell(info.Env(), &result);
  return result;
}

int ownName(int fd, struct sockaddr* address, socklen_t* length) { return getsockname(fd, address, length); }
int peerName(int fd, struct sockaddr* address, socklen_t* length) { return getpeername(fd, address, length); }

// setsockopt(fd, option, number)
Napi::Value setOptionCall(const Napi::CallbackInfo& info) {
  const Name* option = find(kOptions, info[1]);
  if (option == nullptr) return refused(info.Env(), ENOPROTOOPT);
  return timed(info.Env(), [option, fd = numberAt(info, 0), wanted = numberAt(info, 2)] {
    return setsockopt(fd, option->level, option->number, &wanted, sizeof wanted);
  });
}

// getsockopt(fd, option): `option` is its number
Napi::Value getOptionCall(const Napi::CallbackInfo& info) {
  const Name* option = find(kOptions, info[1]);
  if (option == nullptr) return refused(info.Env(), ENOPROTOOPT);
  int found = 0;
  Napi::Object result = timed(info.Env(), [&, fd = numberAt(info, 0)] {
    socklen_t length = sizeof found;
    return getsockopt(fd, option->level, option->number, &found, &length);
  });
  result.Set("option", Napi::Number::New(info.Env(), found));
  return result;
}

// ready(fd, toSend): whether a call on it would be answered without waiting
Napi::Value readyCall(const Napi::CallbackInfo& info) {
  struct pollfd asked = {};
  asked.fd = numberAt(info, 0);
  asked.events = info[1].As<Napi::Boolean>().Value() ? POLLOUT : POLLIN;
  return Napi::Boolean::New(info.Env(), poll(&asked, 1, 0) > 0);
}

// An address in numbers, without port and zone; undefined for one that is neither IPv4 nor IPv6.
Napi::Value textOf(Napi::Env env, const struct sockaddr* address) {
  char text[INET6_ADDRSTRLEN];
  const void* octets = nullptr;
  if (address != nullptr && address->sa_family == AF_INET)
    octets = &reinterpret_cast<const struct sockaddr_in*>(address)->sin_addr;
  else if (address != nullptr && address->sa_family == AF_INET6)
    octets = &reinterpret_cast<const struct sockaddr_in6*>(address)->sin6_addr;
  if (octets == nullptr || inet_ntop(address->sa_family, octets, text, sizeof text) == nullptr) return env.Undefined();
  return Napi::String::New(env, text);
}

// getifaddrs(): every address of every interface, as {name, flags, family, address?, netmask?, broadcast?}; an interface
// has an entry of family 0 besides, where the system gives it one
Napi::Value getifaddrsCall(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  struct ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return list;
  for (const struct ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    const int family = one->ifa_addr == nullptr ? 0 : one->ifa_addr->sa_family;
    Napi::Object entry = Napi::Object::New(info.Env());
    entry.Set("name", one->ifa_name);
    entry.Set("flags", Napi::Number::New(info.Env(), one->ifa_flags));
    entry.Set("family", Napi::Number::New(info.Env(), family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0));
    entry.Set("address", textOf(info.Env(), one->ifa_addr));
    entry.Set("netmask", textOf(info.Env(), one->ifa_netmask));
    const bool broadcasts = (one->ifa_flags & IFF_BROADCAST) != 0;
    entry.Set("broadcast", broadcasts ? textOf(info.Env(), one->ifa_broadaddr) : info.Env().Undefined());
    list.Set(list.Length(), entry);
  }
  freeifaddrs(first);
  return list;
}

// now(): the time of day
Napi::Value nowCall(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), timeOfDay()); }

}  // namespace

Napi::Object defineCalls(Napi::Env env) {
  Napi::Object calls = Napi::Object::New(env);
  const auto add = [&](const char* name, Napi::Value (*call)(const Napi::CallbackInfo&)) {
    calls.Set(name, Napi::Function::New(env, call, name));
  };
  add("socket", socketCall);
  add("bind", bindCall);
  add("connect", connectCall);
  add("listen", listenCall);
  add("accept", acceptCall);
  add("send", sendCall);
  add("sendto", sendtoCall);
  add("recvfrom", recvfromCall);
  add("shutdown", shutdownCall);
  add("close", closeCall);
  add("getsockname", nameCall<ownName>);
  add("getpeername", nameCall<peerName>);
  add("setsockopt", setOptionCall);
  add("getsockopt", getOptionCall);
  add("ready", readyCall);
  add("getifaddrs", getifaddrsCall);
  add("now", nowCall);
  return calls;
}

}  // namespace netglass
