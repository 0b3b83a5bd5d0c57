/** Everything that is known of one conversation, in plain words. */

import type { ReactNode } from 'react';
import type { Flow } from '../api/types';
import { copyText } from '../out/copy';
import { dateTime } from '../parts/format';
import { plain } from '../parts/plain';
import { HIDDEN } from '../room/challenge';
import { text } from '../text';
import { bytes } from '../text/app';
import { duration } from '../text/flows';
import { Explained } from './flow-history';
import './flow-parts.css';
import { clientOf, secondsBetween, serverOf, stateOf } from './flow-words';
import type { Hidden } from './hidden';
import { useFlowFilter } from './use-stream-number';

const words = text.flows.details;
/** TTLs that systems begin with. */
const STARTS = [64, 128, 255] as const;

export function FlowAbout({ flow, hidden }: { readonly flow: Flow; readonly hidden: Hidden }) {
  const { transport, application, service, host, hostnames, communityId, handshakeRtt, icmp, vlans } = flow;
  const state = stateOf(flow);
  const lasted = secondsBetween(flow.firstTime, flow.lastTime);
  const number = useFlowFilter(flow);
  const named = (name: string | null | undefined) => (name ? words.named(plain(name, 200)) : undefined);
  const secret = (told: boolean, shown: ReactNode) => (told ? HIDDEN : shown);
  const ends = hidden.addresses || hidden.ports;
  return (
    <section className="flow-part" aria-label={words.title}>
      <Group title={words.ends}>
        <Fact name={words.client}>
          {secret(ends, clientOf(flow))} {secret(ends, named(hostnames?.client))}
        </Fact>
        <Fact name={words.server}>
          {secret(ends, serverOf(flow))} {secret(ends, named(hostnames?.server))}
          {host != null && <> · {secret(hidden.words, words.asked(plain(host, 200)))}</>}
        </Fact>
        <Fact name={words.transport}>{secret(hidden.protocols, transport.toUpperCase())}</Fact>
        {application !== null && (
          <Fact name={words.application}>{secret(hidden.protocols, application.toUpperCase())}</Fact>
        )}
        {service != null && (
          <Fact name="">
            <span className="quiet">{secret(hidden.ports, words.service(plain(service, 60)))}</span>
          </Fact>
        )}
        {icmp !== null && (
          <Fact name={words.icmp}>
            {secret(
              hidden.words,
              words.icmpText(icmp.type, icmp.code) +
                (icmp.identifier === null ? '' : words.identifier(icmp.identifier)),
            )}
          </Fact>
        )}
      </Group>
      <Group title={words.time}>
        <Fact name={words.first}>
          {dateTime(flow.firstTime)} · {words.packet(flow.firstPacket)}
        </Fact>
        <Fact name={words.last}>
          {dateTime(flow.lastTime)} · {words.packet(flow.lastPacket)}
        </Fact>
        {lasted !== null && <Fact name={words.lasted}>{duration(lasted)}</Fact>}
      </Group>
      <Group title={words.traffic}>
        <Fact name={words.client2server}>
          {words.amount(
            text.app.packets(flow.clientPackets),
            secret(hidden.lengths, bytes(flow.clientBytes)) as string,
          )}
        </Fact>
        <Fact name={words.server2client}>
          {words.amount(
            text.app.packets(flow.serverPackets),
            secret(hidden.lengths, bytes(flow.serverBytes)) as string,
          )}
        </Fact>
      </Group>
      {(state !== undefined || flow.history !== null) && (
        <Group title={words.connection}>
          {state !== undefined && (
            <Fact name={words.state}>
              {secret(hidden.flags, state[0])} <span className="quiet">{secret(hidden.flags, state[1])}</span>
            </Fact>
          )}
          {handshakeRtt !== null && (
            <Fact name={words.rtt}>
              {duration(handshakeRtt)} <span className="quiet">{text.flows.rttTitle}</span>
            </Fact>
          )}
          {flow.history !== null && (
            <Fact name={words.history}>{hidden.flags ? HIDDEN : <Explained history={flow.history} />}</Fact>
          )}
        </Group>
      )}
      <Group title={words.path}>
        {(flow.clientTtl !== null || flow.serverTtl !== null) && (
          <Fact name={words.ttl}>
            {secret(
              hidden.ttl,
              [
                ...(flow.clientTtl === null ? [] : [words.ttlOf('client', hops(flow.clientTtl))]),
                ...(flow.serverTtl === null ? [] : [words.ttlOf('server', hops(flow.serverTtl))]),
              ].join(' · '),
            )}
          </Fact>
        )}
        {vlans.length > 0 && <Fact name={words.vlans}>{secret(hidden.words, vlans.join(', '))}</Fact>}
        {communityId !== null && (
          <Fact name={words.communityId}>
            {/* It is made of addresses and ports, so that who has it can find out which. */}
            {ends ? HIDDEN : <Copied value={communityId} what={words.communityId} />}{' '}
            <span className="quiet">{words.communityHelp}</span>
          </Fact>
        )}
        {/^(tcp|udp)\.stream == \d+$/.test(number) && (
          <Fact name={words.stream}>
            <Copied value={number} what={words.stream} />
          </Fact>
        )}
      </Group>
      <Group title={words.programs}>
        {flow.processes.length === 0 && <Fact name={text.flows.unknownProgram}>{words.noProgram}</Fact>}
        {flow.processes.map((process) => (
          <Fact key={`${process.end} ${process.pid}`} name={words.at[process.end]}>
            {text.flows.program(
              plain(process.name, 60),
              process.pid,
              plain(process.user, 60),
              plain(process.command, 1000),
            )}
          </Fact>
        ))}
      </Group>
    </section>
  );
}

/** How far away the sender is, as far as its TTL tells. */
function hops(ttl: number): string {
  const start = STARTS.find((one) => one >= ttl);
  return start === undefined || start === ttl ? words.direct(ttl) : words.hops(ttl, start);
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="flow-group">
      <h3>{title}</h3>
      <dl>{children}</dl>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flow-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Copied({ value, what }: { readonly value: string; readonly what: string }) {
  return (
    <>
      <code>{value}</code>{' '}
      <button type="button" aria-label={`${words.copy}: ${what}`} onClick={() => void copyText(what, value)}>
        {words.copy}
      </button>
    </>
  );
}
