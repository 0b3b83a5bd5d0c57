/**
 * Made from the OpenAPI document by `npm test -- --update api-types`; a test sees that it is current.
 * `Answers` has the JSON answer of every call, `Bodies` what is sent with it.
 */

export interface Api {
  answers: Answers;
  bodies: Bodies;
}
export interface Answers {
  'GET /api/health': {
    status: 'ok';
    version: string;
    uptimeSeconds: number;
    name: 'netglass';
  };
  'GET /api/interfaces': InterfaceInfo[];
  'GET /api/capture-filters/check': {
    valid: boolean;
    error?: string;
    hint?: string;
  };
  'GET /api/sockets': {
    sockets: Socket[];
    /**
     * How many there are, whatever the limit.
     */
    total: number;
    /**
     * Why some programs are missing.
     */
    warnings: string[];
  };
  'POST /api/captures/import': Capture;
  'GET /api/captures': Capture[];
  'POST /api/captures': Capture;
  'GET /api/captures/{id}': Capture;
  'PATCH /api/captures/{id}': Capture;
  'POST /api/captures/{id}/stop': Capture;
  'POST /api/captures/{id}/reindex': Capture;
  'GET /api/captures/{id}/packets': PacketPage;
  'GET /api/captures/{id}/packets/count': {
    count: number;
    loss: Loss;
  };
  'GET /api/captures/{id}/packets/{number}': PacketDetail;
  'GET /api/captures/{id}/flows': {
    flows: Flow[];
    next: number | null;
    loss: Loss;
  };
  'GET /api/captures/{id}/flows/{flow}': {
    id: number;
    transport: string;
    client: string;
    server: string;
    clientPort: number | null;
    serverPort: number | null;
    application: string | null;
    packets: number;
    bytes: number;
    clientPackets: number;
    clientBytes: number;
    serverPackets: number;
    serverBytes: number;
    firstTime: string | null;
    lastTime: string | null;
    firstPacket: number;
    lastPacket: number;
    /**
     * TCP: `opening`, `established`, `closing`, `closed`, `reset` or `midstream`; null otherwise.
     */
    state: string | null;
    /**
     * Zeek’s `conn_state`; null for transports that it does not know.
     */
    connState:
      ('S0' | 'S1' | 'SF' | 'REJ' | 'S2' | 'S3' | 'RSTO' | 'RSTR' | 'RSTOS0' | 'RSTRH' | 'SH' | 'SHR' | 'OTH') | null;
    /**
     * Zeek’s `history`: s SYN, h SYN+ACK, a ACK, d data, f FIN, r RST, c wrong checksum, g gap, t data sent again, w zero window, i FIN+RST, q SYN with FIN or RST; upper case from the client; `^` first: the first packet came from the server; an `X` at the end: there was more.
     */
    history: string | null;
    /**
     * TCP: seconds from the client’s SYN to its ACK of the server’s.
     */
    handshakeRtt: number | null;
    /**
     * TTL or hop limit of the client’s first packet.
     */
    clientTtl: number | null;
    serverTtl: number | null;
    /**
     * VLAN ids, outermost first.
     */
    vlans: number[];
    /**
     * ICMP: what asks, or stands alone, and the identifier of those that have one.
     */
    icmp: {
      type: number;
      code: number;
      identifier: number | null;
    } | null;
    /**
     * Community ID, version 1, seed 0.
     */
    communityId: string | null;
    /**
     * The server as the client named it: TLS’s or QUIC’s server name, or HTTP’s Host.
     */
    host?: string | null;
    /**
     * What DNS answers in the capture called the two ends.
     */
    hostnames?: {
      client: string | null;
      server: string | null;
    };
    /**
     * What IANA has registered for the server’s port.
     */
    service?: string | null;
    /**
     * The process that had the socket at this machine’s end, of a live capture; where both ends are here, at the client’s. null: unknown, or several had it.
     */
    process: ProcessInfo | null;
    /**
     * Everybody who had a socket of the flow open, at either end.
     */
    processes: {
      pid: number;
      /**
       * What the kernel calls it: the name of its file.
       */
      name: string;
      /**
       * Name of the effective user.
       */
      user: string;
      /**
       * The command line, at most 1024 characters.
       */
      command: string;
      end: 'client' | 'server';
    }[];
    loss: Loss;
  };
  'GET /api/captures/{id}/flows/{flow}/packets': PacketPage;
  'GET /api/captures/{id}/flows/{flow}/stream': StreamPage;
  'GET /api/captures/{id}/flows/{flow}/sequence': SequencePage;
  'GET /api/captures/{id}/sequence': SequencePage;
  'GET /api/captures/{id}/statistics/protocols': {
    protocols: ProtocolNode[];
    /**
     * Whether every packet has been looked at.
     */
    complete: boolean;
    /**
     * Number of the last packet that has been.
     */
    scannedTo: number;
    loss: Loss;
  };
  'GET /api/captures/{id}/statistics/problems': {
    problems: Finding[];
    /**
     * Whether every packet has been looked at.
     */
    complete: boolean;
    /**
     * Number of the last packet that has been.
     */
    scannedTo: number;
    loss: Loss;
  };
  'GET /api/captures/{id}/statistics/conversations': {
    conversations: Conversation[];
    /**
     * Packets of pairs beyond the 500,000 that are kept.
     */
    omitted?: number;
    /**
     * Whether every packet has been looked at.
     */
    complete: boolean;
    /**
     * Number of the last packet that has been.
     */
    scannedTo: number;
    loss: Loss;
  };
  'GET /api/captures/{id}/statistics/endpoints': {
    endpoints: Endpoint[];
    /**
     * Packets of pairs beyond the 500,000 that are kept.
     */
    omitted?: number;
    /**
     * Whether every packet has been looked at.
     */
    complete: boolean;
    /**
     * Number of the last packet that has been.
     */
    scannedTo: number;
    loss: Loss;
  };
  'GET /api/captures/{id}/statistics/timeline': {
    /**
     * Seconds.
     */
    interval: number;
    /**
     * The beginning of the first bucket; null when no packet has a time.
     */
    start: string | null;
    buckets: TimelineBucket[];
    /**
     * Whether every packet has been looked at.
     */
    complete: boolean;
    /**
     * Number of the last packet that has been.
     */
    scannedTo: number;
    loss: Loss;
  };
  'POST /api/captures/{id}/checks': {
    pass: boolean;
    checks: {
      name: string;
      pass: boolean;
      detail: string;
      /**
       * Matching packets in the part of the capture that the check is about.
       */
      count: number;
      /**
       * Their numbers; at most 100.
       */
      packets: number[];
    }[];
    loss: Loss;
  };
  'GET /api/captures/{id}/why': {
    verdict: 'seen' | 'hidden' | 'absent';
    /**
     * The display filter for whom was asked about.
     */
    filter: string;
    count: number;
    reasons: {
      kind:
        | 'display-filter'
        | 'capture-filter'
        | 'own-traffic'
        | 'interface'
        | 'not-running'
        | 'dropped'
        | 'expired'
        | 'truncated'
        | 'partial-match'
        | 'never-came';
      /**
       * Whether it explains the absence by itself, or only may.
       */
      certain: boolean;
      text: string;
      hint?: string;
    }[];
    loss: Loss;
  };
  'GET /api/captures/{id}/names': {
    names: {
      address: string;
      /**
       * The newest last.
       */
      names: string[];
      /**
       * The packet that told the first of them.
       */
      packet: number | null;
      vendor: string | null;
      /**
       * What this machine’s resolver calls it now; only with --resolve-names.
       */
      resolved?: string[];
    }[];
    /**
     * Addresses that the resolver has not answered within two seconds: ask again. Only with --resolve-names.
     */
    pending?: number;
    loss: Loss;
  };
  'GET /api/captures/{id}/secrets': {
    /**
     * How many of each label of the key log.
     */
    labels: {
      [k: string]: number;
    };
    /**
     * TLS sessions of which there are secrets: different client randoms.
     */
    sessions: number;
  };
  'POST /api/captures/{id}/secrets': {
    taken: {
      /**
       * Secrets of the body by label.
       */
      labels: {
        [k: string]: number;
      };
      /**
       * Of these, secrets that the capture had already.
       */
      known: number;
      /**
       * Lines that are neither secrets, nor comments, nor empty.
       */
      ignored: number;
      /**
       * Secrets of sessions for which there was no room.
       */
      refused: number;
    };
    /**
     * How many of each label of the key log.
     */
    labels: {
      [k: string]: number;
    };
    /**
     * TLS sessions of which there are secrets: different client randoms.
     */
    sessions: number;
  };
  /**
   * a list of the rows of the packet list
   */
  'GET /api/captures/{id}/export': string;
  'GET /api/captures/{id}/marks': {
    marks: Mark[];
  };
  'POST /api/captures/{id}/marks': Mark;
  'POST /api/captures/{id}/marks/batch': {
    marks: Mark[];
  };
  'POST /api/send': {
    engine: 'raw-socket' | 'native';
    interface: string | null;
    sent: number;
    bytes: number;
    seconds: number;
    /**
     * Null when no answers were waited for.
     */
    answered: number | null;
    /**
     * Items: As long as they are no more than a hundred, and no larger than 4 MiB together.
     */
    packets: {
      number: number;
      /**
       * RFC 3339, UTC, nine decimals
       */
      time: string;
      /**
       * Base64: as it was handed over.
       */
      bytes: string;
      /**
       * Base64: as it was captured leaving; null when it was not seen.
       */
      left: string | null;
      /**
       * Of the first ten packets: what was asked for against what left.
       */
      fields?: {
        name: string;
        handed: string | null;
        left: string | null;
        /**
         * `asked`: given in the request; `computed`: by netglass; `kernel`: it left otherwise than it was handed over.
         */
        by: 'asked' | 'computed' | 'kernel';
      }[];
      reply: {
        /**
         * `error`: an ICMP error that quotes the packet; `reset`: a TCP RST.
         */
        kind: 'answer' | 'error' | 'reset';
        /**
         * RFC 3339, UTC, nine decimals
         */
        time: string;
        /**
         * Seconds, by the kernel’s clock.
         */
        rtt: number;
        summary: string;
        /**
         * Base64.
         */
        bytes: string;
        layers: LayerNode[];
      } | null;
    }[];
    /**
     * What is worth knowing, such as what the kernel did on its own.
     */
    notes: string[];
    /**
     * Folder of the pcapng files with everything that was sent.
     */
    log: string | null;
  };
  'GET /api/send': {
    allowed: boolean;
    /**
     * Packets a second at most, of all together.
     */
    rate: number | null;
    /**
     * Not only loopback and directly connected private networks.
     */
    anywhere: boolean | null;
    jobs: {
      id: string;
      kind: 'send' | 'replay';
      capture?: string;
      state: 'running' | 'done' | 'stopped' | 'failed';
      /**
       * Packets that have left so far.
       */
      sent: number;
      bytes: number;
      /**
       * Packets that there are to send; null where that is not known beforehand.
       */
      total: number | null;
      /**
       * RFC 3339, UTC, nine decimals
       */
      startedAt: string;
      stoppedAt: string | null;
      /**
       * Of the last ones that have ended.
       */
      report?:
        | {
            engine: 'raw-socket' | 'native';
            interface: string | null;
            sent: number;
            bytes: number;
            seconds: number;
            /**
             * Null when no answers were waited for.
             */
            answered: number | null;
            /**
             * Items: As long as they are no more than a hundred, and no larger than 4 MiB together.
             */
            packets: {
              number: number;
              /**
               * RFC 3339, UTC, nine decimals
               */
              time: string;
              /**
               * Base64: as it was handed over.
               */
              bytes: string;
              /**
               * Base64: as it was captured leaving; null when it was not seen.
               */
              left: string | null;
              /**
               * Of the first ten packets: what was asked for against what left.
               */
              fields?: {
                name: string;
                handed: string | null;
                left: string | null;
                /**
                 * `asked`: given in the request; `computed`: by netglass; `kernel`: it left otherwise than it was handed over.
                 */
                by: 'asked' | 'computed' | 'kernel';
              }[];
              reply: {
                /**
                 * `error`: an ICMP error that quotes the packet; `reset`: a TCP RST.
                 */
                kind: 'answer' | 'error' | 'reset';
                /**
                 * RFC 3339, UTC, nine decimals
                 */
                time: string;
                /**
                 * Seconds, by the kernel’s clock.
                 */
                rtt: number;
                summary: string;
                /**
                 * Base64.
                 */
                bytes: string;
                layers: LayerNode[];
              } | null;
            }[];
            /**
             * What is worth knowing, such as what the kernel did on its own.
             */
            notes: string[];
            /**
             * Folder of the pcapng files with everything that was sent.
             */
            log: string | null;
          }
        | {
            interface: string;
            sent: number;
            bytes: number;
            seconds: number;
            /**
             * Left out: longer than the interface takes.
             */
            tooLong: number;
            /**
             * Left out: their destination is not allowed.
             */
            refused: number;
            /**
             * Sent as they were kept, which is in part.
             */
            truncated: number;
            notes: string[];
            log: string | null;
          };
      /**
       * Why it failed.
       */
      error?: {
        type: string;
        title: string;
        status: number;
        /**
         * One sentence for a person.
         */
        detail: string;
        /**
         * The exact command or change that mends it.
         */
        hint?: string;
        /**
         * 0-based character of the filter at which it is wrong.
         */
        position?: number;
      };
    }[];
  };
  'GET /api/send/{job}': {
    id: string;
    kind: 'send' | 'replay';
    capture?: string;
    state: 'running' | 'done' | 'stopped' | 'failed';
    /**
     * Packets that have left so far.
     */
    sent: number;
    bytes: number;
    /**
     * Packets that there are to send; null where that is not known beforehand.
     */
    total: number | null;
    /**
     * RFC 3339, UTC, nine decimals
     */
    startedAt: string;
    stoppedAt: string | null;
    /**
     * Of the last ones that have ended.
     */
    report?:
      | {
          engine: 'raw-socket' | 'native';
          interface: string | null;
          sent: number;
          bytes: number;
          seconds: number;
          /**
           * Null when no answers were waited for.
           */
          answered: number | null;
          /**
           * Items: As long as they are no more than a hundred, and no larger than 4 MiB together.
           */
          packets: {
            number: number;
            /**
             * RFC 3339, UTC, nine decimals
             */
            time: string;
            /**
             * Base64: as it was handed over.
             */
            bytes: string;
            /**
             * Base64: as it was captured leaving; null when it was not seen.
             */
            left: string | null;
            /**
             * Of the first ten packets: what was asked for against what left.
             */
            fields?: {
              name: string;
              handed: string | null;
              left: string | null;
              /**
               * `asked`: given in the request; `computed`: by netglass; `kernel`: it left otherwise than it was handed over.
               */
              by: 'asked' | 'computed' | 'kernel';
            }[];
            reply: {
              /**
               * `error`: an ICMP error that quotes the packet; `reset`: a TCP RST.
               */
              kind: 'answer' | 'error' | 'reset';
              /**
               * RFC 3339, UTC, nine decimals
               */
              time: string;
              /**
               * Seconds, by the kernel’s clock.
               */
              rtt: number;
              summary: string;
              /**
               * Base64.
               */
              bytes: string;
              layers: LayerNode[];
            } | null;
          }[];
          /**
           * What is worth knowing, such as what the kernel did on its own.
           */
          notes: string[];
          /**
           * Folder of the pcapng files with everything that was sent.
           */
          log: string | null;
        }
      | {
          interface: string;
          sent: number;
          bytes: number;
          seconds: number;
          /**
           * Left out: longer than the interface takes.
           */
          tooLong: number;
          /**
           * Left out: their destination is not allowed.
           */
          refused: number;
          /**
           * Sent as they were kept, which is in part.
           */
          truncated: number;
          notes: string[];
          log: string | null;
        };
    /**
     * Why it failed.
     */
    error?: {
      type: string;
      title: string;
      status: number;
      /**
       * One sentence for a person.
       */
      detail: string;
      /**
       * The exact command or change that mends it.
       */
      hint?: string;
      /**
       * 0-based character of the filter at which it is wrong.
       */
      position?: number;
    };
  };
  'POST /api/send/{job}/stop': {
    id: string;
    kind: 'send' | 'replay';
    capture?: string;
    state: 'running' | 'done' | 'stopped' | 'failed';
    /**
     * Packets that have left so far.
     */
    sent: number;
    bytes: number;
    /**
     * Packets that there are to send; null where that is not known beforehand.
     */
    total: number | null;
    /**
     * RFC 3339, UTC, nine decimals
     */
    startedAt: string;
    stoppedAt: string | null;
    /**
     * Of the last ones that have ended.
     */
    report?:
      | {
          engine: 'raw-socket' | 'native';
          interface: string | null;
          sent: number;
          bytes: number;
          seconds: number;
          /**
           * Null when no answers were waited for.
           */
          answered: number | null;
          /**
           * Items: As long as they are no more than a hundred, and no larger than 4 MiB together.
           */
          packets: {
            number: number;
            /**
             * RFC 3339, UTC, nine decimals
             */
            time: string;
            /**
             * Base64: as it was handed over.
             */
            bytes: string;
            /**
             * Base64: as it was captured leaving; null when it was not seen.
             */
            left: string | null;
            /**
             * Of the first ten packets: what was asked for against what left.
             */
            fields?: {
              name: string;
              handed: string | null;
              left: string | null;
              /**
               * `asked`: given in the request; `computed`: by netglass; `kernel`: it left otherwise than it was handed over.
               */
              by: 'asked' | 'computed' | 'kernel';
            }[];
            reply: {
              /**
               * `error`: an ICMP error that quotes the packet; `reset`: a TCP RST.
               */
              kind: 'answer' | 'error' | 'reset';
              /**
               * RFC 3339, UTC, nine decimals
               */
              time: string;
              /**
               * Seconds, by the kernel’s clock.
               */
              rtt: number;
              summary: string;
              /**
               * Base64.
               */
              bytes: string;
              layers: LayerNode[];
            } | null;
          }[];
          /**
           * What is worth knowing, such as what the kernel did on its own.
           */
          notes: string[];
          /**
           * Folder of the pcapng files with everything that was sent.
           */
          log: string | null;
        }
      | {
          interface: string;
          sent: number;
          bytes: number;
          seconds: number;
          /**
           * Left out: longer than the interface takes.
           */
          tooLong: number;
          /**
           * Left out: their destination is not allowed.
           */
          refused: number;
          /**
           * Sent as they were kept, which is in part.
           */
          truncated: number;
          notes: string[];
          log: string | null;
        };
    /**
     * Why it failed.
     */
    error?: {
      type: string;
      title: string;
      status: number;
      /**
       * One sentence for a person.
       */
      detail: string;
      /**
       * The exact command or change that mends it.
       */
      hint?: string;
      /**
       * 0-based character of the filter at which it is wrong.
       */
      position?: number;
    };
  };
  'POST /api/captures/{id}/replay': {
    id: string;
    kind: 'send' | 'replay';
    capture?: string;
    state: 'running' | 'done' | 'stopped' | 'failed';
    /**
     * Packets that have left so far.
     */
    sent: number;
    bytes: number;
    /**
     * Packets that there are to send; null where that is not known beforehand.
     */
    total: number | null;
    /**
     * RFC 3339, UTC, nine decimals
     */
    startedAt: string;
    stoppedAt: string | null;
    /**
     * Of the last ones that have ended.
     */
    report?:
      | {
          engine: 'raw-socket' | 'native';
          interface: string | null;
          sent: number;
          bytes: number;
          seconds: number;
          /**
           * Null when no answers were waited for.
           */
          answered: number | null;
          /**
           * Items: As long as they are no more than a hundred, and no larger than 4 MiB together.
           */
          packets: {
            number: number;
            /**
             * RFC 3339, UTC, nine decimals
             */
            time: string;
            /**
             * Base64: as it was handed over.
             */
            bytes: string;
            /**
             * Base64: as it was captured leaving; null when it was not seen.
             */
            left: string | null;
            /**
             * Of the first ten packets: what was asked for against what left.
             */
            fields?: {
              name: string;
              handed: string | null;
              left: string | null;
              /**
               * `asked`: given in the request; `computed`: by netglass; `kernel`: it left otherwise than it was handed over.
               */
              by: 'asked' | 'computed' | 'kernel';
            }[];
            reply: {
              /**
               * `error`: an ICMP error that quotes the packet; `reset`: a TCP RST.
               */
              kind: 'answer' | 'error' | 'reset';
              /**
               * RFC 3339, UTC, nine decimals
               */
              time: string;
              /**
               * Seconds, by the kernel’s clock.
               */
              rtt: number;
              summary: string;
              /**
               * Base64.
               */
              bytes: string;
              layers: LayerNode[];
            } | null;
          }[];
          /**
           * What is worth knowing, such as what the kernel did on its own.
           */
          notes: string[];
          /**
           * Folder of the pcapng files with everything that was sent.
           */
          log: string | null;
        }
      | {
          interface: string;
          sent: number;
          bytes: number;
          seconds: number;
          /**
           * Left out: longer than the interface takes.
           */
          tooLong: number;
          /**
           * Left out: their destination is not allowed.
           */
          refused: number;
          /**
           * Sent as they were kept, which is in part.
           */
          truncated: number;
          notes: string[];
          log: string | null;
        };
    /**
     * Why it failed.
     */
    error?: {
      type: string;
      title: string;
      status: number;
      /**
       * One sentence for a person.
       */
      detail: string;
      /**
       * The exact command or change that mends it.
       */
      hint?: string;
      /**
       * 0-based character of the filter at which it is wrong.
       */
      position?: number;
    };
  };
  'GET /api/lab': {
    demos: {
      name: string;
      title: string;
      /**
       * What there is to see, for a student.
       */
      shows: string;
      /**
       * JSON Schema of the parameters; each has a default.
       */
      parameters: {
        [k: string]: unknown;
      };
    }[];
    runs: {
      id: string;
      demo: string;
      state: string;
    }[];
  };
  'GET /api/lab/runs/{run}': LabRun;
  'POST /api/lab/runs/{run}/step': LabRun;
  'POST /api/lab/runs/{run}/end': LabRun;
  'POST /api/lab/{demo}': LabRun;
  'POST /api/captures/{id}/watch': Watching;
  'GET /api/captures/{id}/watch': Watching;
  'GET /api/watch': {
    /**
     * null until the presenter’s page has said so.
     */
    view: PresenterView | null;
    /**
     * Grows with every view.
     */
    revision: number;
    capture: string;
  };
  'PUT /api/captures/{id}/view': {
    /**
     * null until the presenter’s page has said so.
     */
    view: PresenterView | null;
    /**
     * Grows with every view.
     */
    revision: number;
    viewers: number;
  };
  'GET /api/captures/{id}/view': {
    /**
     * null until the presenter’s page has said so.
     */
    view: PresenterView | null;
    /**
     * Grows with every view.
     */
    revision: number;
  };
  'GET /api/fields': {
    protocols: {
      name: string;
      title: string;
      reference: string;
    }[];
    fields: FieldInfo[];
  };
  'GET /api/filters/check': {
    valid: boolean;
    error?: string;
    /**
     * 0-based character.
     */
    position?: number;
    expected?: string;
  };
  'GET /api/filters/complete': {
    completions: {
      text: string;
      kind: 'field' | 'protocol' | 'operator' | 'value' | 'function';
      title: string;
      /**
       * Character at which the unfinished word begins: `text` takes its place.
       */
      from: number;
    }[];
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "InterfaceInfo".
 */
export interface InterfaceInfo {
  name: string;
  description: string;
  addresses: string[];
  mac: string | null;
  loopback: boolean;
  up: boolean;
  /**
   * Up, and with a carrier.
   */
  running: boolean;
  /**
   * LINKTYPE_ values it can deliver, the default first; empty where that is not known.
   */
  linkTypes: number[];
  /**
   * What the kernel has counted since the interface appeared; of `any` the sum; null where it does not say.
   */
  counters: {
    /**
     * In both directions; each of loopback once.
     */
    packets: number;
    bytes: number;
    receivedPackets: number;
    receivedBytes: number;
    sentPackets: number;
    sentBytes: number;
  } | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Socket".
 */
export interface Socket {
  protocol: 'tcp' | 'udp' | 'udplite' | 'icmp' | 'raw';
  /**
   * Of the socket; one of IPv6 may talk IPv4.
   */
  family: 4 | 6;
  /**
   * `0.0.0.0` and `::` are any of the machine’s.
   */
  localAddress: string;
  /**
   * Of raw sockets the IP protocol’s number, of `icmp` the identifier.
   */
  localPort: number;
  /**
   * null: not connected.
   */
  remoteAddress: string | null;
  remotePort: number | null;
  /**
   * TCP’s as netstat writes it; of others `ESTABLISHED` where connected, else null.
   */
  state: string | null;
  /**
   * Octets not read yet; of a listening socket, connections not accepted yet.
   */
  receiveQueue: number;
  /**
   * Octets not sent or not acknowledged yet; of a listening socket, how many may wait.
   */
  sendQueue: number;
  /**
   * null: it belongs to no process, or to none yet.
   */
  inode: number | null;
  /**
   * Whose it is.
   */
  user: string;
  /**
   * The process that has it open; null: unknown, or several have.
   */
  process: ProcessInfo | null;
  /**
   * Everybody who has it open.
   */
  processes: ProcessInfo[];
  /**
   * The newest running capture in which it was seen.
   */
  capture: string | null;
  /**
   * Its flow in that capture; of an unconnected socket, the latest.
   */
  flow: number | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ProcessInfo".
 */
export interface ProcessInfo {
  pid: number;
  /**
   * What the kernel calls it: the name of its file.
   */
  name: string;
  /**
   * Name of the effective user.
   */
  user: string;
  /**
   * The command line, at most 1024 characters.
   */
  command: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Capture".
 */
export interface Capture {
  id: string;
  name: string;
  comment?: string;
  state: 'running' | 'stopped' | 'importing' | 'failed';
  /**
   * Engine, interfaces and filters of a live capture; the file of an import.
   */
  source: {
    kind: 'live' | 'import';
    [k: string]: unknown;
  };
  /**
   * LINKTYPE_ values, each once.
   */
  linkTypes: number[];
  interfaces: {
    id: number;
    name: string;
    linkType: number;
    description?: string;
    comment?: string;
  }[];
  /**
   * RFC 3339, UTC, nine decimals
   */
  startedAt: string;
  stoppedAt: string | null;
  stop?: {
    /**
     * Stop after so many packets.
     */
    packets?: number;
    /**
     * Stop after so many octets on the wire.
     */
    bytes?: number;
    /**
     * Stop after so many seconds.
     */
    seconds?: number;
    /**
     * Display filter: the capture stops some tenths of a second after the first packet that meets it, which gets a mark; the capture’s `trigger` says which. The same as a trigger whose action is `stop`.
     */
    when?: string;
  };
  /**
   * What the capture waits for, and the packet that it has found.
   */
  trigger?: {
    filter: string;
    action: 'stop' | 'mark' | 'notify';
    /**
     * The first packet that met it; null while none has.
     */
    packet: number | null;
    /**
     * Of that packet.
     */
    time: string | null;
  };
  ring?: {
    /**
     * Keep about so many octets: the oldest segments are deleted.
     */
    bytes?: number;
    /**
     * Keep at most so many segment files.
     */
    segments?: number;
    /**
     * Keep about so many seconds.
     */
    seconds?: number;
  };
  /**
   * Packets so far: the number of the last one.
   */
  packets: number;
  /**
   * Octets on the wire.
   */
  bytes: number;
  firstTime: string | null;
  lastTime: string | null;
  /**
   * Number of the first packet that a ring still has.
   */
  firstPacket: number;
  loss: Loss;
  /**
   * What went wrong, in a sentence.
   */
  error?: string;
  warnings: string[];
}
/**
 * What is missing from the capture: an absence can only be trusted where these are 0.
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Loss".
 */
export interface Loss {
  /**
   * Lost in the kernel for want of buffer; null where it cannot be known.
   */
  kernel: number | null;
  /**
   * Lost by the interface or its driver; null where it cannot be known.
   */
  interface: number | null;
  /**
   * Lost in netglass; null where it cannot be known.
   */
  daemon: number | null;
  /**
   * Kept only in part (snap length).
   */
  truncated: number;
  /**
   * Contradict themselves.
   */
  malformed: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "PacketPage".
 */
export interface PacketPage {
  packets: PacketRow[];
  /**
   * The value for the next `after`, or null at the end.
   */
  next: number | null;
  matches: Matches;
  loss: Loss;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "PacketRow".
 */
export interface PacketRow {
  /**
   * `frame.number`.
   */
  number: number;
  time: string | null;
  /**
   * Seconds since the capture’s first packet.
   */
  relativeTime: number | null;
  /**
   * Octets on the wire.
   */
  length: number;
  /**
   * Octets kept.
   */
  capturedLength: number;
  source: string | null;
  destination: string | null;
  sourcePort: number | null;
  destinationPort: number | null;
  protocol: string;
  info: string;
  /**
   * Id of the packet’s flow.
   */
  flow: number | null;
  process?: ProcessInfo1;
  interface: string;
  direction: ('inbound' | 'outbound') | null;
  problems: ('truncated' | 'malformed' | 'checksum' | 'offload' | 'analysis')[];
  comments?: string[];
  /**
   * All occurrences of the fields asked for, outermost first.
   */
  fields?: {
    [k: string]: string[];
  };
}
/**
 * The flow’s process, where it is known.
 */
export interface ProcessInfo1 {
  pid: number;
  /**
   * What the kernel calls it: the name of its file.
   */
  name: string;
  /**
   * Name of the effective user.
   */
  user: string;
  /**
   * The command line, at most 1024 characters.
   */
  command: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Matches".
 */
export interface Matches {
  /**
   * Matching packets found so far.
   */
  count: number;
  /**
   * Whether every packet has been looked at.
   */
  complete: boolean;
  /**
   * Number of the last packet that has been.
   */
  scannedTo: number;
  plan: 'all' | 'columns' | 'columns+decode' | 'decode';
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "PacketDetail".
 */
export interface PacketDetail {
  /**
   * `frame.number`.
   */
  number: number;
  time: string | null;
  /**
   * Seconds since the capture’s first packet.
   */
  relativeTime: number | null;
  /**
   * Octets on the wire.
   */
  length: number;
  /**
   * Octets kept.
   */
  capturedLength: number;
  source: string | null;
  destination: string | null;
  sourcePort: number | null;
  destinationPort: number | null;
  protocol: string;
  info: string;
  /**
   * Id of the packet’s flow.
   */
  flow: number | null;
  process?: ProcessInfo2;
  interface: string;
  direction: ('inbound' | 'outbound') | null;
  comments?: string[];
  /**
   * All occurrences of the fields asked for, outermost first.
   */
  fields?: {
    [k: string]: string[];
  };
  layers: LayerNode[];
  problems: PacketProblem[];
  /**
   * The captured octets in base64.
   */
  bytes: string;
  /**
   * What this packet completes: messages and datagrams that were put together of several packets.
   */
  sources?: {
    /**
     * For example `Reassembled TCP`.
     */
    name: string;
    /**
     * The octets in base64.
     */
    bytes: string;
  }[];
  loss: Loss;
}
/**
 * The flow’s process, where it is known.
 */
export interface ProcessInfo2 {
  pid: number;
  /**
   * What the kernel calls it: the name of its file.
   */
  name: string;
  /**
   * Name of the effective user.
   */
  user: string;
  /**
   * The command line, at most 1024 characters.
   */
  command: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "LayerNode".
 */
export interface LayerNode {
  protocol: string;
  title: string;
  summary: string;
  offset: number;
  length: number;
  /**
   * Octets that the layer carries behind its header.
   */
  payload?: number;
  /**
   * Index in `sources`: offsets count in those octets. Absent: in the packet’s own.
   */
  source?: number;
  fields: FieldNode[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "FieldNode".
 */
export interface FieldNode {
  /**
   * Filter name.
   */
  name: string;
  title: string;
  /**
   * Integers above 2^53 are decimal text.
   */
  value: number | string | boolean | null;
  /**
   * What a person reads.
   */
  display: string;
  /**
   * What `-T fields` prints.
   */
  text: string;
  /**
   * Octets from the packet’s start.
   */
  offset: number;
  length: number;
  bitOffset?: number;
  bitLength?: number;
  /**
   * Computed, not found on the wire.
   */
  generated?: boolean;
  fields?: FieldNode[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "PacketProblem".
 */
export interface PacketProblem {
  layer: string;
  kind: 'truncated' | 'malformed' | 'checksum' | 'offload' | 'analysis';
  severity: 'chat' | 'note' | 'warn' | 'error';
  /**
   * As Wireshark groups expert information: sequence, checksum, malformed …
   */
  group: string;
  /**
   * Octets from the packet’s start.
   */
  at: number;
  needed?: number;
  available?: number;
  limitedBy?: string;
  message: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Flow".
 */
export interface Flow {
  id: number;
  transport: string;
  client: string;
  server: string;
  clientPort: number | null;
  serverPort: number | null;
  application: string | null;
  packets: number;
  bytes: number;
  clientPackets: number;
  clientBytes: number;
  serverPackets: number;
  serverBytes: number;
  firstTime: string | null;
  lastTime: string | null;
  firstPacket: number;
  lastPacket: number;
  /**
   * TCP: `opening`, `established`, `closing`, `closed`, `reset` or `midstream`; null otherwise.
   */
  state: string | null;
  /**
   * Zeek’s `conn_state`; null for transports that it does not know.
   */
  connState:
    ('S0' | 'S1' | 'SF' | 'REJ' | 'S2' | 'S3' | 'RSTO' | 'RSTR' | 'RSTOS0' | 'RSTRH' | 'SH' | 'SHR' | 'OTH') | null;
  /**
   * Zeek’s `history`: s SYN, h SYN+ACK, a ACK, d data, f FIN, r RST, c wrong checksum, g gap, t data sent again, w zero window, i FIN+RST, q SYN with FIN or RST; upper case from the client; `^` first: the first packet came from the server; an `X` at the end: there was more.
   */
  history: string | null;
  /**
   * TCP: seconds from the client’s SYN to its ACK of the server’s.
   */
  handshakeRtt: number | null;
  /**
   * TTL or hop limit of the client’s first packet.
   */
  clientTtl: number | null;
  serverTtl: number | null;
  /**
   * VLAN ids, outermost first.
   */
  vlans: number[];
  /**
   * ICMP: what asks, or stands alone, and the identifier of those that have one.
   */
  icmp: {
    type: number;
    code: number;
    identifier: number | null;
  } | null;
  /**
   * Community ID, version 1, seed 0.
   */
  communityId: string | null;
  /**
   * The server as the client named it: TLS’s or QUIC’s server name, or HTTP’s Host.
   */
  host?: string | null;
  /**
   * What DNS answers in the capture called the two ends.
   */
  hostnames?: {
    client: string | null;
    server: string | null;
  };
  /**
   * What IANA has registered for the server’s port.
   */
  service?: string | null;
  /**
   * The process that had the socket at this machine’s end, of a live capture; where both ends are here, at the client’s. null: unknown, or several had it.
   */
  process: ProcessInfo | null;
  /**
   * Everybody who had a socket of the flow open, at either end.
   */
  processes: {
    pid: number;
    /**
     * What the kernel calls it: the name of its file.
     */
    name: string;
    /**
     * Name of the effective user.
     */
    user: string;
    /**
     * The command line, at most 1024 characters.
     */
    command: string;
    end: 'client' | 'server';
  }[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "StreamPage".
 */
export interface StreamPage {
  client: {
    address: string;
    port: number;
  };
  server: {
    address: string;
    port: number;
  };
  /**
   * In the order in which they could be read.
   */
  segments: (
    | {
        from: 'client' | 'server';
        /**
         * Number of the packet that brought it.
         */
        packet: number;
        time: string | null;
        /**
         * Octets of `data`; 0 where there is only a `note`.
         */
        length: number;
        /**
         * base64
         */
        data: string;
        /**
         * SCTP: the stream within the association.
         */
        stream?: number;
        /**
         * Something to say about it, in a sentence.
         */
        note?: string;
        /**
         * With `decode`: what was undone, as sent (`chunked`, `gzip`, …).
         */
        decoded?: string[];
      }
    | {
        from: 'client' | 'server';
        /**
         * Octets that are missing here: they were not captured.
         */
        gap: number;
      }
  )[];
  /**
   * The value for the next `after`; null at the end of what there is now.
   */
  next: number | null;
  /**
   * While the capture runs: the value for the `after` of what comes later.
   */
  position: number;
  loss: Loss;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "SequencePage".
 */
export interface SequencePage {
  /**
   * The lifelines. Of one flow: the client, then the server; otherwise one a host, those of this page.
   */
  hosts: {
    address: string;
    name?: string;
    port: number | null;
  }[];
  /**
   * In the order of the capture, marks between them.
   */
  steps: (
    | {
        packet: number;
        time: string | null;
        /**
         * Seconds since the capture’s first packet.
         */
        relativeTime: number | null;
        /**
         * Seconds since the step before.
         */
        sincePrevious: number | null;
        /**
         * Place in `hosts`.
         */
        from: number;
        /**
         * Place in `hosts`.
         */
        to: number;
        flow: number;
        protocol: string;
        /**
         * TCP: for example `SYN, ACK`.
         */
        flags?: string;
        /**
         * TCP: relative to the first number of the sender.
         */
        seq?: number;
        /**
         * TCP: relative to the first number of the receiver.
         */
        ack?: number;
        /**
         * TCP: as in the header, not scaled.
         */
        window?: number;
        /**
         * Octets that the transport carries; without one, of the packet.
         */
        length: number;
        /**
         * What was said: the words of the packet list, or the control bits of a bare segment.
         */
        label: string;
        /**
         * State of the client’s end after this step (RFC 9293, section 3.3.2); null: unknown.
         */
        clientState?:
          | (
              | 'CLOSED'
              | 'LISTEN'
              | 'SYN-SENT'
              | 'SYN-RECEIVED'
              | 'ESTABLISHED'
              | 'FIN-WAIT-1'
              | 'FIN-WAIT-2'
              | 'CLOSE-WAIT'
              | 'CLOSING'
              | 'LAST-ACK'
              | 'TIME-WAIT'
            )
          | null;
        /**
         * State of the server’s end after this step; null: unknown.
         */
        serverState?:
          | (
              | 'CLOSED'
              | 'LISTEN'
              | 'SYN-SENT'
              | 'SYN-RECEIVED'
              | 'ESTABLISHED'
              | 'FIN-WAIT-1'
              | 'FIN-WAIT-2'
              | 'CLOSE-WAIT'
              | 'CLOSING'
              | 'LAST-ACK'
              | 'TIME-WAIT'
            )
          | null;
        /**
         * What there is to say about it, in plain words.
         */
        note?: string;
      }
    | {
        /**
         * The mark’s `id`.
         */
        mark: number;
        text: string;
        /**
         * RFC 3339, UTC, nine decimals
         */
        time: string;
      }
  )[];
  /**
   * The value for the next `after`; null at the end of what there is now.
   */
  next: number | null;
  /**
   * While the capture runs: the value for the `after` of what comes later.
   */
  position: number;
  loss: Loss;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ProtocolNode".
 */
export interface ProtocolNode {
  /**
   * Filter name.
   */
  protocol: string;
  packets: number;
  bytes: number;
  children: ProtocolNode[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Finding".
 */
export interface Finding {
  severity: 'chat' | 'note' | 'warn' | 'error';
  group: string;
  protocol: string;
  /**
   * That of the first one.
   */
  message: string;
  count: number;
  /**
   * The first ten packets that have it.
   */
  packets: number[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Conversation".
 */
export interface Conversation {
  addressA: string;
  portA?: number;
  addressB: string;
  portB?: number;
  packetsAB: number;
  /**
   * On the wire.
   */
  bytesAB: number;
  packetsBA: number;
  bytesBA: number;
  /**
   * Seconds since the capture’s first packet.
   */
  start: number | null;
  /**
   * Seconds.
   */
  duration: number | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Endpoint".
 */
export interface Endpoint {
  address: string;
  port?: number;
  packets: number;
  bytes: number;
  txPackets: number;
  txBytes: number;
  rxPackets: number;
  rxBytes: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "TimelineBucket".
 */
export interface TimelineBucket {
  /**
   * Its beginning.
   */
  time: string;
  packets: number;
  bytes: number;
  /**
   * Packets lost in that time by kernel, interface or daemon, whatever the filter; null where that was not counted. Known to about half a second: in shorter intervals the losses of one are spread evenly.
   */
  drops: number | null;
  /**
   * Malformed, or with a checksum that is wrong on the wire.
   */
  problems: number;
  /**
   * By the innermost protocol.
   */
  byProtocol: {
    [k: string]: {
      packets: number;
      bytes: number;
    };
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Mark".
 */
export interface Mark {
  id: number;
  text: string;
  /**
   * RFC 3339, UTC, nine decimals
   */
  time: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "LabRun".
 */
export interface LabRun {
  id: string;
  demo: string;
  title: string;
  parameters: {
    [k: string]: unknown;
  };
  /**
   * Where its packets are, and a mark for every step.
   */
  capture: string;
  /**
   * Display filter: its packets.
   */
  filter: string;
  /**
   * `waiting`: for its next step; `failed`: `error` says why; `ended`: somebody did.
   */
  state: 'running' | 'waiting' | 'finished' | 'failed' | 'ended';
  stepwise: boolean;
  steps: LabStep[];
  /**
   * The step that comes next, or that is being made.
   */
  next: {
    /**
     * Who makes it: `server`, `client 1`.
     */
    end: string;
    call: string;
    arguments: string[];
    /**
     * In one line; of a step that was made, with its result.
     */
    text: string;
    /**
     * The same call in three languages; where one has no such call, its nearest and a comment that says so.
     */
    code: {
      python: string;
      c: string;
      typescript: string;
    };
    /**
     * Why, and what is to be seen.
     */
    note?: string;
    /**
     * Display filter for what it makes.
     */
    look?: string;
  } | null;
  /**
   * Its flows, for the ladder: `/api/captures/{id}/flows/{flow}/sequence`.
   */
  flows: number[];
  /**
   * At most 5,000.
   */
  packets: {
    number: number;
    time: string | null;
    source: string | null;
    destination: string | null;
    sourcePort: number | null;
    destinationPort: number | null;
    protocol: string;
    info: string;
    flow: number | null;
  }[];
  error?: {
    detail: string;
    hint?: string;
  };
  warnings: string[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "LabStep".
 */
export interface LabStep {
  /**
   * Who makes it: `server`, `client 1`.
   */
  end: string;
  call: string;
  arguments: string[];
  /**
   * In one line; of a step that was made, with its result.
   */
  text: string;
  /**
   * The same call in three languages; where one has no such call, its nearest and a comment that says so.
   */
  code: {
    python: string;
    c: string;
    typescript: string;
  };
  /**
   * Why, and what is to be seen.
   */
  note?: string;
  /**
   * Display filter for what it makes.
   */
  look?: string;
  number: number;
  result: string;
  /**
   * Name of the error that the call failed with, as the demo expects.
   */
  error?: string;
  /**
   * Several lines that the step printed.
   */
  output?: string;
  /**
   * RFC 3339, UTC, nine decimals
   */
  time: string;
  /**
   * RFC 3339, UTC, nine decimals
   */
  endTime: string;
  /**
   * Id of its mark in the capture; null: it could not be written.
   */
  mark: number | null;
  /**
   * Packets that it made, or that the kernel sent because of it.
   */
  packets: number[];
  /**
   * Packets that brought what it received.
   */
  received: number[];
  /**
   * Of its first packet.
   */
  flow: number | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Watching".
 */
export interface Watching {
  /**
   * Opens this capture alone, for reading.
   */
  token: string;
  /**
   * Where viewers open the page.
   */
  path: string;
  /**
   * The same for other machines; empty where the service listens on loopback.
   */
  addresses: string[];
  /**
   * How many follow the view at the moment.
   */
  viewers: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "PresenterView".
 */
export interface PresenterView {
  /**
   * The display filter that is applied.
   */
  filter?: string;
  /**
   * `frame.number` of the selected packet.
   */
  packet?: number | null;
  /**
   * Id of the opened flow.
   */
  flow?: number | null;
  tab?: string;
  /**
   * What is shown within the tab.
   */
  part?: string | null;
  /**
   * Seconds since the capture’s first packet, between which packets are looked at.
   */
  from?: number | null;
  to?: number | null;
  /**
   * Filter name of the selected field.
   */
  field?: string | null;
  /**
   * The selected octets of the packet.
   */
  bytes?: {
    offset: number;
    length: number;
  } | null;
  /**
   * Fields that are a riddle until they are revealed.
   *
   * @maxItems 200
   */
  hidden?: string[];
  /**
   * How far a replay has come, in seconds since the first packet, and how fast it goes.
   */
  replay?: {
    time: number;
    speed: number;
    playing: boolean;
  } | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "FieldInfo".
 */
export interface FieldInfo {
  /**
   * Filter name.
   */
  name: string;
  title: string;
  /**
   * Filter name of the protocol it belongs to; `frame` for the packet’s own.
   */
  protocol: string;
  type: string;
  /**
   * Width on the wire; 0 where it varies.
   */
  bits: number;
  base?: 10 | 16;
  /**
   * Names of values.
   */
  labels?: {
    [k: string]: string;
  };
  /**
   * The fields that this name stands for any of.
   */
  members?: string[];
}
export interface Bodies {
  'POST /api/captures': {
    /**
     * Default: the interfaces’ names.
     */
    name?: string;
    /**
     * Names from `GET /api/interfaces`, or `any`; for `raw-socket`: `icmp`, `icmp6`, `ip:N`, `ip6:N`.
     *
     * @minItems 1
     * @maxItems 64
     */
    interfaces: [string, ...string[]];
    engine?: 'native' | 'cap' | 'raw-socket';
    /**
     * BPF in libpcap’s syntax.
     */
    captureFilter?: string;
    /**
     * Octets of each packet that are kept.
     */
    snapLength?: number;
    /**
     * Default true.
     */
    promiscuous?: boolean;
    /**
     * Kernel buffer per interface; default 24 MiB.
     */
    bufferBytes?: number;
    stop?: {
      /**
       * Stop after so many packets.
       */
      packets?: number;
      /**
       * Stop after so many octets on the wire.
       */
      bytes?: number;
      /**
       * Stop after so many seconds.
       */
      seconds?: number;
      /**
       * Display filter: the capture stops some tenths of a second after the first packet that meets it, which gets a mark; the capture’s `trigger` says which. The same as a trigger whose action is `stop`.
       */
      when?: string;
    };
    /**
     * What to do some tenths of a second after the first packet that meets a display filter.
     */
    trigger?: {
      /**
       * Display filter.
       */
      when: string;
      /**
       * `mark` puts a mark before the packet; `notify` only tells, in `trigger` and as an event.
       */
      action: 'stop' | 'mark' | 'notify';
    };
    ring?: {
      /**
       * Keep about so many octets: the oldest segments are deleted.
       */
      bytes?: number;
      /**
       * Keep at most so many segment files.
       */
      segments?: number;
      /**
       * Keep about so many seconds.
       */
      seconds?: number;
    };
  };
  'PATCH /api/captures/{id}': {
    name?: string;
    comment?: string;
  };
  'POST /api/captures/{id}/checks': {
    /**
     * @minItems 1
     * @maxItems 200
     */
    checks: [
      (
        | {
            /**
             * For the report; default the filter.
             */
            name?: string;
            /**
             * Display filter: such packets must come, behind those of the expectation before.
             */
            expect: string;
            /**
             * How many until the next expectation’s; a number: exactly so many. Default at least one.
             */
            count?:
              | number
              | {
                  min?: number;
                  max?: number;
                };
            /**
             * Seconds from the last packet of the expectation before to the last of these.
             */
            within?: number;
          }
        | {
            /**
             * For the report; default the filter.
             */
            name?: string;
            /**
             * Display filter: no such packet may come between the expectations before and after, or the capture’s ends.
             */
            no: string;
          }
      ),
      ...(
        | {
            /**
             * For the report; default the filter.
             */
            name?: string;
            /**
             * Display filter: such packets must come, behind those of the expectation before.
             */
            expect: string;
            /**
             * How many until the next expectation’s; a number: exactly so many. Default at least one.
             */
            count?:
              | number
              | {
                  min?: number;
                  max?: number;
                };
            /**
             * Seconds from the last packet of the expectation before to the last of these.
             */
            within?: number;
          }
        | {
            /**
             * For the report; default the filter.
             */
            name?: string;
            /**
             * Display filter: no such packet may come between the expectations before and after, or the capture’s ends.
             */
            no: string;
          }
      )[]
    ];
  };
  'POST /api/captures/{id}/marks': {
    text: string;
    /**
     * RFC 3339, up to nine decimals; default now.
     */
    time?: string;
  };
  'POST /api/captures/{id}/marks/batch': {
    /**
     * @minItems 1
     * @maxItems 1000
     */
    marks: [
      {
        text: string;
        /**
         * RFC 3339, up to nine decimals; default now.
         */
        time?: string;
      },
      ...{
        text: string;
        /**
         * RFC 3339, up to nine decimals; default now.
         */
        time?: string;
      }[]
    ];
  };
  'POST /api/send': {
    /**
     * Outermost first, each an object with one member: `eth`, `vlan`, `ieee8021ad`, `arp`, `ip`, `ipv6`, `icmp`, `icmpv6`, `udp`, `tcp` or `dns` with its fields by Wireshark’s names, with or without the prefix; the last one may be `payload`: a text, or octets as `"0x…"` or `{"hex": "…"}`. What is not given is computed.
     *
     * @minItems 1
     * @maxItems 64
     */
    layers: [
      {
        [k: string]: unknown;
      },
      ...{
        [k: string]: unknown;
      }[]
    ];
    /**
     * `raw-socket`: IP packets with their own header (IP_HDRINCL), where the routes lead. `native`: frames, by an interface. Default: what the layers begin with.
     */
    engine?: 'raw-socket' | 'native';
    /**
     * Where frames leave; default: where the routes lead.
     */
    interface?: string;
    /**
     * Default 1.
     */
    count?: number;
    /**
     * Seconds from one packet to the next. Default 0.
     */
    interval?: number;
    /**
     * Packets a second at most; default and most: the daemon’s `--send-rate`.
     */
    rate?: number;
    /**
     * Seconds to wait for answers, after the last packet, of at most 100; the wait ends when every packet is answered.
     */
    wait?: number;
    /**
     * Answer at once, with 202 and what can be asked and stopped.
     */
    background?: boolean;
  };
  'POST /api/captures/{id}/replay': {
    /**
     * Where the frames leave.
     */
    interface: string;
    /**
     * Display filter: only these packets.
     */
    filter?: string;
    /**
     * How many times as fast as it was captured; 0: as fast as the rate lets them. Default 1.
     */
    speed?: number;
    /**
     * Packets a second at most; default and most: the daemon’s `--send-rate`.
     */
    rate?: number;
    /**
     * Packets at most.
     */
    packets?: number;
  };
  'POST /api/lab/{demo}': {
    /**
     * As the demo’s schema says.
     */
    parameters?: {
      [k: string]: unknown;
    };
    /**
     * Id of a running capture; default: one of the run’s own.
     */
    capture?: string;
    /**
     * Wait for a request before each step.
     */
    stepwise?: boolean;
    /**
     * Seconds to wait for the end.
     */
    wait?: number;
  };
  'PUT /api/captures/{id}/view': PresenterView;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Problem".
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /**
   * One sentence for a person.
   */
  detail: string;
  /**
   * The exact command or change that mends it.
   */
  hint?: string;
  /**
   * 0-based character of the filter at which it is wrong.
   */
  position?: number;
}
