/** The command line. */

import { Command, CommanderError } from 'commander';
import { checkCommand } from './commands/check.js';
import { doctorCommand } from './commands/doctor.js';
import { exitStatus, inWords } from './commands/failure.js';
import { interfacesCommand } from './commands/interfaces.js';
import { labCommand } from './commands/lab.js';
import { readCommand } from './commands/read.js';
import { sendCommand } from './commands/send.js';
import { startCommand } from './commands/start.js';
import { traceCommand } from './commands/trace.js';
import { exportCommand, importCommand, reindexCommand } from './commands/transfer.js';
import { dropEmptyVariables, version } from './settings.js';

function program(): Command {
  const netglass = new Command('netglass')
    .description('Captures packets, decodes them, and serves them over HTTP.')
    .version(version(), '-v, --version', 'print the version')
    .exitOverride()
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(netglass --help, or netglass COMMAND --help, says more)')
    .addHelpText(
      'after',
      `
Settings also come from the environment: NETGLASS_PORT for --port, NETGLASS_DATA for --data, and so on as each command's
help says. Exit status: 0 done, 1 failed, 2 wrong use.`,
    );
  for (const command of [
    startCommand(),
    interfacesCommand(),
    doctorCommand(),
    readCommand(),
    checkCommand(),
    sendCommand(),
    traceCommand(),
    importCommand(),
    exportCommand(),
    reindexCommand(),
  ])
    netglass.addCommand(command.copyInheritedSettings(netglass));
  netglass.addCommand(labCommand(netglass));
  return netglass;
}

async function main(): Promise<void> {
  dropEmptyVariables(process.env);
  // A reader that has seen enough (head) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has written its message already; help that was asked for is no error.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    console.error(`netglass: ${inWords(error)}`);
    process.exitCode = exitStatus(error);
  }
}

await main();
