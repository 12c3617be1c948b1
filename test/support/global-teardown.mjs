/** After the last test file: the Redis of the run ends, and its data go with it. */
export default async function globalTeardown() {
  await globalThis.redisOfTheRun?.stop();
}
