import type { RedisConnection } from '../../src/platform/redis.js';

/**
 * An in-memory Redis for the small units of the stores. Never for queues: BullMQ's scripts need the
 * real one. ioredis 6 hands its reply transformers a second argument that ioredis-mock 8 does not pass;
 * it is given here.
 */
export function mockRedis(): RedisConnection {
  // oxlint-disable-next-line typescript/no-require-imports -- loaded late, so that the transformers can be wrapped first
  const { default: Command } = require('ioredis/built/Command') as { default: CommandWithTransformers };
  const { reply } = Command._transformer;
  for (const [name, transform] of Object.entries(reply)) {
    if (transform.length < 2) continue;
    reply[name] = (answer: unknown) => transform(answer, { protocol: 2, replyMapping: 'legacy' });
  }
  // oxlint-disable-next-line typescript/no-require-imports -- see above
  const Mock = require('ioredis-mock') as new () => RedisConnection;
  return new Mock();
}

interface CommandWithTransformers {
  readonly _transformer: { readonly reply: Record<string, (answer: unknown, ctx?: unknown) => unknown> };
}
