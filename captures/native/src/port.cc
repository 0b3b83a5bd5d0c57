#include "port.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <net/if_arp.h>
#endif

namespace netglass {

namespace {

Failure activationFailure(pcap_t* handle, const std::string& name, int status) {
  std::string detail = pcap_geterr(handle);
  std::string words = status == PCAP_ERROR ? detail : pcap_statustostr(status);
  if (status != PCAP_ERROR && !detail.empty()) words += " (" + detail + ")";
  std::string text = name + ": " + words;
  switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return {"no-such-interface", text};
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return {"no-permission", text};
    case PCAP_ERROR_IFACE_NOT_UP:
      return {"down", text};
    default:
      return {"io", text};
  }
}

// Asks the kernel about the interface called `name`; false when it does not answer.
bool askInterface(const char* name, unsigned long request, struct ifreq* answer) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  std::memset(answer, 0, sizeof *answer);
  std::strncpy(answer->ifr_name, name, IFNAMSIZ - 1);
  bool known = ioctl(descriptor, request, answer) == 0;
  ::close(descriptor);
  return known;
}

}  // namespace

bool Port::open(const CaptureOptions& options, Failure* failure, std::string* warning) {
  char error[PCAP_ERRBUF_SIZE] = "";
  handle = pcap_create(name.c_str(), error);
  if (handle == nullptr) {
    *failure = {"io", name + ": " + error};
    return false;
  }
  pcap_set_snaplen(handle, options.snapLength);
  pcap_set_promisc(handle, options.promiscuous ? 1 : 0);
  pcap_set_timeout(handle, kKernelMilliseconds);
  pcap_set_buffer_size(handle, options.ringBytes());
  nanoseconds = pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) == 0;

  int status = pcap_activate(handle);
  if (status < 0) {
    *failure = activationFailure(handle, name, status);
    close();
    return false;
  }
  // `any` cannot be promiscuous, and wants no warning for it.
  if (status == PCAP_WARNING_PROMISC_NOTSUP) {
    if (name != "any") *warning = name + " cannot be promiscuous: only its own packets are seen";
  } else if (status > 0) {
    *warning = name + ": " + (status == PCAP_WARNING ? pcap_geterr(handle) : pcap_statustostr(status));
  }
  if (pcap_setnonblock(handle, 1, error) != 0) {
    *failure = {"io", name + ": " + error};
    close();
    return false;
  }
  dlt = pcap_datalink(handle);
  // SLL2 says which interface each packet came from; without it SLL is what there is.
  if (name == "any" && dlt == DLT_LINUX_SLL && pcap_set_datalink(handle, DLT_LINUX_SLL2) == 0) dlt = DLT_LINUX_SLL2;
  if (!applyFilter(options.filter, failure)) {
    close();
    return false;
  }
  nanoseconds = nanoseconds && pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO;
  fd = pcap_get_selectable_fd(handle);
  lastDrop_ = lastInterfaceDrop_ = 0;
  learnAddress();
  return true;
}

bool Port::applyFilter(const std::string& filter, Failure* failure) {
  if (filter.empty()) return true;
  char error[PCAP_ERRBUF_SIZE] = "";
  bpf_u_int32 network = 0;
  bpf_u_int32 mask = PCAP_NETMASK_UNKNOWN;
  // Only `ip broadcast` needs the mask; an interface without an IPv4 address has none.
  if (pcap_lookupnet(name.c_str(), &network, &mask, error) != 0) mask = PCAP_NETMASK_UNKNOWN;
  struct bpf_program program;
  if (pcap_compile(handle, &program, filter.c_str(), 1, mask) != 0) {
    *failure = {"bad-filter", pcap_geterr(handle)};
    return false;
  }
  bool applied = pcap_setfilter(handle, &program) == 0;
  if (!applied) *failure = {"io", name + ": " + pcap_geterr(handle)};
  pcap_freecode(&program);
  return applied;
}

void Port::learnAddress() {
  hasMac = false;
  loopback_ = false;
  index_ = name == "any" ? 0 : if_nametoindex(name.c_str());
  struct ifreq answer;
  if (index_ != 0 && askInterface(name.c_str(), SIOCGIFFLAGS, &answer)) {
    loopback_ = (answer.ifr_flags & IFF_LOOPBACK) != 0;
  }
#ifdef __linux__
  if (index_ != 0 && askInterface(name.c_str(), SIOCGIFHWADDR, &answer) &&
      answer.ifr_hwaddr.sa_family == ARPHRD_ETHER) {
    std::memcpy(mac, answer.ifr_hwaddr.sa_data, 6);
    hasMac = true;
  }
#endif
  if (loopback_) {
    source_ = Source::unknown;
  } else if (dlt == DLT_EN10MB && hasMac) {
    source_ = Source::ethernet;
  } else if (dlt == DLT_LINUX_SLL) {
    source_ = Source::cooked;
  } else if (dlt == DLT_LINUX_SLL2) {
    source_ = Source::cooked2;
  } else {
    source_ = Source::unknown;
  }
}

void Port::close() {
  if (handle != nullptr) pcap_close(handle);
  handle = nullptr;
  fd = -1;
}

LinkState Port::linkState() const {
  if (index_ == 0) return LinkState::up;
  // By number: a renamed interface is still the one the socket is bound to, and a new one of the same name is not.
  char current[IF_NAMESIZE];
  if (if_indextoname(index_, current) == nullptr) return LinkState::gone;
  struct ifreq answer;
  if (!askInterface(current, SIOCGIFFLAGS, &answer)) return LinkState::gone;
  return (answer.ifr_flags & IFF_UP) != 0 ? LinkState::up : LinkState::down;
}

void Port::readDrops(uint64_t* kernel, uint64_t* interface) {
  struct pcap_stat now;
  if (handle == nullptr || pcap_stats(handle, &now) != 0) return;
  // libpcap's counters have 32 bits and wrap: differences, in unsigned arithmetic, do not.
  *kernel += static_cast<uint32_t>(now.ps_drop - lastDrop_);
  *interface += static_cast<uint32_t>(now.ps_ifdrop - lastInterfaceDrop_);
  lastDrop_ = now.ps_drop;
  lastInterfaceDrop_ = now.ps_ifdrop;
}

uint32_t Port::direction(const uint8_t* data, uint32_t length) const {
  constexpr int kLoopbackHardware = 772;  // ARPHRD_LOOPBACK
  constexpr int kOutgoing = 4;            // PACKET_OUTGOING
  switch (source_) {
    case Source::ethernet:
      if (length < 12) return kDirectionUnknown;
      return std::memcmp(data + 6, mac, 6) == 0 ? kDirectionOutbound : kDirectionInbound;
    case Source::cooked:  // pkttype 0-1, ARPHRD 2-3
      if (length < 4 || (data[2] << 8 | data[3]) == kLoopbackHardware) return kDirectionUnknown;
      return data[1] == kOutgoing ? kDirectionOutbound : kDirectionInbound;
    case Source::cooked2:  // ARPHRD 8-9, pkttype 10
      if (length < 11 || (data[8] << 8 | data[9]) == kLoopbackHardware) return kDirectionUnknown;
      return data[10] == kOutgoing ? kDirectionOutbound : kDirectionInbound;
    default:
      return kDirectionUnknown;
  }
}

}  // namespace netglass
