/** When a capture ends by itself, and what it waits for, as options of `netglass start`. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { defined } from '../../captures/defined.js';
import type { StopRules } from '../../captures/recording/messages.js';
import type { TriggerAction } from '../../captures/store/capture-file.js';
import type { LiveRequest } from '../../captures/store/capture-store.js';
import { whole } from '../settings.js';
import { UsageError } from './failure.js';

export interface StopOptions {
  autostop?: Omit<StopRules, 'when'>;
  stopPackets?: number;
  stopBytes?: number;
  stopSeconds?: number;
  stopWhen?: string;
  markWhen?: string;
  notifyWhen?: string;
}

const LONGEST = 1e9;

export function addStopOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-a, --autostop <rule>', 'as in dumpcap: duration:SECONDS, packets:N or filesize:KB').argParser(
        autostop,
      ),
    )
    .addOption(
      new Option('-c, --stop-packets <number>', 'stop after so many packets').argParser(
        whole(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--stop-bytes <octets>', 'stop after so many octets on the wire').argParser(
        whole(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(new Option('--stop-seconds <number>', 'stop after so long').argParser(seconds))
    .option('--stop-when <filter>', 'stop when a display filter first matches')
    .option('--mark-when <filter>', 'put a mark before the packet that a display filter first matches')
    .option('--notify-when <filter>', 'say so when a display filter first matches');
}

/** @throws UsageError for options that contradict each other */
export function stopRequest(options: StopOptions): Pick<LiveRequest, 'stop' | 'trigger'> {
  const { autostop: rules = {}, stopPackets, stopBytes, stopSeconds, stopWhen, markWhen, notifyWhen } = options;
  const wanted = Object.entries({ stop: stopWhen, mark: markWhen, notify: notifyWhen }).filter(
    (entry): entry is [TriggerAction, string] => entry[1] !== undefined,
  );
  if (wanted.length > 1)
    throw new UsageError(
      'A capture waits for one thing: give one of --stop-when, --mark-when and --notify-when (netglass start --help).',
    );
  const own = defined({ packets: stopPackets, bytes: stopBytes, seconds: stopSeconds });
  const twice = Object.keys(own).find((rule) => rule in rules);
  if (twice !== undefined)
    throw new UsageError(`--stop-${twice} and -a say the same thing: give one of them (netglass start --help).`);
  const trigger = wanted.map(([action, when]) => ({ action, when }))[0];
  return { stop: { ...rules, ...own }, ...defined({ trigger }) };
}

/** One of dumpcap's rules added to those before. Its filesize is in units of 1000 octets. */
function autostop(text: string, before: StopRules = {}): StopRules {
  const [, rule, number] = /^(duration|packets|filesize):(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (rule === undefined)
    throw new InvalidArgumentError('Give duration:SECONDS, packets:NUMBER or filesize:KILOBYTES, such as duration:10.');
  if (rule === 'duration') return { ...before, seconds: seconds(number) };
  const count = whole(1, Number.MAX_SAFE_INTEGER / 1000)(number);
  return rule === 'packets' ? { ...before, packets: count } : { ...before, bytes: count * 1000 };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > LONGEST)
    throw new InvalidArgumentError('Give a number of seconds above 0, at most 1,000,000,000.');
  return value;
}
