import { createHmac } from 'node:crypto';
import type { Server } from 'node:http';
import { Duplex } from 'node:stream';
import { GCProfiler, getHeapStatistics } from 'node:v8';

/**
 * A server of node:http that is fed by hand, without a network: what it allocates for a request is counted in bytes,
 * and the same number comes out on a busy machine.
 */

/** As a socket is, for a server. Each answer is followed by the next request. */
class Connection extends Duplex {
  constructor(private readonly answered: (connection: Connection) => void) {
    super({ decodeStrings: false });
  }
  override _read(): void {}
  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    // An answer may end in a write of nothing.
    if (chunk.length > 0) setImmediate(() => this.answered(this));
    done();
  }
  setTimeout = (): this => this;
  setNoDelay = (): this => this;
  setKeepAlive = (): this => this;
}

const CONNECTIONS = 64;
const BODY_BYTES = 600;

/** What each request made the process allocate, bytes of V8's heap. @param requests whole ones */
export async function bytesPerRequest(server: Server, requests: readonly Buffer[]): Promise<number> {
  let [sent, answered] = [0, 0];
  const all = new Promise<void>((resolve) => {
    const next = (connection: Connection): void => {
      answered += 1;
      if (sent < requests.length) connection.push(requests[sent++]);
      else if (answered === requests.length) resolve();
    };
    for (let at = 0; at < CONNECTIONS; at += 1) {
      const connection = new Connection(next);
      server.emit('connection', connection);
      connection.push(requests[sent++]);
    }
  });
  const allocated = countAllocations();
  await all;
  const bytes = allocated();
  server.closeAllConnections();
  return bytes / requests.length;
}

/** What is returned ends it, and answers how many bytes were allocated meanwhile, those collected again included. */
function countAllocations(): () => number {
  const profiler = new GCProfiler();
  let last = getHeapStatistics().used_heap_size;
  profiler.start();
  return () => {
    let sum = 0;
    for (const { beforeGC, afterGC } of profiler.stop().statistics) {
      sum += beforeGC.heapStatistics.usedHeapSize - last;
      last = afterGC.heapStatistics.usedHeapSize;
    }
    return sum + getHeapStatistics().used_heap_size - last;
  };
}

/** Signed notices of different events, as whole requests. @param key of the signature */
export const requestsOf = (count: number, key: Buffer): readonly Buffer[] =>
  Array.from({ length: count }, (_, at) => requestOf(key, `E${String(at).padStart(8, '0')}`));

/** One of them, with a body of 600 bytes. */
export function requestOf(key: Buffer, event: string): Buffer {
  const notice = { type: 'badge.issued', data: { client_id: 'P1', event_id: event }, note: '' };
  const body = JSON.stringify({ ...notice, note: 'x'.repeat(BODY_BYTES - JSON.stringify(notice).length) });
  const [id, stamp] = [`msg_${event}`, Math.floor(Date.now() / 1000)];
  const mac = createHmac('sha256', key).update(`${id}.${stamp}.${body}`).digest('base64');
  const head = [
    'POST /webhooks/obf HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${stamp}`,
    `webhook-signature: v1,${mac}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
