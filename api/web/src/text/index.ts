/** Everything that the page says, by the part of the page that says it: a translation is another file like each of these. */

import { app } from './app';
import { filter } from './filter';
import { packets } from './packets';

export const text = { app, filter, packets };
