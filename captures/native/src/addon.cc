// The addon's exports. Everything that interprets, validates and names is in TypeScript (captures/sources).
#include <pcap/pcap.h>

#include "calls.h"
#include "capture.h"
#include "filter.h"
#include "interfaces.h"
#include "sender.h"
#include "sockets.h"

namespace netglass {

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Capture", Capture::define(env));
  exports.Set("LinkSender", LinkSender::define(env));
  exports.Set("listInterfaces", Napi::Function::New(env, listInterfaces, "listInterfaces"));
  exports.Set("compileFilter", Napi::Function::New(env, compileFilter, "compileFilter"));
  exports.Set("filterAccepts", Napi::Function::New(env, filterAccepts, "filterAccepts"));
  exports.Set("listSockets", Napi::Function::New(env, listSockets, "listSockets"));
  exports.Set("socketHolders", Napi::Function::New(env, socketHolders, "socketHolders"));
  exports.Set("calls", defineCalls(env));
  exports.Set("libraryVersion", Napi::String::New(env, pcap_lib_version()));
  return exports;
}

NODE_API_MODULE(netglass_native, init)

}  // namespace netglass
