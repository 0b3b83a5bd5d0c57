#pragma once

#include <napi.h>

namespace netglass {

// compileFilter(text: string, dlt: number, snapLength: number): string | null – libpcap's words, or null when it compiles.
Napi::Value compileFilter(const Napi::CallbackInfo& info);

}  // namespace netglass
