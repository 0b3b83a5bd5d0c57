#pragma once

#include <napi.h>

namespace netglass {

// listInterfaces(linkTypes: boolean): Promise<{name, description, addresses, mac, loopback, up, running, dlts}[]>, in a
// thread of its own: the link types, where asked for, are known only by opening each interface, and closing one waits
// for the kernel.
Napi::Value listInterfaces(const Napi::CallbackInfo& info);

}  // namespace netglass
