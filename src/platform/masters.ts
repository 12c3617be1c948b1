import type { Redis } from 'ioredis';
import { raceAbort } from './race-abort.js';
import { isCluster, type RedisConnection } from './redis.js';
import { parseReplication, type Replication } from './replication.js';

/** How long a replica is waited for, milliseconds. One that is well takes one. */
export const WITHIN_MS = 1000;

/** A cluster has replicas, and so has who is behind sentinels. */
export const isReplicated = (redis: RedisConnection): boolean =>
  isCluster(redis) || Array.isArray(redis.options.sentinels);

/**
 * Asks every server that is written to, over the connection that the writes go over.
 * @param ask told what the server says of its replication
 * @throws when one does not answer in time, or is a replica by now
 */
export async function askMasters<T>(
  redis: RedisConnection,
  ask: (node: Redis, told: Replication) => Promise<T>,
): Promise<readonly T[]> {
  // A cluster knows its masters once it has answered.
  if (isCluster(redis) && redis.nodes('master').length === 0) await redis.ping();
  const nodes = isCluster(redis) ? redis.nodes('master') : [redis];
  const asked = nodes.map(async (node) => ask(node, await replicationOf(node)));
  const late = AbortSignal.timeout(2 * WITHIN_MS);
  return raceAbort(Promise.all(asked), late).catch((cause: unknown) => {
    if (cause !== late.reason) throw cause;
    throw new Error('Redis: a master does not say in time how it stands', { cause });
  });
}

async function replicationOf(node: Redis): Promise<Replication> {
  const told = parseReplication(await node.info('replication').catch(forbidden));
  if (told.isReplica) throw new Error('Redis: the server that we write to is a replica by now');
  return told;
}

/** A host that forbids INFO says nothing about replicas. */
function forbidden(error: unknown): string {
  if (error instanceof Error && error.name === 'ReplyError') return '';
  throw error;
}
