import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CACHE_DIR, TEST_DATA_DIR } from '../support/folders.js';
import { until } from '../support/until.js';

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

test('a starter of a cluster that is killed leaves neither processes nor folders', async () => {
  const dataDir = join(TEST_DATA_DIR, `killed-${process.pid}`);
  await mkdir(dataDir, { recursive: true });
  const starter = spawn(process.execPath, ['--import', 'tsx', 'test/support/start-group.ts', 'cluster'], {
    env: { ...process.env, CACHE_DIR, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const heard: unknown[] = await once(starter.stdout, 'data');
  const ports = [...String(heard[0]).matchAll(/:(\d+)/g)].map(([, port]) => Number(port));
  expect(ports).toHaveLength(6);
  starter.kill('SIGKILL');
  await until(
    async () => {
      const open = await Promise.all(ports.map(answers));
      return !open.includes(true) && (await readdir(dataDir)).length === 0;
    },
    'end of all',
    20_000,
  );
  await rm(dataDir, { recursive: true });
}, 60_000);
