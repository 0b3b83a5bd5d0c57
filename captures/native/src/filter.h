#pragma once

#include <napi.h>

namespace netglass {

// compileFilter(text: string, dlt: number, snapLength: number): string | null – libpcap's words, or null when it compiles.
Napi::Value compileFilter(const Napi::CallbackInfo& info);

// filterAccepts(text: string, dlt: number, frame: Uint8Array): boolean – whether the filter lets the frame through;
// throws libpcap's words when it does not compile.
Napi::Value filterAccepts(const Napi::CallbackInfo& info);

}  // namespace netglass
