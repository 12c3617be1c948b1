import type { RedisConnection } from '../../src/platform/redis.js';

/** Cuts the connection at its nth script. As a kill does: whatever is on its way is not waited for. */
export function cutAtScript(connection: RedisConnection, nth: number): void {
  const evalsha = connection.evalsha.bind(connection);
  let left = nth;
  connection.evalsha = ((...args: Parameters<typeof evalsha>) => {
    if ((left -= 1) === 0) connection.disconnect();
    return evalsha(...args);
  }) as typeof evalsha;
}
