// Takes the pictures of docs/exploitation.md into docs/exploitation/: `npm run docs:screenshots`.
// It needs a Chromium: scripts/ensure-chromium.mjs.
import { tsImport } from 'tsx/esm/api';

const [folder = 'docs/exploitation'] = process.argv.slice(2);
const { redisOfTheRun } = await tsImport('../test/support/redis-of-the-run.ts', import.meta.url);
const redis = await redisOfTheRun();
process.env.TEST_REDIS_URL = redis.url;
try {
  const { takeScreenshots } = await tsImport('../test/browser/screenshots.ts', import.meta.url);
  const missing = await takeScreenshots(folder);
  if (missing.length > 0) {
    console.error(`No picture of ${missing.join(', ')}: name it in test/browser/screenshots.ts.`);
    process.exitCode = 1;
  }
} finally {
  await redis.stop();
}
