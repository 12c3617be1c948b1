import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/sandbox/redis/probe.js';
import { startProgram, type Program } from '../support/program.js';

/** What takes notices: what one writes in an hour, and ours. */
export const DOORS = ['reference', 'palier'] as const;
export type DoorName = (typeof DOORS)[number];

export const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

export interface Door extends Program {
  readonly url: string;
}

const SCHEME = `scheme: Bench
competencies: { communiquer: { name: Communiquer } }
awards: { one: { badge: R1, rule: { at_least: 1, of: { competency: communiquer } } } }
`;
const PARTNERS = `partners: [ { client_id: P1, badges: [ { id: B1, competency: communiquer, level: 1 } ] } ]
`;

/** @param on see `pinned` */
export async function startDoor(name: DoorName, redisUrl: string, on: readonly string[]): Promise<Door> {
  const env = { REDIS_URL: redisUrl, WEBHOOK_SECRETS: SECRET };
  if (name === 'palier') return startOurs(env, on);
  const ready = /^listening (\d+)$/m;
  const program = await startProgram(['--import', 'tsx', 'bench/reference/receiver.ts'], env, { on, ready });
  const [, port] = ready.exec(program.said()) ?? [];
  return { ...program, url: `http://127.0.0.1:${port}` };
}

/** The web process as it is deployed, its log at the usual level. */
async function startOurs(env: Readonly<Record<string, string>>, on: readonly string[]): Promise<Door> {
  const folder = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  await writeFile(join(folder, 'scheme.yaml'), SCHEME);
  await writeFile(join(folder, 'partners.yaml'), PARTNERS);
  const port = await freePort();
  const settings = {
    ...env,
    PORT: String(port),
    PALIER_CONFIG: folder,
    OBF_CLIENT_ID: 'REGION',
    OBF_CLIENT_SECRET: 'region',
    PALIER_KEY: Buffer.alloc(32, 3).toString('base64'),
  };
  const program = await startProgram(['dist/webhooks/main.js'], settings, { on, ready: /web started/ });
  return { ...program, url: `http://127.0.0.1:${port}` };
}
