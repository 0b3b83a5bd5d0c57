/**
 * `netglass lab`: the socket demos, in the service when one runs, for it may capture and its page shows them; otherwise in
 * a folder of their own that is gone afterwards.
 */

import { Command, InvalidArgumentError, Option } from 'commander';
import { CaptureError } from '../../captures/sources/source.js';
import type { Demo } from '../../lab/demo.js';
import { shared } from '../settings.js';
import { UsageError } from './failure.js';

export interface LabOptions {
  write?: string;
  json?: true;
  step?: true;
  code?: 'python' | 'c' | 'typescript';
  capture?: string;
  serviceHost: string;
  servicePort: number;
  token?: string;
  alone?: true;
}

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** The demos have their own options, and are loaded only when this command is used. */
export function labCommand(parent: Command): Command {
  return (
    new Command('lab')
      .copyInheritedSettings(parent)
      .description('run a socket demo: which call makes which packet')
      // Help is the demos' business, too.
      .helpOption(false)
      .allowUnknownOption()
      .argument('[arguments...]')
      .action(async (given: string[]) => {
        const { program, list } = await labProgram();
        if (given.length === 0) list();
        else await program.parseAsync(given, { from: 'user' });
      })
  );
}

async function labProgram(): Promise<{ program: Command; list(): void }> {
  const { demos } = await import('../../lab/index.js');
  const program = new Command('netglass lab')
    .usage('[options] [demo]')
    .description('Runs a socket demo: which call makes which packet. Without a demo, lists them.')
    .exitOverride()
    .showHelpAfterError('(netglass lab --help, or netglass lab DEMO --help, says more)')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  netglass lab                                        the demos
  netglass lab udp-echo --clients 3 --concurrent
  netglass lab tcp-echo --step --code c               Enter makes the next step
  netglass lab tcp-echo -w echo.pcapng                every step is a comment in the file
  netglass lab udp-echo --capture ID                  in a running capture of the service`,
    );
  for (const demo of demos) program.addCommand(demoCommand(demo).copyInheritedSettings(program));
  const list = (): void => {
    const width = Math.max(...demos.map(({ name }) => name.length));
    for (const { name, title } of demos) console.log(`${name.padEnd(width)}  ${title}`);
    console.log('\nnetglass lab DEMO runs one; netglass lab DEMO --help says what it shows.');
  };
  return { program, list };
}

function demoCommand(demo: Demo): Command {
  const command = new Command(demo.name).summary(demo.title).description(`${demo.title}.\n\n${demo.shows}`);
  for (const option of parameterOptions(demo)) command.addOption(option);
  return command
    .option('-w, --write <file>', 'write the packets as pcapng, each step a comment; - for standard output')
    .option('--json', 'print the run as JSON')
    .option('--step', 'step by step: Enter makes the next')
    .addOption(
      new Option('--code <language>', 'show each call in this language').choices(['python', 'c', 'typescript']),
    )
    .option('--capture <id>', 'in this running capture of the service, instead of one of its own')
    .addOption(shared.alone())
    .addOption(shared.serviceHost())
    .addOption(shared.servicePort())
    .addOption(shared.token())
    .action(async (options: LabOptions & Record<string, unknown>) => {
      const { checkParameters } = await import('../../lab/lab.js');
      const names = Object.keys(demo.parameters.shape);
      const given = Object.fromEntries(
        names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
      );
      try {
        checkParameters(demo, given);
      } catch (error) {
        throw error instanceof CaptureError ? new UsageError(`${error.message}\n  ${error.hint}`) : error;
      }
      if (options.step === true && options.json === true) throw new UsageError('Give --step or --json, not both.');
      const { playDemo } = await import('../lab/play.js');
      await playDemo(demo, given, options);
    });
}

/** An option for each parameter, after its schema. */
function parameterOptions({ parameters }: Demo): Option[] {
  return Object.entries(parameters.shape).map(([name, schema]) => {
    const property = schema.toJSONSchema({ io: 'input' }) as Property;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const { type, description = '', default: standard } = property;
    if (type === 'boolean') return new Option(standard === true ? `--no-${flag}` : `--${flag}`, description);
    const shown = standard === undefined || standard === '' ? '' : ` (default: ${String(standard)})`;
    const option = new Option(`--${flag} <${type === 'string' ? 'text' : 'number'}>`, `${description}${shown}`);
    if (property.enum !== undefined) option.choices(property.enum);
    else if (type !== 'string') option.argParser(number);
    return option;
  });
}

function number(text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Give a number.');
  return Number(text);
}
