import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What the wire does to a call. `lose-reply`: OBF gets it and its answer is cut off. */
export type Wire =
  | { readonly kind: 'ok' }
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'lose-reply' };

export interface FaultProxy {
  readonly url: string;
  /** From now on, for every connection. Back to `ok`: what hung in a black hole is cut. */
  set(wire: Wire): void;
  /** How many calls each kind met. */
  readonly met: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/**
 * A wire to a server on this machine that can be bad. Credentials name their own address: the server's
 * port is written over by ours, which has as many digits.
 */
export async function openFaultProxy(target: URL): Promise<FaultProxy> {
  let wire: Wire = { kind: 'ok' };
  const met: Record<string, number> = {};
  const open = new Set<Socket>();
  const hanging = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let replies: 'pass' | 'cut' = 'pass';
    // Bytes that were slowed down are not overtaken.
    let line = Promise.resolve<unknown>(undefined);
    const forward = (bytes: Buffer, afterMs: number): void => {
      line = line.then(() => pause(afterMs)).then(() => far.write(bytes));
    };
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        hanging.delete(one);
        if (!hanging.has(other)) other.destroy();
      });
    }
    near.on('data', (bytes) => {
      met[wire.kind] = (met[wire.kind] ?? 0) + 1;
      if (wire.kind === 'black-hole') hanging.add(near);
      if (hanging.has(near)) return;
      if (wire.kind === 'lose-reply') replies = 'cut';
      if (wire.kind === 'reset') near.resetAndDestroy();
      else forward(bytes, wire.kind === 'latency' ? wire.ms : 0);
    });
    far.on('data', (bytes) => (replies === 'cut' ? near.destroy() : near.write(readdressed(bytes))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  const [from, to] = [`127.0.0.1:${target.port}`, `127.0.0.1:${port}`];
  if (from.length !== to.length) throw new Error('two ports of different length');
  const readdressed = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
  return {
    url: `http://${to}`,
    met,
    set(next) {
      wire = next;
      if (next.kind === 'ok') for (const socket of hanging) socket.destroy();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function portOf(address: unknown): number {
  const port: unknown = typeof address === 'object' && address !== null ? Reflect.get(address, 'port') : null;
  if (typeof port !== 'number') throw new Error('the proxy listens on no port');
  return port;
}
