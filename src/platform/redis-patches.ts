import type { Cluster, Redis } from 'ioredis';

/**
 * Makes `disconnect` always lead to `end`. ioredis emits it when a socket closes, and between two attempts there is
 * none (redis/ioredis#1247): a worker told to stop then would wait until its process is killed
 * (taskforcesh/bullmq#4656). So a connection is begun and dropped before it carries anything. Duplicates do the same.
 */
export function patchDisconnect(redis: Redis): Redis {
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
    duplicate: (...args: Parameters<typeof duplicate>) => patchDisconnect(duplicate(...args)),
  });
}

/**
 * The same for a cluster, of which ioredis loses more while nodes come and go (all seen with ioredis 6.0):
 * - a `connect()` whose first answer came before the cluster was whole never resolves;
 * - after a node closes late, an ended connection is no longer `end`, and a repeated command waits for ever;
 * - a `disconnect()` while it connects is forgotten, and the connection stays open;
 * - a command without a node has no timeout: ioredis counts it from when a node has the command.
 * @param timeoutMs of every command; undefined: none
 */
export function patchCluster(cluster: Cluster, timeoutMs: number | undefined): Cluster {
  const [connect, disconnect] = [cluster.connect.bind(cluster), cluster.disconnect.bind(cluster)];
  const [quit, duplicate] = [cluster.quit.bind(cluster), cluster.duplicate.bind(cluster)];
  const send = cluster.sendCommand.bind(cluster);
  /** `isWanted`: opened, and not dropped since. `hasEnded`: it emitted `end` after it was dropped. */
  const life = { isWanted: true, hasEnded: false };
  const dropUnwanted = (): void => {
    if (!life.isWanted) disconnect();
  };
  const endAnew = (): void => {
    if (life.isWanted || life.hasEnded || !['close', 'disconnecting'].includes(cluster.status)) return;
    cluster.once('+node', () => setImmediate(dropUnwanted));
    connect().catch(() => undefined);
  };
  cluster.on('end', () => {
    life.hasEnded = !life.isWanted;
  });
  cluster.on('close', () => {
    if (life.hasEnded) cluster.status = 'end';
    // ioredis' own listener comes first.
    else setImmediate(endAnew);
  });
  cluster.on('connect', dropUnwanted).on('reconnecting', dropUnwanted);
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
    duplicate: (...args: Parameters<typeof duplicate>) => patchCluster(duplicate(...args), timeoutMs),
    sendCommand(...args: Parameters<typeof send>): unknown {
      if (timeoutMs !== undefined) args[0].setTimeout(timeoutMs);
      return send(...args);
    },
  });
}

function readyOrEnded(cluster: Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void cluster.off('ready', onReady).off('end', onEnd);
    const onReady = (): void => {
      stop();
      resolve();
    };
    const onEnd = (): void => {
      stop();
      reject(new Error('Redis: the connection to the cluster is closed'));
    };
    cluster.on('ready', onReady).on('end', onEnd);
  });
}
