import type { Cluster, Redis } from 'ioredis';

/**
 * Has a connection say `end` whenever it is disconnected. ioredis says it when a socket closes, and between two
 * there is none (redis/ioredis#1247): a worker that is told to stop while Redis is away, or while a replica takes
 * over, would wait for it until its process is killed (taskforcesh/bullmq#4656). What ends here is a connection
 * that is begun for that alone, and dropped before it carries anything. What is duplicated from it does the same.
 */
export function ending(redis: Redis): Redis {
  const disconnect = redis.disconnect.bind(redis);
  const duplicate = redis.duplicate.bind(redis);
  return Object.assign(redis, {
    disconnect(reconnect = false): void {
      const isBetween = redis.status === 'reconnecting';
      disconnect(reconnect);
      if (reconnect || !isBetween) return;
      redis.connect().catch(() => undefined);
      disconnect();
    },
    duplicate: (...args: Parameters<typeof duplicate>) => ending(duplicate(...args)),
  });
}

/**
 * The same of the connection to a cluster, of which ioredis forgets more while nodes come and go:
 * - whom it promised to connect, where the cluster answers before it is whole and is asked again: a worker that
 *   waited for that never took another job;
 * - that it has ended, when a node closes late: a command that is tried again then waits for ever;
 * - that it was dropped, when that was while it connected: it stays, and outlives who opened it.
 */
export function endingCluster(cluster: Cluster): Cluster {
  const [connect, quit] = [cluster.connect.bind(cluster), cluster.quit.bind(cluster)];
  const disconnect = cluster.disconnect.bind(cluster);
  const duplicate = cluster.duplicate.bind(cluster);
  const life: Life = { isWanted: true, hasEnded: false };
  const endAnew = endingUnwanted(cluster, life, { connect, disconnect });
  return Object.assign(cluster, {
    connect(): Promise<void> {
      Object.assign(life, { isWanted: true, hasEnded: false });
      return Promise.race([connect(), readyOrEnded(cluster)]);
    },
    disconnect(reconnect = false): void {
      const hasNodes = cluster.nodes().length > 0;
      life.isWanted = reconnect;
      disconnect(reconnect);
      if (!hasNodes) endAnew();
    },
    quit(): Promise<'OK'> {
      life.isWanted = false;
      return quit();
    },
    duplicate: (...args: Parameters<typeof duplicate>) => endingCluster(duplicate(...args)),
  });
}

/** What ioredis forgets of a connection. */
interface Life {
  /** Somebody opened it, and has not dropped it since. */
  isWanted: boolean;
  /** It said so after it was dropped. */
  hasEnded: boolean;
}

/**
 * Drops what connects after it was dropped, and keeps what has ended so.
 * @returns has one say `end` that was dropped and between two sockets would not
 */
function endingUnwanted(
  cluster: Cluster,
  life: Life,
  { connect, disconnect }: { readonly connect: () => Promise<void>; readonly disconnect: () => void },
): () => void {
  const drop = (): void => {
    if (!life.isWanted) disconnect();
  };
  const endAnew = (): void => {
    if (life.isWanted || life.hasEnded || !['close', 'disconnecting'].includes(cluster.status)) return;
    cluster.once('+node', () => setImmediate(drop));
    connect().catch(() => undefined);
  };
  cluster.on('end', () => {
    life.hasEnded = !life.isWanted;
  });
  cluster.on('close', () => {
    if (life.hasEnded) cluster.status = 'end';
    // Its own listener, where it has one, comes first.
    else setImmediate(endAnew);
  });
  cluster.on('connect', drop).on('reconnecting', drop);
  return endAnew;
}

function readyOrEnded(cluster: Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = (): void => void cluster.off('ready', ready).off('end', ended);
    const ready = (): void => {
      forget();
      resolve();
    };
    const ended = (): void => {
      forget();
      reject(new Error('Redis: the connection to the cluster is closed'));
    };
    cluster.on('ready', ready).on('end', ended);
  });
}
