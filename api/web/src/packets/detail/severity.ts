/** How bad what a node of the tree tells is. */

import type { PacketProblem } from '../../api/types';
import type { TreeNode } from './model';

export type Severity = PacketProblem['severity'];
const ORDER: readonly Severity[] = ['chat', 'note', 'warn', 'error'];

/** The severity of an expert's finding, and of a layer the worst one that is more than chat; undefined: none. */
export function severityOf(node: TreeNode, problems: readonly PacketProblem[]): Severity | undefined {
  const { field, layer } = node;
  if (field === undefined) {
    const worst = problems
      .filter((problem) => problem.layer === layer.protocol)
      .reduce((most, { severity }) => Math.max(most, ORDER.indexOf(severity)), 0);
    return worst > 0 ? ORDER[worst] : undefined;
  }
  if (field.name !== '_ws.expert' && field.name !== '_ws.malformed' && field.name !== '_ws.short') return undefined;
  return problems.find(({ message }) => message === field.display)?.severity ?? 'error';
}
