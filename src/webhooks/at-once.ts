import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Head } from './heads.js';

/** Where Node keeps, as text, a head that is written and has not left. */
const HEAD = '_header';
const END = '\r\n\r\n';

/** Whether this Node keeps it there. Where it does not, answers leave as usual, which takes a little longer. */
export function keepsHeadAsText(): boolean {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  res.writeHead(202, ['Content-Length', '0']);
  return textOf(res).endsWith(END);
}

/** Header lines as they leave. They are the same each time: Node would look at each of their letters each time. */
export const linesOf = (head: Head): string =>
  head.reduce((text, word, at) => text + word + (at % 2 === 0 ? ': ' : '\r\n'), '');

/**
 * Head and body in one write. What a head says of the connection is Node's own.
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
  Reflect.set(res, HEAD, `${textOf(res).slice(0, -2)}${lines}\r\n${body}`);
  res.end();
}

const textOf = (res: ServerResponse): string => String(Reflect.get(res, HEAD));
