/** Ends with 0 when the service in this container answers that it is well; otherwise says why and ends with 1. */
const { NETGLASS_HOST: host, NETGLASS_PORT: port = '8080', NETGLASS_TOKEN: token } = process.env;

// A service that listens everywhere is asked on loopback, where the Host header is one that it accepts.
const everywhere = [undefined, '', '0.0.0.0', '::'];
const address = everywhere.includes(host) ? '127.0.0.1' : host;
const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/api/health`;

try {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(4000) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
