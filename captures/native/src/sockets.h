#pragma once

#include <napi.h>

namespace netglass {

// listSockets(family: number, protocol: number): Buffer | null – every socket of one address family and IP protocol in
// this network namespace, as `struct inet_diag_msg` records of 72 octets one after the other (sock_diag(7)); null where
// the kernel does not tell.
Napi::Value listSockets(const Napi::CallbackInfo& info);

// socketHolders(inodes: Float64Array): {holders: Float64Array, denied: number} – which processes have one of these
// sockets open, as pairs of inode and process id, one for each descriptor; `denied` processes may not be looked into.
Napi::Value socketHolders(const Napi::CallbackInfo& info);

}  // namespace netglass
