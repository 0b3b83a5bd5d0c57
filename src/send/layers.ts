/** Sends packets made of layers, and prints what came of it. */

import type { SendReportJson } from '../../api/send.js';
import { defined } from '../../captures/defined.js';
import { Client } from '../client.js';
import type { SendOptions } from '../commands/send.js';
import { ownRoom, untilInterrupted } from './room.js';
import { byService } from './service.js';

export async function sendLayers(layers: unknown[], options: SendOptions): Promise<void> {
  const { engine, interface: name, count, interval, rate, wait } = options;
  const request = { layers, ...defined({ engine, interface: name, count, interval, rate, wait }) };
  const client = options.alone === true ? undefined : await Client.find(options);
  const report =
    client === undefined
      ? await alone(request, options)
      : await byService<SendReportJson>(client, '/api/send', { ...request, background: true });
  if (options.json === true) console.log(JSON.stringify(report, undefined, 2));
  else print(report);
  // As ping ends: nothing came back.
  if (report.answered === 0) process.exitCode = 1;
}

async function alone(
  request: Parameters<typeof import('../../captures/send/send-packets.js').sendPackets>[0],
  options: SendOptions,
) {
  const [{ sendPackets }, { reportJson }] = await Promise.all([
    import('../../captures/send/send-packets.js'),
    import('../../api/send.js'),
  ]);
  const room = await ownRoom(options);
  const { signal, done } = untilInterrupted();
  try {
    room.log.request({ what: 'send', request });
    return reportJson(await sendPackets(request, room, signal));
  } finally {
    done();
    room.log.close();
  }
}

const octets = (count: number): string => `${count} octet${count === 1 ? '' : 's'}`;

function print({ sent, bytes, seconds, engine, interface: name, answered, packets, notes, log }: SendReportJson): void {
  for (const { number, bytes: sentBytes, fields = [], left, reply } of packets) {
    const length = Buffer.from(sentBytes ?? '', 'base64').length;
    const answer =
      reply === null
        ? answered === null
          ? ''
          : ', no answer'
        : `, ${reply.kind} after ${(reply.rtt * 1000).toFixed(3)} ms: ${reply.summary}`;
    console.log(`${number}: ${octets(length)}${left === null ? ', not seen leaving' : ' left'}${answer}`);
    for (const { name: field, handed, left: seen, by } of fields)
      if (by === 'kernel') console.log(`     ${field}: ${handed} became ${seen}`);
  }
  const by = name === null ? engine : `${engine} on ${name}`;
  const answers = answered === null ? '' : `, ${answered} answered`;
  console.log(
    `sent ${sent} packet${sent === 1 ? '' : 's'}, ${octets(bytes)}, in ${seconds.toFixed(3)} s by ${by}${answers}`,
  );
  for (const note of notes) console.log(`note: ${note}`);
  if (log !== null) console.log(`every packet is in ${log}`);
}
