/** The machine and the versions that the numbers belong to. */

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** The first line that says a version, or `missing`. Programs say it on either output. */
function versionOf(command: string): string {
  try {
    const text = execFileSync('sh', ['-c', `${command} --version 2>&1`], { encoding: 'utf8' });
    return text.split('\n').find((line) => /\d+\.\d+/.test(line)) ?? 'unknown';
  } catch {
    return 'missing';
  }
}

/** How busy it was with other work, which makes wall-clock numbers worse than they are: a load near 0 is a quiet machine. */
function describeLoad(): string {
  const [minute] = loadavg();
  return `- load average when it began (one minute): ${minute.toFixed(1)}`;
}

/** Lines of a Markdown list. */
export function describeMachine(): string[] {
  const [cpu] = cpus();
  const megahertz = cpu !== undefined && cpu.speed > 0 ? `, ${cpu.speed} MHz` : '';
  return [
    `- ${cpu?.model ?? process.arch}${megahertz}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `- ${type()} ${release()}, Node ${process.versions.node}`,
    describeLoad(),
    ...['tshark', 'tcpdump', 'dumpcap'].map((program) => `- ${program}: ${versionOf(program)}`),
  ];
}
