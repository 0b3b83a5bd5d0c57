#include "capture.h"

#include <node_api.h>

namespace netglass {

namespace {

const char* kindName(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::interface:
      return "interface";
    case Event::Kind::opened:
      return "opened";
    case Event::Kind::failed:
      return "failed";
    case Event::Kind::warning:
      return "warning";
    default:
      return "ended";
  }
}

Napi::Value toObject(Napi::Env env, const Event& event) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", kindName(event.kind));
  object.Set("text", event.text);
  if (event.kind == Event::Kind::failed) {
    object.Set("code", event.code);
    object.Set("name", event.name);
  }
  if (event.kind == Event::Kind::interface) {
    object.Set("name", event.name);
    object.Set("id", Napi::Number::New(env, event.id));
    object.Set("dlt", Napi::Number::New(env, event.dlt));
    object.Set("nanoseconds", Napi::Boolean::New(env, event.nanoseconds));
    if (event.hasMac) {
      Napi::Uint8Array mac = Napi::Uint8Array::New(env, 6);
      std::memcpy(mac.Data(), event.mac, 6);
      object.Set("mac", mac);
    }
  }
  return object;
}

bool readOptions(const Napi::Object& from, std::vector<std::string>* names, CaptureOptions* options) {
  Napi::Value interfaces = from.Get("interfaces");
  Napi::Value filter = from.Get("filter");
  Napi::Value snapLength = from.Get("snapLength");
  Napi::Value promiscuous = from.Get("promiscuous");
  Napi::Value bufferBytes = from.Get("bufferBytes");
  if (!interfaces.IsArray() || !filter.IsString() || !snapLength.IsNumber() || !promiscuous.IsBoolean() ||
      !bufferBytes.IsNumber()) {
    return false;
  }
  Napi::Array array = interfaces.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::Value name = array.Get(i);
    if (!name.IsString()) return false;
    names->push_back(name.As<Napi::String>().Utf8Value());
  }
  options->filter = filter.As<Napi::String>().Utf8Value();
  options->snapLength = snapLength.As<Napi::Number>().Int32Value();
  options->promiscuous = promiscuous.As<Napi::Boolean>().Value();
  options->bufferBytes = bufferBytes.As<Napi::Number>().Int32Value();
  return !names->empty() && options->snapLength >= 1 && options->snapLength <= 262144 && options->bufferBytes > 0;
}

}  // namespace

Napi::Function Capture::define(Napi::Env env) {
  return DefineClass(env, "Capture",
                     {
                         InstanceMethod<&Capture::take>("take"),
                         InstanceMethod<&Capture::events>("events"),
                         InstanceMethod<&Capture::counters>("counters"),
                         InstanceMethod<&Capture::stop>("stop"),
                     });
}

Capture::Capture(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Capture>(info), env_(info.Env()) {
  Napi::Env env = info.Env();
  std::vector<std::string> names;
  CaptureOptions options;
  if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction() ||
      !readOptions(info[0].As<Napi::Object>(), &names, &options)) {
    Napi::TypeError::New(env, "Capture(options, wake): wrong options").ThrowAsJavaScriptException();
    return;
  }
  // The thread's last use of wake_ is Release(); after it this finalizer runs in the JavaScript thread.
  wake_ = Napi::ThreadSafeFunction::New(env, info[1].As<Napi::Function>(), "netglass capture", 0, 1, this,
                                        [](Napi::Env, Capture* self) { self->threadEnded(); });
  session_ = std::make_unique<Session>(
      std::move(names), std::move(options),
      // Closing is the only failure of a queue without limit: the environment ends, and nobody is there to be woken.
      [this] { static_cast<void>(wake_.NonBlockingCall()); }, [this] { wake_.Release(); });
  // Hooks run last in, first out: the thread is joined before Node tears wake_ down.
  napi_add_env_cleanup_hook(env_, environmentEnds, this);
  running_ = true;
  Ref();  // not to be collected while the thread runs
  session_->start();
}

// Node collects the object only once threadEnded() has given up the reference, or while it tears everything down.
Capture::~Capture() {
  if (running_) napi_remove_env_cleanup_hook(env_, environmentEnds, this);
}

void Capture::threadEnded() {
  if (!running_) return;
  running_ = false;
  session_->join();
  napi_remove_env_cleanup_hook(env_, environmentEnds, this);
  Unref();
}

void Capture::environmentEnds(void* self) {
  Capture* capture = static_cast<Capture*>(self);
  capture->running_ = false;
  capture->session_->abort();
}

Napi::Value Capture::take(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsTypedArray() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array ||
      info[0].As<Napi::TypedArray>().ByteLength() < kBlockBytes) {
    Napi::TypeError::New(env, "take(into): a Uint8Array of at least 1048576 octets").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Block* block = session_->take();
  if (block == nullptr) return env.Null();
  std::memcpy(info[0].As<Napi::Uint8Array>().Data(), block->bytes, block->length);
  Napi::Object result = Napi::Object::New(env);
  result.Set("length", Napi::Number::New(env, block->length));
  result.Set("packets", Napi::Number::New(env, block->packets));
  session_->release(block);
  return result;
}

Napi::Value Capture::events(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  for (const Event& event : session_->drainEvents()) list.Set(list.Length(), toObject(env, event));
  return list;
}

Napi::Value Capture::counters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array interfaces = Napi::Array::New(env);
  for (const Session::Totals& totals : session_->totals()) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("received", Napi::Number::New(env, static_cast<double>(totals.received)));
    one.Set("kernel", Napi::Number::New(env, static_cast<double>(totals.kernel)));
    one.Set("interface", Napi::Number::New(env, static_cast<double>(totals.interface)));
    interfaces.Set(interfaces.Length(), one);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("daemon", Napi::Number::New(env, static_cast<double>(session_->daemonDropped())));
  result.Set("interfaces", interfaces);
  return result;
}

Napi::Value Capture::stop(const Napi::CallbackInfo& info) {
  session_->stop();
  return info.Env().Undefined();
}

}  // namespace netglass
