import { connect } from 'node:tls';
import type { RedisAddress } from './redis.js';

const WITHIN_MS = 1500;
const DEFAULT_PORT = 6379;

/**
 * Tries TLS with each server that a cluster's or sentinels' address names; sends nothing.
 * @returns what it failed by; nothing where there is no TLS, or a single server, which tells it itself
 */
export async function tlsFaultsOf(address: RedisAddress): Promise<readonly unknown[]> {
  const faults = await Promise.all(serversOf(address).map(faultAt));
  return faults.filter((fault) => fault !== null);
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function serversOf(address: RedisAddress): readonly Server[] {
  if (address.kind === 'sentinel') return address.tls === true ? address.hosts : [];
  if (address.kind === 'single' || !address.urls[0]?.startsWith('rediss:')) return [];
  return address.urls.map((url) => {
    const { hostname, port } = new URL(url);
    return { host: hostname.replaceAll(/[[\]]/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
  });
}

/** Null: it can be spoken with. */
const faultAt = ({ host, port }: Server): Promise<unknown> =>
  new Promise((resolve) => {
    const socket = connect({ host, port }, () => end(null));
    const end = (fault: unknown): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.setTimeout(WITHIN_MS, () => end(null));
    socket.on('error', end);
  });
