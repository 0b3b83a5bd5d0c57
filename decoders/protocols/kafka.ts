import { utf8Text } from '../core/format.js';
import { type Body, type Field, int, type LayerNode, protocol, text } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { portsOf, readMessages } from './messages.js';

const PORT = 9092;
/** Brokers refuse larger requests by default (socket.request.max.bytes). */
const LONGEST = 100 * 1024 * 1024;
/** Requests of a conversation whose answers are waited for. */
const MOST_REQUESTS = 1000;

const keys: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  2: 'Offsets',
  3: 'Metadata',
  4: 'LeaderAndIsr',
  5: 'StopReplica',
  6: 'UpdateMetadata',
  7: 'ControlledShutdown',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  15: 'DescribeGroups',
  16: 'ListGroups',
  17: 'SaslHandshake',
  18: 'ApiVersions',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  21: 'DeleteRecords',
  22: 'InitProducerId',
  23: 'OffsetForLeaderEpoch',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  27: 'WriteTxnMarkers',
  28: 'TxnOffsetCommit',
  29: 'DescribeAcls',
  30: 'CreateAcls',
  31: 'DeleteAcls',
  32: 'DescribeConfigs',
  33: 'AlterConfigs',
  34: 'AlterReplicaLogDirs',
  35: 'DescribeLogDirs',
  36: 'SaslAuthenticate',
  37: 'CreatePartitions',
  38: 'CreateDelegationToken',
  39: 'RenewDelegationToken',
  40: 'ExpireDelegationToken',
  41: 'DescribeDelegationToken',
  42: 'DeleteGroups',
  43: 'ElectLeaders',
  44: 'IncrementalAlterConfigs',
  45: 'AlterPartitionReassignments',
  46: 'ListPartitionReassignments',
  47: 'OffsetDelete',
};

const fields = {
  len: int(32, 'Length'),
  request_key: int(16, 'Request Key', { labels: keys }),
  api_key: int(16, 'API Key', { labels: keys }),
  'request.version': int(16, 'Request Version'),
  api_version: int(16, 'API Version'),
  response_key: int(16, 'Response Key', { labels: keys }),
  'response.version': int(16, 'Response Version'),
  correlation_id: int(32, 'Correlation ID'),
  client_id: text('Client ID'),
};

type KafkaFields = { readonly [K in keyof typeof fields]: Field };

const messageLength: MessageLength = (view, start, end) => {
  if (start + 4 > end) return 0;
  const length = view.getInt32(start);
  return length < 4 || length > LONGEST ? -1 : 4 + length;
};

/** The headers of Kafka's requests and responses; what they ask and answer is left as it is. */
export const kafka = protocol('kafka', 'Kafka', {
  reference: 'Kafka protocol guide (kafka.apache.org/protocol), "Request Header" and "Response Header"',
  column: 'Kafka',
  carriedBy: { 'tcp.port': PORT },
  lead: { fields: [], octets: (_read, view, start, end) => (messageLength(view, start, end) < 0 ? -1 : 0) },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => {
    const asks = portsOf(body).destination === PORT;
    readMessages(body, messageLength, () => {
      body.number(field.len);
      if (asks) request(body, field);
      else response(body, field);
    });
  },
  info: summary,
});

/** What requests leave for their responses, which do not say what they answer. */
function pending(body: Body): Map<number, { key: number; version: number }> | undefined {
  return body.dissection.conversation?.remember('kafka', () => new Map<number, { key: number; version: number }>());
}

function request(body: Body, field: KafkaFields): void {
  const key = body.number(field.request_key);
  body.derived(field.api_key, key, undefined, body.position - 2);
  const version = body.number(field['request.version']);
  body.derived(field.api_version, version, undefined, body.position - 2);
  const id = body.number(field.correlation_id);
  const requests = pending(body);
  if (requests !== undefined && requests.size < MOST_REQUESTS) requests.set(id, { key, version });
  body.need(2, 'Client ID');
  const length = body.view.getInt16(body.position);
  // -1 stands for no name.
  const octets = 2 + Math.max(0, length);
  body.need(octets, 'Client ID');
  const name = length < 0 ? '[ Null ]' : utf8Text(body.view, body.position + 2, length);
  body.found(field.client_id, name, body.position, octets);
  body.position += octets;
}

function response(body: Body, field: KafkaFields): void {
  const id = body.number(field.correlation_id);
  const asked = pending(body)?.get(id);
  if (asked === undefined) return;
  body.derived(field.response_key, asked.key);
  body.derived(field.api_key, asked.key);
  body.derived(field['response.version'], asked.version);
  body.derived(field.api_version, asked.version);
}

/** The last message's name: Wireshark writes over the column. */
function summary(layer: LayerNode, body: Body): string {
  const last = (name: string) => layer.fields.filter((field) => field.name === name).at(-1);
  const key = last('kafka.api_key');
  const kind = portsOf(body).destination === PORT ? 'Request' : 'Response';
  if (key === undefined) return kind === 'Response' ? 'Kafka Response (Undecoded, Request Missing)' : 'Kafka Request';
  return `Kafka ${keys[Number(key.value)] ?? `Unknown ${key.text}`} v${last('kafka.api_version')?.text} ${kind}`;
}
