import { escapedText } from '../core/format.js';
import { protocol, text } from '../core/index.js';
import { questionOrAnswer } from './finger.js';
import { portsOf } from './messages.js';
import { lineAt } from './text-lines.js';

const PORT = 43;

/** WHOIS: one line asks for a name or an address, and lines of text answer. */
export const whois = protocol('whois', 'whois', {
  reference: 'RFC 3912, section 2',
  carriedBy: { 'tcp.port': PORT },
  header: {},
  fields: {
    query: text('Query'),
    answer: text('Answer'),
  },
  headerLength: 'all',
  message: questionOrAnswer,
  body: (body, field) => {
    const asked = body.dissection.conversation?.remember('whois', () => ({ query: '' }));
    if (portsOf(body).destination === PORT) {
      if (asked !== undefined) asked.query = lineAt(body.view, body.position, body.end).text;
      body.take(field.query, body.remaining);
      return;
    }
    while (body.remaining > 0) body.take(field.answer, lineAt(body.view, body.position, body.end).next - body.position);
  },
  info: (_layer, body) => {
    if (portsOf(body).destination === PORT)
      return `Query: ${escapedText(lineAt(body.view, body.start, body.end).text)}`;
    const asked = body.dissection.conversation?.remember('whois', () => ({ query: '' })).query;
    return asked === undefined || asked === '' ? 'Answer' : `Answer: ${escapedText(asked)}`;
  },
});
