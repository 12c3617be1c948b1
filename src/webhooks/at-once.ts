import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Head } from './heads.js';

/** Where Node keeps, as text, a head that is written and has not left. */
const HEAD = '_header';
const END = '\r\n\r\n';

/** An answer that goes nowhere: what stands in it is for nobody. */
const PROBE = { head: ['Content-Length', '2'], lines: 'X-Probe: 1\r\n', body: '{}' } as const;

/**
 * Whether what `endAtOnce` does works in this Node: an answer is written with it, and what would leave is looked at.
 * Where it does not, answers leave as usual, which takes a little longer.
 * @param Response another kind, for tests
 */
export function keepsHeadAsText(
  Response: new (req: IncomingMessage) => ServerResponse = ServerResponse,
): boolean {
  const res = new Response(new IncomingMessage(new Socket()));
  endAtOnce(res, 202, PROBE.head, PROBE);
  const [head = '', ...rest] = leaving(res).split(END);
  const isWhole = head.includes('\r\nContent-Length: 2\r\n') && head.endsWith('\r\nX-Probe: 1');
  return isWhole && rest.length === 1 && rest[0] === PROBE.body;
}

/** What was written to an answer without a socket. */
function leaving(res: ServerResponse): string {
  const written: unknown = Reflect.get(res, 'outputData');
  if (!Array.isArray(written)) return '';
  return written.map((one: object) => String(Reflect.get(one, 'data'))).join('');
}

/** Header lines as they leave. They are the same each time: Node would look at each of their letters each time. */
export const linesOf = (head: Head): string =>
  head.reduce((text, word, at) => text + word + (at % 2 === 0 ? ': ' : '\r\n'), '');

/**
 * Head and body in one write. What a head says of the connection is Node's own. Where Node does not let go of its
 * head, the body still follows it, without `lines`.
 * @param head what is said this time
 * @param lines what always is: see `linesOf`
 * @param body ASCII, of the length that the head says
 */
export function endAtOnce(
  res: ServerResponse,
  status: number,
  head: Head,
  { lines, body }: { readonly lines: string; readonly body: string },
): void {
  res.writeHead(status, [...head]);
  const isSet = Reflect.set(res, HEAD, `${textOf(res).slice(0, -2)}${lines}\r\n${body}`);
  res.end(isSet ? undefined : body);
}

const textOf = (res: ServerResponse): string => String(Reflect.get(res, HEAD));
