/** `netglass trace`: which of a program's socket calls made which packets. */

import { Command, Option } from 'commander';
import { shared } from '../settings.js';

export interface TraceOptions {
  json?: true;
  output?: string;
  write?: string;
  capture?: string;
  interface: string[];
  alone?: true;
  serviceHost: string;
  servicePort: number;
  token?: string;
}

export function traceCommand(): Command {
  return new Command('trace')
    .description('run a program, and show which of its socket calls made which packets')
    .usage('[options] -- command [arguments...]')
    .argument('<command...>', 'the program and its arguments')
    .passThroughOptions()
    .option('--json', 'print JSON instead of a table')
    .option('-o, --output <file>', 'write table or JSON to a file instead of standard error')
    .option('-w, --write <file>', 'write the packets to a pcapng file, each call a comment')
    .option('--capture <id>', 'in this running capture of the service; otherwise the one that began last')
    .addOption(
      new Option('-i, --interface <name>', 'in a new capture on this interface; several times for several')
        .argParser((value: string, before: string[]) => [...before, value])
        .default([] as string[], 'any'),
    )
    .addOption(shared.alone())
    .addOption(shared.serviceHost())
    .addOption(shared.servicePort())
    .addOption(shared.token())
    .addHelpText(
      'after',
      `
The program runs unchanged, under strace(1), with its threads and children; input and output are its own, and so is the
exit status. Its socket calls become marks of a capture of the service, when one runs; otherwise of one that is gone
afterwards (-w keeps the packets). Calls that only found that nothing is there yet (EAGAIN) are left out.

Examples:
  netglass trace -- python3 client.py
  netglass trace -w client.pcapng -- ./client 127.0.0.1 7007
  netglass trace --json -o calls.json -- ./server`,
    )
    .action(async (command: string[], options: TraceOptions) => {
      const { traceCommand: run } = await import('../trace/run.js');
      process.exitCode = await run(command, options);
    });
}
