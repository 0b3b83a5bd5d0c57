import { protocol, text } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { distanceTo, portsOf } from './messages.js';

const PORT = 79;
const LF = 0x0a;

/**
 * For `message` of a declaration: a question is one line with nothing behind it. What has more lines, and what has no end
 * of a line, is an answer, and goes on until the server closes the connection.
 */
export const questionOrAnswer: MessageLength = (view, start, end) => {
  const line = distanceTo(view, LF, start, end);
  return line + 1 === end - start ? line + 1 : Number.POSITIVE_INFINITY;
};

/** Finger: one line asks who somebody is, and text answers. */
export const finger = protocol('finger', 'finger', {
  reference: 'RFC 1288, section 2',
  carriedBy: { 'tcp.port': PORT },
  header: {},
  fields: {
    query: text('Query'),
    response: text('Response'),
  },
  headerLength: 'all',
  message: questionOrAnswer,
  body: (body, field) => {
    body.take(portsOf(body).destination === PORT ? field.query : field.response, body.remaining);
  },
  info: (_layer, body) => (portsOf(body).destination === PORT ? 'Query' : 'Response'),
});
