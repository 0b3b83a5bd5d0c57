/** Everything that the page says, by the part of the page that says it: a translation is another file like each of these. */

import { app } from './app';
import { captures } from './captures';
import { detail } from './detail';
import { filter } from './filter';
import { flows } from './flows';
import { lab } from './lab';
import { out } from './out';
import { packets } from './packets';
import { room } from './room';
import { statistics } from './statistics';
import { timeline } from './timeline';

export const text = { app, captures, detail, filter, flows, lab, out, packets, room, statistics, timeline };
