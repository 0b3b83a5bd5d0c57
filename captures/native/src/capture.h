// The JavaScript class `Capture`: a Session with its life tied to the environment (main thread or worker) it is in.
#pragma once

#include <napi.h>

#include <memory>

#include "session.h"

namespace netglass {

class Capture : public Napi::ObjectWrap<Capture> {
 public:
  static Napi::Function define(Napi::Env env);
  // new Capture({interfaces, filter, snapLength, promiscuous, bufferBytes}, wake)
  explicit Capture(const Napi::CallbackInfo& info);
  ~Capture() override;

 private:
  // take(into: Uint8Array): {length, packets} | null
  Napi::Value take(const Napi::CallbackInfo& info);
  // events(): {kind, …}[]
  Napi::Value events(const Napi::CallbackInfo& info);
  // counters(): {daemon, interfaces: {received, kernel, interface}[]}
  Napi::Value counters(const Napi::CallbackInfo& info);
  // stop(): void
  Napi::Value stop(const Napi::CallbackInfo& info);

  // Runs in the JavaScript thread after the capture thread has let go of `wake_`.
  void threadEnded();
  // Runs when the environment is torn down with the thread still running.
  static void environmentEnds(void* self);

  std::unique_ptr<Session> session_;
  Napi::ThreadSafeFunction wake_;
  napi_env env_ = nullptr;
  bool running_ = false;
};

}  // namespace netglass
