// A first look at what runs: the captures, and the latest packets of one of them as they come.

const ROWS = 200;
const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat('en-GB');
let shown;
let events;

function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

async function get(address) {
  const answer = await fetch(address);
  const body = await answer.json();
  if (!answer.ok) throw new Error([body.detail, body.hint].filter(Boolean).join(' '));
  return body;
}

function tell(problem) {
  element('problem').hidden = problem === undefined;
  element('problem').textContent = problem ?? '';
}

function addRows(packets) {
  const rows = packets.map((packet) => {
    const row = document.createElement('tr');
    const { relativeTime, source, destination, protocol, length, info } = packet;
    const time = relativeTime === null ? '' : relativeTime.toFixed(6);
    for (const text of [packet.number, time, source ?? '', destination ?? '', protocol, length, info])
      row.append(make('td', String(text)));
    return row;
  });
  const body = element('packets');
  body.prepend(...rows.reverse());
  while (body.rows.length > ROWS) body.deleteRow(-1);
}

function showStatus({ state, packets, bytes, loss, rates, error }) {
  const lost = ['kernel', 'interface', 'daemon'].map((kind) => `${kind} ${loss[kind] ?? 'unknown'}`).join(', ');
  const speed = state === 'running' ? ` · ${number.format(rates.packetsPerSecond)} packets/s` : '';
  element('status').textContent =
    `${state} · ${number.format(packets)} packets · ${number.format(bytes)} bytes${speed} · lost: ${lost}`;
  tell(error);
}

function showLinks(id) {
  const base = `/api/captures/${encodeURIComponent(id)}`;
  const download = document.createElement('li');
  download.append(make('a', 'Download this capture as pcapng', { href: `${base}/export?format=pcapng` }));
  const live = make('li', 'Live in Wireshark: ');
  live.append(make('code', `curl -N ${location.origin}${base}/live.pcapng | wireshark -k -i -`));
  const rest = document.createElement('li');
  rest.append(
    make('a', 'Its packets', { href: `${base}/packets` }),
    ' · ',
    make('a', 'its flows', { href: `${base}/flows` }),
  );
  element('links').replaceChildren(download, live, rest);
}

async function show(id) {
  shown = id;
  events?.close();
  element('packets').replaceChildren();
  showLinks(id);
  const base = `/api/captures/${encodeURIComponent(id)}`;
  const page = await get(`${base}/packets?before=${Number.MAX_SAFE_INTEGER}&limit=${ROWS}`);
  if (shown !== id) return;
  addRows(page.packets);
  events = new EventSource(`${base}/events?after=${page.packets.at(-1)?.number ?? 0}`);
  events.addEventListener('packets', (event) => addRows(JSON.parse(event.data).packets));
  events.addEventListener('progress', (event) => showStatus(JSON.parse(event.data)));
  events.addEventListener('ended', () => events.close());
  events.addEventListener('problem', (event) => tell(JSON.parse(event.data).detail));
}

async function refresh() {
  const captures = await get('/api/captures');
  const buttons = captures.toReversed().map(({ id, name, state, packets }) => {
    const item = document.createElement('li');
    const label = `${name} · ${state} · ${number.format(packets)} packets`;
    const button = make('button', label, { type: 'button', 'aria-pressed': String(id === shown) });
    button.addEventListener('click', () => show(id).then(refresh).catch(report));
    item.append(button);
    return item;
  });
  element('captures').replaceChildren(...buttons);
  if (shown === undefined && captures.length > 0) {
    await show((captures.findLast(({ state }) => state === 'running') ?? captures.at(-1)).id);
    await refresh();
  }
}

function report(error) {
  tell(error.message);
}

async function start() {
  // The cookie has the token from now on; the address is shown to whoever looks over a shoulder.
  if (new URL(location.href).searchParams.has('token')) history.replaceState(null, '', location.pathname);
  const { version } = await get('/api/health');
  element('service').textContent = `version ${version}, at ${location.host}`;
  await refresh();
  setInterval(() => refresh().catch(report), 5000);
}

start().catch(report);
