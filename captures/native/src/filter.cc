#include "filter.h"

#include <pcap/pcap.h>

#include <string>

namespace netglass {

Napi::Value compileFilter(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsString() || !info[1].IsNumber() || !info[2].IsNumber()) {
    Napi::TypeError::New(env, "compileFilter(text, dlt, snapLength)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  std::string text = info[0].As<Napi::String>().Utf8Value();
  pcap_t* handle =
      pcap_open_dead(info[1].As<Napi::Number>().Int32Value(), info[2].As<Napi::Number>().Int32Value());
  if (handle == nullptr) return Napi::String::New(env, "out of memory");
  struct bpf_program program;
  Napi::Value result = env.Null();
  if (pcap_compile(handle, &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0) {
    pcap_freecode(&program);
  } else {
    result = Napi::String::New(env, pcap_geterr(handle));
  }
  pcap_close(handle);
  return result;
}

Napi::Value filterAccepts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsString() || !info[1].IsNumber() || !info[2].IsTypedArray()) {
    Napi::TypeError::New(env, "filterAccepts(text, dlt, frame)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  std::string text = info[0].As<Napi::String>().Utf8Value();
  Napi::Uint8Array frame = info[2].As<Napi::Uint8Array>();
  pcap_t* handle = pcap_open_dead(info[1].As<Napi::Number>().Int32Value(), 262144);
  if (handle == nullptr) {
    Napi::Error::New(env, "out of memory").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  struct bpf_program program;
  if (pcap_compile(handle, &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    Napi::Error::New(env, pcap_geterr(handle)).ThrowAsJavaScriptException();
    pcap_close(handle);
    return env.Undefined();
  }
  struct pcap_pkthdr header = {};
  header.caplen = header.len = static_cast<bpf_u_int32>(frame.ByteLength());
  bool accepted = pcap_offline_filter(&program, &header, frame.Data()) != 0;
  pcap_freecode(&program);
  pcap_close(handle);
  return Napi::Boolean::New(env, accepted);
}

}  // namespace netglass
