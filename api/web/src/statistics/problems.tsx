/** What the expert finds, the gravest first. */

import { useState } from 'react';
import type { Finding } from '../api/types';
import { applyCondition } from '../filter/apply';
import { openFilterMenu } from '../filter/filter-menu';
import { below } from '../parts/context-menu';
import { plain } from '../parts/plain';
import { show } from '../state/view';
import { text } from '../text';
import { count } from '../text/app';
import { ofFinding } from './conditions';
import './problems.css';
import { StatisticHead } from './statistic-head';
import { useStatistic } from './use-statistic';

const words = text.statistics.problems;
const SEVERITIES: readonly Finding['severity'][] = ['error', 'warn', 'note', 'chat'];
/** Findings of a group that are shown before somebody asks for more. */
const FEW = 50;

export function Problems() {
  const { data, error } = useStatistic('problems');
  const found = data?.answer.problems;
  return (
    <>
      <StatisticHead intro={text.statistics.intro.problems} progress={data?.answer} error={error} rows={undefined} />
      <div className="problems">
        {found?.length === 0 && data?.answer.complete === true && <p className="notice good">{words.none}</p>}
        {SEVERITIES.map((severity) => (
          <Group
            key={severity}
            severity={severity}
            findings={(found ?? []).filter((finding) => finding.severity === severity)}
          />
        ))}
      </div>
    </>
  );
}

function Group({
  severity,
  findings,
}: {
  readonly severity: Finding['severity'];
  readonly findings: readonly Finding[];
}) {
  const [all, setAll] = useState(false);
  if (findings.length === 0) return null;
  const shown = all ? findings : findings.slice(0, FEW);
  const total = findings.reduce((sum, finding) => sum + finding.count, 0);
  return (
    <section className="problems-group" data-severity={severity} aria-label={words.severities[severity]}>
      <h2>
        <span className="problems-sign" aria-hidden="true">
          {words.signs[severity]}
        </span>
        {words.severities[severity]} <span className="stat-count">{count(total)}</span>
      </h2>
      <ul>
        {shown.map((finding) => (
          <One key={`${finding.protocol} ${finding.group} ${finding.message}`} finding={finding} />
        ))}
      </ul>
      {shown.length < findings.length && (
        <button type="button" onClick={() => setAll(true)}>
          {words.more(findings.length - shown.length)}
        </button>
      )}
    </section>
  );
}

function One({ finding }: { readonly finding: Finding }) {
  const { protocol, group, message, count: times, packets } = finding;
  const condition = ofFinding(finding);
  const said = plain(message);
  return (
    <li>
      <button
        type="button"
        className="stat-filter"
        aria-label={text.statistics.filterRow(said)}
        title={text.statistics.filterRow(said)}
        onClick={({ currentTarget }) => openFilterMenu(condition, below(currentTarget, currentTarget))}
      >
        ⋯
      </button>
      <span className="problems-message">
        <button
          type="button"
          className="problems-link"
          onClick={() => applyCondition(condition, 'and', { tab: 'packets' })}
        >
          {said.charAt(0).toUpperCase() + said.slice(1)}
        </button>
        <span className="stat-title">
          {' '}
          {protocol} · {words.groups[group] ?? group} · {words.times(times)}
        </span>
      </span>
      <span className="problems-packets">
        {packets.map((number) => (
          <button
            type="button"
            key={number}
            aria-label={words.packet(number)}
            onClick={() => show({ tab: 'packets', packet: number }, false)}
          >
            {number}
          </button>
        ))}
        {times > packets.length && '…'}
      </span>
    </li>
  );
}
