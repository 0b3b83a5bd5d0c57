/** AMQP 0-9-1's methods: name and arguments, in the order of the specification's XML; see `amqp.ts` for the letters. */

export interface Method {
  readonly name: string;
  /**
   * `letter:field` each: o octet, h 16, l 32, L 64 bits, s short string, S long string, t table, b one bit
   * (bits share octets, the lowest first).
   */
  readonly args: readonly string[];
}

const method = (name: string, args = ''): Method => ({ name, args: args === '' ? [] : args.split(' ') });

const close = 'h:reply_code s:reply_text h:class_id h:method_id';
const tune = 'h:channel_max l:frame_max h:heartbeat';

/** By class and method. */
export const methods: Readonly<Record<number, Readonly<Record<number, Method>>>> = {
  10: {
    10: method('Connection.Start', 'o:version_major o:version_minor t:server_properties S:mechanisms S:locales'),
    11: method('Connection.Start-Ok', 't:client_properties s:mechanism S:response s:locale'),
    20: method('Connection.Secure', 'S:challenge'),
    21: method('Connection.Secure-Ok', 'S:response'),
    30: method('Connection.Tune', tune),
    31: method('Connection.Tune-Ok', tune),
    40: method('Connection.Open', 's:virtual_host s:capabilities b:insist'),
    41: method('Connection.Open-Ok', 's:known_hosts'),
    50: method('Connection.Close', close),
    51: method('Connection.Close-Ok'),
    60: method('Connection.Blocked', 's:reason'),
    61: method('Connection.Unblocked'),
  },
  20: {
    10: method('Channel.Open', 's:out_of_band'),
    11: method('Channel.Open-Ok', 'S:channel_id'),
    20: method('Channel.Flow', 'b:active'),
    21: method('Channel.Flow-Ok', 'b:active'),
    40: method('Channel.Close', close),
    41: method('Channel.Close-Ok'),
  },
  40: {
    10: method(
      'Exchange.Declare',
      'h:ticket s:exchange s:type b:passive b:durable b:auto_delete b:internal b:nowait t:arguments',
    ),
    11: method('Exchange.Declare-Ok'),
    20: method('Exchange.Delete', 'h:ticket s:exchange b:if_unused b:nowait'),
    21: method('Exchange.Delete-Ok'),
    30: method('Exchange.Bind', 'h:ticket s:destination s:source s:routing_key b:nowait t:arguments'),
    31: method('Exchange.Bind-Ok'),
    40: method('Exchange.Unbind', 'h:ticket s:destination s:source s:routing_key b:nowait t:arguments'),
    51: method('Exchange.Unbind-Ok'),
  },
  50: {
    10: method('Queue.Declare', 'h:ticket s:queue b:passive b:durable b:exclusive b:auto_delete b:nowait t:arguments'),
    11: method('Queue.Declare-Ok', 's:queue l:message_count l:consumer_count'),
    20: method('Queue.Bind', 'h:ticket s:queue s:exchange s:routing_key b:nowait t:arguments'),
    21: method('Queue.Bind-Ok'),
    30: method('Queue.Purge', 'h:ticket s:queue b:nowait'),
    31: method('Queue.Purge-Ok', 'l:message_count'),
    40: method('Queue.Delete', 'h:ticket s:queue b:if_unused b:if_empty b:nowait'),
    41: method('Queue.Delete-Ok', 'l:message_count'),
    50: method('Queue.Unbind', 'h:ticket s:queue s:exchange s:routing_key t:arguments'),
    51: method('Queue.Unbind-Ok'),
  },
  60: {
    10: method('Basic.Qos', 'l:prefetch_size h:prefetch_count b:global'),
    11: method('Basic.Qos-Ok'),
    20: method('Basic.Consume', 'h:ticket s:queue s:consumer_tag b:no_local b:no_ack b:exclusive b:nowait t:filter'),
    21: method('Basic.Consume-Ok', 's:consumer_tag'),
    30: method('Basic.Cancel', 's:consumer_tag b:nowait'),
    31: method('Basic.Cancel-Ok', 's:consumer_tag'),
    40: method('Basic.Publish', 'h:ticket s:exchange s:routing_key b:mandatory b:immediate'),
    50: method('Basic.Return', 'h:reply_code s:reply_text s:exchange s:routing_key'),
    60: method('Basic.Deliver', 's:consumer_tag L:delivery_tag b:redelivered s:exchange s:routing_key'),
    70: method('Basic.Get', 'h:ticket s:queue b:no_ack'),
    71: method('Basic.Get-Ok', 'L:delivery_tag b:redelivered s:exchange s:routing_key l:message_count'),
    72: method('Basic.Get-Empty', 's:cluster_id'),
    80: method('Basic.Ack', 'L:delivery_tag b:multiple'),
    90: method('Basic.Reject', 'L:delivery_tag b:requeue'),
    100: method('Basic.Recover-Async', 'b:requeue'),
    110: method('Basic.Recover', 'b:requeue'),
    111: method('Basic.Recover-Ok'),
    120: method('Basic.Nack', 'L:delivery_tag b:multiple b:requeue'),
  },
  85: {
    10: method('Confirm.Select', 'b:nowait'),
    11: method('Confirm.Select-Ok'),
  },
  90: {
    10: method('Tx.Select'),
    11: method('Tx.Select-Ok'),
    20: method('Tx.Commit'),
    21: method('Tx.Commit-Ok'),
    30: method('Tx.Rollback'),
    31: method('Tx.Rollback-Ok'),
  },
};
