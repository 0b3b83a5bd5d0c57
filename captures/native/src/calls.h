#pragma once

#include <napi.h>

namespace netglass {

// The socket calls of POSIX for the lab, which shows what each of them does. Every socket is non-blocking, so no call
// waits. Each answers {value, errno, begin, end, data?, address?, port?}: `value` as the call returned it (-1: it failed
// with `errno`), `begin` and `end` the time of day around it in nanoseconds since 1970, from the clock that stamps packets.
Napi::Object defineCalls(Napi::Env env);

}  // namespace netglass
