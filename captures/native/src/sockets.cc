// The machine's sockets and who holds them, as the kernel tells it. Both functions block for a millisecond or so: they are
// meant for a thread that does nothing else.
#include "sockets.h"

#ifdef __linux__

#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unordered_set>
#include <vector>

namespace netglass {

namespace {

// What one answer of the kernel holds at most; netlink(7) asks for at least 8 KiB.
constexpr size_t kAnswerBytes = 64 << 10;
// More than any machine has: 7 million sockets.
constexpr size_t kLargestTable = 512u << 20;

bool ask(int fd, int family, int protocol) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } message = {};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = static_cast<uint8_t>(family);
  message.request.sdiag_protocol = static_cast<uint8_t>(protocol);
  message.request.idiag_states = ~0u;
  struct sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  return sendto(fd, &message, sizeof message, 0, reinterpret_cast<struct sockaddr*>(&kernel), sizeof kernel) ==
         static_cast<ssize_t>(sizeof message);
}

// Reads the whole answer; false where it ends with an error.
bool receive(int fd, std::vector<uint8_t>* table) {
  std::vector<uint8_t> answer(kAnswerBytes);
  for (;;) {
    ssize_t got = recv(fd, answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    size_t left = static_cast<size_t>(got);
    for (auto* header = reinterpret_cast<struct nlmsghdr*>(answer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE) return true;
      if (header->nlmsg_type == NLMSG_ERROR) return false;
      if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) continue;
      if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) continue;
      if (table->size() > kLargestTable) return false;
      const auto* record = static_cast<const uint8_t*>(NLMSG_DATA(header));
      table->insert(table->end(), record, record + sizeof(struct inet_diag_msg));
    }
  }
}

// The number in a directory's name; -1 for any other name.
long numberOf(const char* name) {
  char* end = nullptr;
  long number = strtol(name, &end, 10);
  return *name >= '0' && *name <= '9' && *end == '\0' ? number : -1;
}

// The inode that a link like "socket:[4711]" names; 0 for links to anything else.
uint64_t inodeOf(int folder, const char* name) {
  char target[64];
  ssize_t length = readlinkat(folder, name, target, sizeof target - 1);
  constexpr char kPrefix[] = "socket:[";
  constexpr size_t kPrefixLength = sizeof kPrefix - 1;
  if (length <= static_cast<ssize_t>(kPrefixLength) || memcmp(target, kPrefix, kPrefixLength) != 0) return 0;
  target[length] = '\0';
  return strtoull(target + kPrefixLength, nullptr, 10);
}

struct Search {
  std::unordered_set<uint64_t> wanted;
  std::vector<double> found;
  double denied = 0;
};

void searchProcess(int proc, const char* pid, Search* search) {
  std::string path = std::string(pid) + "/fd";
  int folder = openat(proc, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    if (errno == EACCES || errno == EPERM) search->denied++;
    return;  // otherwise it has ended
  }
  DIR* entries = fdopendir(folder);
  if (entries == nullptr) {
    close(folder);
    return;
  }
  bool permitted = true;
  while (const struct dirent* entry = readdir(entries)) {
    if (numberOf(entry->d_name) < 0) continue;
    errno = 0;
    uint64_t inode = inodeOf(folder, entry->d_name);
    if (inode == 0 && (errno == EACCES || errno == EPERM)) permitted = false;
    if (inode == 0 || search->wanted.count(inode) == 0) continue;
    search->found.push_back(static_cast<double>(inode));
    search->found.push_back(atof(pid));
  }
  if (!permitted) search->denied++;
  closedir(entries);
}

}  // namespace

Napi::Value listSockets(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int family = info[0].ToNumber().Int32Value();
  int protocol = info[1].ToNumber().Int32Value();
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return env.Null();
  struct timeval patience = {2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::vector<uint8_t> table;
  bool told = ask(fd, family, protocol) && receive(fd, &table);
  close(fd);
  if (!told) return env.Null();
  return Napi::Buffer<uint8_t>::Copy(env, table.data(), table.size());
}

Napi::Value socketHolders(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Float64Array inodes = info[0].As<Napi::Float64Array>();
  Search search;
  for (size_t i = 0; i < inodes.ElementLength(); i++) search.wanted.insert(static_cast<uint64_t>(inodes[i]));
  int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = proc < 0 ? nullptr : fdopendir(dup(proc));
  if (entries != nullptr) {
    while (const struct dirent* entry = readdir(entries)) {
      if (numberOf(entry->d_name) > 0) searchProcess(proc, entry->d_name, &search);
    }
    closedir(entries);
  }
  if (proc >= 0) close(proc);
  Napi::Float64Array holders = Napi::Float64Array::New(env, search.found.size());
  for (size_t i = 0; i < search.found.size(); i++) holders[i] = search.found[i];
  Napi::Object result = Napi::Object::New(env);
  result.Set("holders", holders);
  result.Set("denied", Napi::Number::New(env, search.denied));
  return result;
}

}  // namespace netglass

#else

namespace netglass {

Napi::Value listSockets(const Napi::CallbackInfo& info) { return info.Env().Null(); }

Napi::Value socketHolders(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("holders", Napi::Float64Array::New(info.Env(), 0));
  result.Set("denied", Napi::Number::New(info.Env(), 0));
  return result;
}

}  // namespace netglass

#endif
