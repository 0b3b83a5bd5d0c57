#include "interfaces.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/if_packet.h>
#include <net/if_arp.h>
#endif

#include <string>
#include <vector>

#include "port.h"

namespace netglass {

namespace {

struct Interface {
  std::string name;
  std::string description;
  std::vector<std::string> addresses;
  std::string mac;
  bool loopback = false;
  bool up = false;
  bool running = false;
  std::vector<int> dlts;
};

void addAddress(const struct sockaddr* address, Interface* to) {
  char text[INET6_ADDRSTRLEN];
  const void* octets = nullptr;
  if (address->sa_family == AF_INET) {
    octets = &reinterpret_cast<const struct sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    octets = &reinterpret_cast<const struct sockaddr_in6*>(address)->sin6_addr;
  }
  if (octets != nullptr && inet_ntop(address->sa_family, octets, text, sizeof text) != nullptr) {
    to->addresses.push_back(text);
  }
#ifdef __linux__
  if (address->sa_family == AF_PACKET) {
    const auto* link = reinterpret_cast<const struct sockaddr_ll*>(address);
    if (link->sll_halen != 6 || link->sll_hatype != ARPHRD_ETHER) return;
    char mac[18];
    snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", link->sll_addr[0], link->sll_addr[1],
             link->sll_addr[2], link->sll_addr[3], link->sll_addr[4], link->sll_addr[5]);
    to->mac = mac;
  }
#endif
}

// The link types it can be opened with, the default first; none when it is down or may not be opened.
std::vector<int> linkTypesOf(const std::string& name) {
  std::vector<int> result;
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* handle = pcap_create(name.c_str(), error);
  if (handle == nullptr) return result;
  pcap_set_snaplen(handle, 64);
  pcap_set_buffer_size(handle, kSmallestRing);  // nothing is read
  if (pcap_activate(handle) >= 0) {
    int* all = nullptr;
    int count = pcap_list_datalinks(handle, &all);
    if (count > 0) {
      result.push_back(pcap_datalink(handle));
      for (int i = 0; i < count; i++) {
        if (all[i] != result[0]) result.push_back(all[i]);
      }
      pcap_free_datalinks(all);
    }
  }
  pcap_close(handle);
  return result;
}

class ListWorker : public Napi::AsyncWorker {
 public:
  ListWorker(Napi::Env env, bool linkTypes)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), linkTypes_(linkTypes) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_if_t* all = nullptr;
    if (pcap_findalldevs(&all, error) != 0) {
      SetError(error);
      return;
    }
    for (pcap_if_t* device = all; device != nullptr; device = device->next) {
      Interface one;
      one.name = device->name;
      if (device->description != nullptr) one.description = device->description;
      for (pcap_addr_t* at = device->addresses; at != nullptr; at = at->next) {
        if (at->addr != nullptr) addAddress(at->addr, &one);
      }
      one.loopback = (device->flags & PCAP_IF_LOOPBACK) != 0;
      one.up = (device->flags & PCAP_IF_UP) != 0;
      one.running = (device->flags & PCAP_IF_RUNNING) != 0;
      if (linkTypes_) one.dlts = linkTypesOf(one.name);
      interfaces_.push_back(std::move(one));
    }
    pcap_freealldevs(all);
  }

  void OnOK() override {
    Napi::Env env = Env();
    Napi::Array list = Napi::Array::New(env);
    for (const Interface& one : interfaces_) {
      Napi::Object object = Napi::Object::New(env);
      object.Set("name", one.name);
      object.Set("description", one.description);
      Napi::Array addresses = Napi::Array::New(env);
      for (const std::string& address : one.addresses) addresses.Set(addresses.Length(), address);
      object.Set("addresses", addresses);
      object.Set("mac", one.mac.empty() ? env.Null() : Napi::Value(Napi::String::New(env, one.mac)));
      object.Set("loopback", Napi::Boolean::New(env, one.loopback));
      object.Set("up", Napi::Boolean::New(env, one.up));
      object.Set("running", Napi::Boolean::New(env, one.running));
      Napi::Array dlts = Napi::Array::New(env);
      for (int dlt : one.dlts) dlts.Set(dlts.Length(), Napi::Number::New(env, dlt));
      object.Set("dlts", dlts);
      list.Set(list.Length(), object);
    }
    deferred_.Resolve(list);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  const bool linkTypes_;
  std::vector<Interface> interfaces_;
};

}  // namespace

Napi::Value listInterfaces(const Napi::CallbackInfo& info) {
  auto* worker = new ListWorker(info.Env(), info[0].ToBoolean());  // deletes itself
  Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace netglass
