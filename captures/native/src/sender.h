#pragma once

#include <napi.h>

#include <string>

namespace netglass {

// new LinkSender(interface: string) – a packet socket that frames leave by, with their link header as they are. Throws an
// Error whose `code` is one of "no-permission", "no-such-interface", "down", "unsupported", "io".
//   send(blocks: Uint8Array, due: Float64Array): Promise<{sent: number, code?: string, text?: string}> – sends the
//     packets of Enhanced Packet Blocks, each not before its time in nanoseconds of CLOCK_MONOTONIC, in a thread of
//     libuv's pool; writes into each block when its packet left. `code` and `text` say why it ended before the last one.
//     The buffers must stay as they are until it has resolved, and it is called again only then.
//   maximum: the longest frame in octets
//   close(): closes the socket; not while it sends
class LinkSender : public Napi::ObjectWrap<LinkSender> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit LinkSender(const Napi::CallbackInfo& info);
  ~LinkSender() override;

 private:
  Napi::Value send(const Napi::CallbackInfo& info);
  Napi::Value maximum(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  int fd_ = -1;
  int maximum_ = 0;
};

}  // namespace netglass
