{
  "targets": [
    {
      "target_name": "netglass_native",
      "sources": [
        "src/addon.cc",
        "src/calls.cc",
        "src/capture.cc",
        "src/filter.cc",
        "src/interfaces.cc",
        "src/pool.cc",
        "src/port.cc",
        "src/sender.cc",
        "src/session.cc",
        "src/sockets.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fno-exceptions"],
      "xcode_settings": { "CLANG_CXX_LANGUAGE_STANDARD": "c++17", "GCC_ENABLE_CPP_EXCEPTIONS": "NO" },
      "libraries": ["-lpcap"]
    },
    {
      "target_name": "netglass_columns",
      "sources": ["src/columns.c"],
      "include_dirs": [
        "<!(node -p \"require('path').join(require('path').dirname(require.resolve('better-sqlite3/package.json')), 'deps', 'sqlite3')\")"
      ],
      "cflags": ["-std=c11", "-O2", "-Wall", "-Wextra"]
    }
  ]
}
