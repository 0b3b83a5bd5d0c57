/** The SQLite schema of one capture's index. It can be thrown away and rebuilt from the segments. */

/** Raised when the tables change; an index with another version is rebuilt. */
export const SCHEMA_VERSION = 6;

/**
 * Rows, not opaque blobs: `sqlite3 index.sqlite 'select * from packet_list limit 10'` is meant for people.
 * `packets` is clustered on the packet number and has no other index while packets are being added: keeping
 * `packets_flow` up to date would cost eight times what the row itself costs.
 */
export const SCHEMA = `
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

CREATE TABLE interfaces (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  description TEXT,
  link_type   INTEGER NOT NULL,
  snap_length INTEGER NOT NULL,
  filter      TEXT,
  comment     TEXT
) STRICT;

-- What the numbers in packets.protocol and flows.protocol mean in this index.
CREATE TABLE protocols (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL,
  title TEXT NOT NULL
) STRICT;

CREATE TABLE segments (
  id           INTEGER PRIMARY KEY,
  file         TEXT NOT NULL,
  first_packet INTEGER NOT NULL
) STRICT;

CREATE TABLE packets (
  number    INTEGER PRIMARY KEY, -- frame.number, from 1
  time      INTEGER,             -- nanoseconds since meta 'base_time'; NULL when the packet has no time
  length    INTEGER NOT NULL,    -- octets on the wire
  captured  INTEGER NOT NULL,    -- octets kept
  offset    INTEGER NOT NULL,    -- of the packet's Enhanced Packet Block in its segment
  interface INTEGER NOT NULL,
  flow      INTEGER NOT NULL,    -- 0: no addresses
  protocol  INTEGER NOT NULL,    -- the innermost one that was recognised; 0: none
  flags     INTEGER NOT NULL     -- PacketFlag bits, decoders/core/walk.ts
) STRICT;

CREATE TABLE flows (
  id             INTEGER PRIMARY KEY,
  family         INTEGER NOT NULL, -- 4, 6, or 1 for Ethernet addresses
  transport      INTEGER NOT NULL, -- IP protocol number; 0: none
  ip_protocol    INTEGER NOT NULL, -- what the first packet's IP header says, known or not; 0: no IP
  client         BLOB NOT NULL,    -- address in network byte order: 4, 16 or 6 octets
  server         BLOB NOT NULL,
  client_port    INTEGER NOT NULL, -- of ICMP the identifier
  server_port    INTEGER NOT NULL,
  vlan           INTEGER,          -- VLAN id of the outermost tag; NULL: untagged
  inner_vlan     INTEGER,          -- of the tag inside
  icmp_type      INTEGER,          -- of ICMP; where messages are answered, the question's
  icmp_code      INTEGER,
  client_address TEXT NOT NULL,    -- the same addresses, readable
  server_address TEXT NOT NULL,
  client_packets INTEGER NOT NULL,
  client_bytes   INTEGER NOT NULL,
  server_packets INTEGER NOT NULL,
  server_bytes   INTEGER NOT NULL,
  first_time     INTEGER,          -- nanoseconds since meta 'base_time'; NULL: none of its packets has a time
  last_time      INTEGER,
  first_packet   INTEGER NOT NULL,
  last_packet    INTEGER NOT NULL,
  protocol       INTEGER NOT NULL, -- the highest one seen
  client_flags   INTEGER NOT NULL, -- union of the TCP control bits sent
  server_flags   INTEGER NOT NULL,
  client_ttl     INTEGER,          -- TTL or hop limit of the first packet that the client sent
  server_ttl     INTEGER,
  handshake      INTEGER,          -- of TCP: nanoseconds from the client's SYN to its ACK
  first_data     INTEGER,          -- number of the first packet of the client that carries data
  conn_state     TEXT,             -- as Zeek's conn.log has it: S0, S1, SF, …; NULL where that has none
  history        TEXT              -- the same: ShADadFf …, upper case from the client
) STRICT;

-- Processes of this machine that had a socket of a flow open, as they were then; of live captures only.
CREATE TABLE processes (
  id      INTEGER PRIMARY KEY,
  pid     INTEGER NOT NULL,
  started INTEGER NOT NULL, -- clock ticks since the machine's start; with pid, it names the process
  name    TEXT NOT NULL,
  user    TEXT NOT NULL,
  command TEXT NOT NULL,
  UNIQUE (pid, started, name, user, command)
) STRICT;

CREATE TABLE flow_processes (
  flow    INTEGER NOT NULL,
  side    TEXT NOT NULL,    -- 'client' or 'server': whose socket it is
  process INTEGER NOT NULL, -- several rows for one side: all of them had it open
  PRIMARY KEY (flow, side, process)
) STRICT, WITHOUT ROWID;

-- One row a second and protocol.
CREATE TABLE seconds (
  second   INTEGER NOT NULL, -- since meta 'base_time'
  protocol INTEGER NOT NULL,
  packets  INTEGER NOT NULL,
  bytes    INTEGER NOT NULL,
  problems INTEGER NOT NULL, -- malformed, or a checksum that is wrong on the wire
  PRIMARY KEY (second, protocol)
) STRICT, WITHOUT ROWID;

-- One row for 16,384 packet numbers: what is asked for by time is looked for where it can be.
CREATE TABLE spans (
  place      INTEGER PRIMARY KEY, -- packets.number >> 14
  first_time INTEGER NOT NULL,    -- the least and the greatest of its packets, as in packets
  last_time  INTEGER NOT NULL
) STRICT;

CREATE VIEW packet_list AS
SELECT p.number,
       p.time / 1e9 AS seconds,
       CASE WHEN p.flags & 2048 THEN f.server_address ELSE f.client_address END AS source,
       CASE WHEN p.flags & 2048 THEN f.client_address ELSE f.server_address END AS destination,
       CASE WHEN f.transport IN (1, 58) THEN NULL
            WHEN p.flags & 2048 THEN f.server_port ELSE f.client_port END AS source_port,
       CASE WHEN f.transport IN (1, 58) THEN NULL
            WHEN p.flags & 2048 THEN f.client_port ELSE f.server_port END AS destination_port,
       r.name AS protocol,
       p.length,
       p.flow,
       i.name AS interface
FROM packets p
LEFT JOIN flows f ON f.id = p.flow
LEFT JOIN protocols r ON r.id = p.protocol
LEFT JOIN interfaces i ON i.id = p.interface;
`;

/**
 * Built when somebody first asks what it makes quick, and the capture has stopped: 2.9 million rows/s then, against
 * 0.16 million rows/s while inserting. Most captures never need it, and building it takes a quarter of an import's time.
 */
export const FLOW_INDEX = 'CREATE INDEX IF NOT EXISTS packets_flow ON packets (flow)';
