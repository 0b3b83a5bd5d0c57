/** The page's types are those of the service. */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { apiTypes } from './api-types.js';

test('the types of the page are made from the OpenAPI document', async () => {
  const file = fileURLToPath(new URL('../../../api/web/src/api/types.ts', import.meta.url));
  const wanted = await apiTypes();
  if (process.env['NETGLASS_UPDATE'] === '1') writeFileSync(file, wanted);
  expect(readFileSync(file, 'utf8')).toBe(wanted);
});
