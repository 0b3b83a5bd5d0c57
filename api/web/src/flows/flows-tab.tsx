/** Who talked with whom: the list, or one conversation. */

import { FlowGrid } from './flow-grid';

export function FlowsTab() {
  return <FlowGrid />;
}
