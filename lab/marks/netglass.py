"""Marks in a netglass capture, from your own program; one line:

    import netglass; netglass.mark("before connect()")

The mark stands in the packet list before the next packet. It goes to the capture that began last of those that run.
NETGLASS_HOST (127.0.0.1), NETGLASS_PORT (8080), NETGLASS_CAPTURE (current) and NETGLASS_TOKEN in the environment say
otherwise. Without netglass the program goes on: standard error says why there is no mark, and mark() returns False.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request


def mark(text):
    """Puts a mark of at most 1000 characters at the present moment. Returns whether it is there."""
    now = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9)) + ".%09dZ" % (now % 10**9)
    host = os.environ.get("NETGLASS_HOST") or "127.0.0.1"
    url = "http://%s:%s/api/captures/%s/marks" % (
        "[%s]" % host if ":" in host else host,
        os.environ.get("NETGLASS_PORT") or "8080",
        os.environ.get("NETGLASS_CAPTURE") or "current",
    )
    headers = {"Content-Type": "application/json"}
    if os.environ.get("NETGLASS_TOKEN"):
        headers["Authorization"] = "Bearer " + os.environ["NETGLASS_TOKEN"]
    body = json.dumps({"text": text, "time": stamp}).encode()
    # No proxy: netglass is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(urllib.request.Request(url, body, headers), timeout=2).close()
        return True
    except urllib.error.HTTPError as error:
        with error:
            print("netglass: no mark: %s" % error.read().decode(errors="replace"), file=sys.stderr)
    except OSError as error:
        print("netglass: no mark: %s" % error, file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(0 if mark(" ".join(sys.argv[1:])) else 1)
