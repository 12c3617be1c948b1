// Jest loads this file without its own module map, so tsx reads the TypeScript.
import { tsImport } from 'tsx/esm/api';

/** Before the first test file: a Redis for all of them, whose address they find in TEST_REDIS_URL. */
export default async function globalSetup() {
  const { redisOfTheRun } = await tsImport('./redis-of-the-run.ts', import.meta.url);
  const redis = await redisOfTheRun();
  process.env.TEST_REDIS_URL = redis.url;
  globalThis.redisOfTheRun = redis;
}
