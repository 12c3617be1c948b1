import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import type { SandboxOptions } from '../../src/sandbox/world.js';
import { signedNotice } from '../../src/sandbox/webhooks.js';
import { postUntilTaken } from './notices.js';
import { startLine, type RunningProcess } from './processes.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from './small-scheme.js';
import { until } from './until.js';

/** Processes as the Procfile has them, or `npm start`, before a local OBF, under the small scheme. */
export interface SmallFleet {
  readonly sandbox: Sandbox;
  /** @param more what this one has otherwise */
  start(name: string, more?: Readonly<Record<string, string>>): RunningProcess;
  /** Once it takes notices: `http://127.0.0.1:<port>`. */
  urlOf(web: RunningProcess): Promise<string>;
  /** Tells a door of an event, signed; resolves with the status. */
  notify(url: string, event: { readonly id: string; readonly clientId: string }): Promise<number>;
  /** Stops all that were started; resolves with their exit codes, in that order. */
  stop(): Promise<readonly (number | null)[]>;
  /** Stops them, and removes what they were given. */
  close(): Promise<void>;
}

/** @param env what all of them have: `REDIS_URL` at least */
export async function openSmallFleet(
  env: { readonly REDIS_URL: string } & Readonly<Record<string, string>>,
  options: SandboxOptions = {},
): Promise<SmallFleet> {
  const hook = `whsec_${randomBytes(32).toString('base64')}`;
  const [sandbox, configDir] = await Promise.all([startSandbox(options), smallConfig()]);
  seed(sandbox);
  const all = { ...environment(sandbox, configDir), WEBHOOK_SECRETS: hook, ...env };
  const running: RunningProcess[] = [];
  const stop = (): Promise<readonly (number | null)[]> => Promise.all(running.map((one) => one.stop()));
  return {
    sandbox,
    start(name, more = {}) {
      const one = startLine(name, { ...all, ...more });
      running.push(one);
      return one;
    },
    async urlOf(web) {
      const listens = (): RegExpExecArray | null =>
        /"port":(\d+)[^\n]*"msg":"web started"/.exec(web.output());
      const [, port = ''] = await until(listens, 'port of the web process');
      const url = `http://127.0.0.1:${port}`;
      await until(async () => (await fetch(`${url}/readyz`)).ok, 'a web process that is ready');
      return url;
    },
    notify: (url, { id, clientId }) =>
      postUntilTaken(
        `${url}/webhooks/obf`,
        signedNotice(hook, { type: 'badge.issued', client_id: clientId, event_id: id }, Date.now),
      ),
    stop,
    async close() {
      await stop();
      await sandbox.close();
      await rm(configDir, { recursive: true, force: true });
    },
  };
}

async function smallConfig(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'palier-test-'));
  await writeFile(join(dir, 'scheme.yaml'), SMALL_SCHEME);
  await writeFile(join(dir, 'partners.yaml'), SMALL_PARTNERS);
  return dir;
}

function seed(sandbox: Sandbox): void {
  for (const id of ['REGION', 'P1', 'P2']) sandbox.addClient({ id, secret: `${id}_key`, name: id });
  for (const [clientId, id] of [
    ['REGION', 'R1'],
    ['REGION', 'R2'],
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    sandbox.addBadge({ clientId, id, name: id });
}

const environment = (sandbox: Sandbox, configDir: string): Record<string, string> => ({
  PORT: '0',
  OBF_BASE_URL: sandbox.url,
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'REGION_key',
  KEY_P1: 'P1_key',
  KEY_P2: 'P2_key',
  PALIER_KEY: randomBytes(32).toString('base64'),
  PALIER_CONFIG: configDir,
});
