/**
 * Marks in a netglass capture, from your own program; one line:
 *
 *     import { mark } from './netglass.mjs'; await mark('before connect()');
 *
 * The mark stands in the packet list before the next packet. It goes to the capture that began last of those that run.
 * NETGLASS_HOST (127.0.0.1), NETGLASS_PORT (8080), NETGLASS_CAPTURE (current) and NETGLASS_TOKEN in the environment say
 * otherwise. Without netglass the program goes on: standard error says why there is no mark.
 */

const { NETGLASS_HOST: host, NETGLASS_PORT: port, NETGLASS_CAPTURE: capture, NETGLASS_TOKEN: token } = process.env;
const name = host?.includes(':') ? `[${host}]` : host || '127.0.0.1';
const url = `http://${name}:${port || 8080}/api/captures/${capture || 'current'}/marks`;

/**
 * Puts a mark at the present moment; without `await`, the program goes on meanwhile.
 *
 * @param {string} text at most 1000 characters
 * @returns {Promise<boolean>} whether it is there
 */
export async function mark(text) {
  const time = now();
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ text, time }),
      signal: AbortSignal.timeout(2000),
    });
    if (!answer.ok) console.error(`netglass: no mark: ${await answer.text()}`);
    else await answer.arrayBuffer();
    return answer.ok;
  } catch (error) {
    console.error(`netglass: no mark: ${error.cause?.message ?? error.message}`);
    return false;
  }
}

/** RFC 3339 with microseconds, for packets come closer together than a Date tells apart. */
function now() {
  const microseconds = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const seconds = new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(microseconds % 1_000_000).padStart(6, '0')}Z`;
}
