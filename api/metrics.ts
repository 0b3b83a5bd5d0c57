/** Counters for Prometheus (text exposition format 0.0.4). */

import type { CaptureRecord, Loss } from '../captures/store/capture-file.js';
import type { ApiContext } from './context.js';
import { route } from './route.js';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function labelText(labels: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function metric(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

const KINDS = ['kernel', 'interface', 'daemon', 'truncated', 'malformed'] as const satisfies readonly (keyof Loss)[];

function metricsText({ store, version, startedAt }: ApiContext): string {
  const captures = store.list();
  const each = (value: (record: CaptureRecord) => number): Sample[] =>
    captures.map((record) => [{ capture: record.id, name: record.name }, value(record)]);
  const states = ['running', 'stopped', 'importing', 'failed'].map(
    (state): Sample => [{ state }, captures.filter((record) => record.state === state).length],
  );
  // What cannot be known is not there, rather than 0.
  const lost = captures.flatMap((record) =>
    KINDS.flatMap((kind): Sample[] => {
      const count = record.loss[kind];
      return count === null ? [] : [[{ capture: record.id, name: record.name, kind }, count]];
    }),
  );
  const cpu = process.cpuUsage();
  return [
    metric('netglass_build_info', 'gauge', 'Version of netglass.', [[{ version }, 1]]),
    metric('netglass_captures', 'gauge', 'Captures by state.', states),
    metric(
      'netglass_capture_packets_total',
      'counter',
      'Packets captured.',
      each((record) => record.packets),
    ),
    metric(
      'netglass_capture_bytes_total',
      'counter',
      'Octets on the wire of the packets captured.',
      each((record) => record.bytes),
    ),
    metric('netglass_capture_lost_packets_total', 'counter', 'Packets that are missing or incomplete, by kind.', lost),
    metric(
      'netglass_capture_running',
      'gauge',
      'Whether the capture runs.',
      each((record) => (record.state === 'running' ? 1 : 0)),
    ),
    metric('process_cpu_seconds_total', 'counter', 'CPU time used.', [[{}, (cpu.user + cpu.system) / 1e6]]),
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, process.memoryUsage.rss()]]),
    metric('process_start_time_seconds', 'gauge', 'Start time since 1970.', [[{}, startedAt / 1000]]),
    metric('netglass_uptime_seconds', 'gauge', 'Time since the start.', [[{}, (Date.now() - startedAt) / 1000]]),
  ].join('');
}

export const metricRoutes = [
  route({
    method: 'get',
    path: '/metrics',
    tag: 'service',
    summary: 'Counters for Prometheus',
    responses: { 200: { description: 'Text exposition format.', other: { 'text/plain': 'version 0.0.4' } } },
    handle: ({ response }, context) => {
      response.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').send(metricsText(context));
      return Promise.resolve(undefined);
    },
  }),
];
