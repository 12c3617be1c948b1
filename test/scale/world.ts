import { readFileSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProducer, closeRedis } from '../../src/platform/redis.js';
import { createVault, type Vault } from '../../src/platform/vault.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../src/queue/jobs.js';
import type { Scheme } from '../../src/rules/types.js';
import { createSchemes } from '../../src/scheme/schemes.js';
import { palier, type Ran } from '../ops/support/cli.js';
import { parse } from '../support/house.js';
import { fill, SCALE_REGION } from './fill.js';

const KEY = Buffer.alloc(32, 7);

/** A Redis full of people, the scheme of `config/` in force, and a proposal that asks for one badge less. */
export interface ScaleWorld {
  /** Where the command line is typed, and with what environment. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Under the key of `env`. */
  readonly vault: Vault;
  /** Types `npx palier simulate` of the proposal, in this process. */
  simulate(...options: string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** The proposal, in `cwd`. */
export const PROPOSAL = 'proposal.yaml';

const textOf = (file: string): string => readFileSync(join('config', file), 'utf8');

/** What such a world has in force. */
export const schemeOfConfig = (): Scheme => parse(textOf('scheme.yaml'), textOf('partners.yaml'));

/** @param redisUrl of an empty Redis */
export async function scaleWorld(redisUrl: string, earners: number): Promise<ScaleWorld> {
  const [rules, partners] = [textOf('scheme.yaml'), textOf('partners.yaml')];
  const nowMs = Date.now();
  await settle(redisUrl, schemeOfConfig(), earners, nowMs);
  const cwd = await mkdtemp(join(tmpdir(), 'palier-scale-'));
  await mkdir(join(cwd, 'config'));
  await writeFile(join(cwd, 'config/scheme.yaml'), rules);
  await writeFile(join(cwd, 'config/partners.yaml'), partners);
  await writeFile(join(cwd, PROPOSAL), rules.replaceAll('at_least: 3', 'at_least: 2'));
  const env = {
    REDIS_URL: redisUrl,
    OBF_CLIENT_ID: SCALE_REGION,
    OBF_CLIENT_SECRET: 'region',
    PALIER_KEY: KEY.toString('base64'),
  };
  const standard = { env, cwd, clock: () => nowMs, dataPrefix: DATA_PREFIX, queuePrefix: DEFAULT_PREFIX };
  return {
    cwd,
    env,
    vault: createVault(KEY),
    simulate: (...options) => palier(['simulate', '--rules', PROPOSAL, ...options], standard),
    close: () => rm(cwd, { recursive: true }),
  };
}

/** Fills it, and puts the scheme into force. */
async function settle(redisUrl: string, scheme: Scheme, earners: number, nowMs: number): Promise<void> {
  const vault = createVault(KEY);
  const nowS = Math.floor(nowMs / 1000);
  await fill({ redisUrl, prefix: DATA_PREFIX, vault, region: SCALE_REGION, scheme, earners, nowS });
  const redis = openProducer({ kind: 'single', urls: [redisUrl] });
  await createSchemes({ redis, prefix: DATA_PREFIX, vault }, scheme).start(scheme);
  closeRedis(redis);
}
