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
  let isWanted = true;
  let hasEnded = false;
  const drop = (): void => {
    if (!isWanted) disconnect();
  };
  const endAnew = (): void => {
    if (isWanted || hasEnded || !['close', 'disconnecting'].includes(cluster.status)) return;
    cluster.once('+node', () => setImmediate(drop));
    connect().catch(() => undefined);
  };
  cluster.on('end', () => {
    hasEnded = !isWanted;
  });
  cluster.on('close', () => {
    if (hasEnded) cluster.status = 'end';
    // Its own listener, where it has one, comes first.
    else setImmediate(endAnew);
  });
  cluster.on('connect', drop).on('reconnecting', drop);
  return Object.assign(cluster, {
    connect(): Promise<void> {
      [isWanted, hasEnded] = [true, false];
      return Promise.race([connect(), readyOrEnded(cluster)]);
    },
    disconnect(reconnect = false): void {
      const hasNodes = cluster.nodes().length > 0;
      isWanted = reconnect;
      disconnect(reconnect);
      if (!hasNodes) endAnew();
    },
    quit(): Promise<'OK'> {
      isWanted = false;
      return quit();
    },
    duplicate: (...args: Parameters<typeof duplicate>) => endingCluster(duplicate(...args)),
  });
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
