import { z } from 'zod';
import { asAwardId, asSchemeVersion, type SchemeVersion } from '../ids.js';
import { createRedisClock, type RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { updateValue } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';
import { parseScheme } from '../rules/parse/parse-scheme.js';
import type { Rules } from '../rules/rollout.js';
import type { Scheme } from '../rules/types.js';

/** The versions that a plan was made under; null: no worker was ever started. */
export interface SeenVersions {
  readonly started: SchemeVersion | null;
  readonly inForce: SchemeVersion | null;
}

const schemeVersion = z.string().transform(asSchemeVersion);
const awardId = z.string().transform(asAwardId);

const application = z.object({
  version: schemeVersion,
  /** Null: every award. */
  only: awardId.nullable(),
  /** OBF sends no e-mail. */
  suppressEmail: z.boolean(),
  /** The id of the request; absent for the command line. */
  ask: z.string().optional(),
  /** Unix seconds. */
  startedS: z.number(),
});
/** An unfinished application, stored until its end: a later run goes on with the same options. */
export type Application = z.output<typeof application>;
export type ApplyOptions = Pick<Application, 'only' | 'suppressEmail' | 'ask'>;

const form = z.object({
  /** The version that evaluates new facts. */
  current: schemeVersion,
  inForce: schemeVersion,
  /** Counts the changes of `current`. */
  generation: z.int(),
  /** When `current` began, Unix seconds of Redis' clock, which is compared with OBF's instants. */
  sinceS: z.number(),
  /** Awards of `current` that were put into force one by one. */
  released: z.array(awardId),
  applying: application.nullable(),
});
type SchemeState = z.output<typeof form>;

/** A process was started with other files, or other rules were applied, after the plan was made. */
export class SchemeMoved extends Error {
  readonly code = 'scheme_moved';
}

/** Redis holds rules that Palier did not write, or that another key sealed. Nothing is decided by these. */
export class SchemeUnreadable extends Error {
  readonly code = 'scheme_unreadable';
  constructor(what: string, options?: ErrorOptions) {
    super(
      `What Redis holds of the rules in force cannot be read (${what}): it was altered, or sealed under another ` +
        'PALIER_KEY. Nothing is issued by it; see docs/operating.md ("Les règles en vigueur sont illisibles")',
      options,
    );
    this.name = 'SchemeUnreadable';
  }
}

/**
 * Pure. Returns the state after a process was started with a version. The very first version is in force at once, as
 * there are no people yet. A version other than the current one begins a rollout.
 */
function startedWith(state: SchemeState | null, started: SchemeVersion, nowS: number): SchemeState {
  if (state === null)
    return { current: started, inForce: started, generation: 1, sinceS: nowS, released: [], applying: null };
  if (state.current === started) return state;
  return { ...state, current: started, generation: state.generation + 1, sinceS: nowS, released: [] };
}

/**
 * Pure. Returns the state after a version was put into force, wholly or for one award.
 * @throws SchemeMoved when the versions are no longer the `seen` ones
 */
function appliedTo(
  state: SchemeState | null,
  applied: SchemeVersion,
  { only, suppressEmail, ask }: ApplyOptions,
  seen: SeenVersions,
  nowS: number,
): SchemeState {
  if ((state?.current ?? null) !== seen.started || (state?.inForce ?? null) !== seen.inForce)
    throw new SchemeMoved('Other rules were started or applied since this plan was made: make a new plan');
  const started = startedWith(state, applied, nowS);
  const applying = { version: applied, only, suppressEmail, ask, startedS: nowS };
  if (only === null) return { ...started, applying, inForce: applied, released: [] };
  return { ...started, applying, released: [...new Set([...started.released, only])] };
}

interface SchemeSources {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly vault: Vault;
  /** Redis' own time by default. */
  readonly now?: RedisTime;
}

export type Schemes = ReturnType<typeof createSchemes>;

/**
 * Stores which rules hold, for all processes. A worker started with changed files evaluates new facts by these;
 * `apply` puts them into force for everybody. Every version is kept with its texts, sealed in Redis.
 * Each method throws SchemeUnreadable for a value that Palier did not write.
 * @param own the scheme that this process was started with
 */
export function createSchemes({ redis, prefix, vault, now: timeMs }: SchemeSources, own: Scheme) {
  const time = timeMs ?? createRedisClock(redis, prefix).now;
  const seconds = async (): Promise<number> => Math.floor((await time()) / 1000);
  const state = createStateStore(redis, `${prefix}:{scheme}:state`, vault);
  const texts = createTexts(redis, `${prefix}:{scheme}:texts`, vault, own);
  const rulesOf = async (scheme: Scheme, stored: SchemeState): Promise<Rules> => {
    if (stored.inForce === scheme.version) return { scheme, rollout: null };
    const { released, generation, sinceS } = stored;
    const inForce = await texts.find(stored.inForce);
    return { scheme, rollout: { inForce, released: new Set(released), generation, sinceS } };
  };
  /** Reads the rules that hold at this instant; this process' files where Redis has no state. */
  const now = async (): Promise<Rules> => {
    const stored = await state.read();
    if (stored === null) return { scheme: own, rollout: null };
    // A stored text that this Palier no longer accepts is replaced by this process' own scheme.
    return rulesOf((await texts.find(stored.current)) ?? own, stored);
  };
  return {
    now,
    /** Makes these files the rules for new facts. Idempotent. */
    async start(scheme: Scheme): Promise<Rules> {
      const nowS = await seconds();
      await texts.keep(scheme, nowS);
      await state.update((stored) => startedWith(stored, scheme.version, nowS));
      return now();
    },
    /** Returns what `now` would after a start with these files; changes nothing. */
    async rulesAfterStart(scheme: Scheme): Promise<Rules> {
      const [stored, nowS] = await Promise.all([state.read(), seconds()]);
      if (stored === null) return { scheme, rollout: null };
      return rulesOf(scheme, startedWith(stored, scheme.version, nowS));
    },
    /**
     * Puts a scheme into force, wholly or for one award, and makes it the current one. Until `applied` is called,
     * `unfinished` returns the application.
     * @param seen the versions when the plan was made
     * @throws SchemeMoved when these changed meanwhile
     */
    async apply(scheme: Scheme, options: ApplyOptions, seen: SeenVersions): Promise<void> {
      const nowS = await seconds();
      await texts.keep(scheme, nowS);
      await state.update((stored) => appliedTo(stored, scheme.version, options, seen, nowS));
    },
    applied: (): Promise<void> =>
      state.update((stored) => (stored?.applying == null ? stored : { ...stored, applying: null })),
    /** Reads the application that began and did not end; null: none. */
    unfinished: async (): Promise<Application | null> => (await state.read())?.applying ?? null,
    /** Reads a stored version; null: not stored, or this Palier no longer accepts its text. */
    find: texts.find,
    /** Reads the version in force; null: no worker was ever started. */
    inForce: async (): Promise<SchemeVersion | null> => (await state.read())?.inForce ?? null,
    /** Lists every version that was ever used, newest first. */
    versions: texts.versions,
    /** Seals the state and the texts under `PALIER_KEY`. Idempotent. */
    async reseal(): Promise<void> {
      await texts.reseal();
      await state.reseal();
    },
  };
}

/**
 * Stores the state, sealed whole: write access to Redis alone cannot forge a rule.
 * Each method throws SchemeUnreadable.
 */
export function createStateStore(redis: RedisConnection, key: string, vault: Vault) {
  const sealed = sealedJson(vault, form, 'scheme state', 'which version it is');
  const open = (text: Buffer | null): SchemeState | null => (text === null ? null : sealed.open(text));
  return {
    /** Null: no worker was ever started. */
    read: async (): Promise<SchemeState | null> => open(await redis.getBuffer(key)),
    /** Compare-and-set, retried. @param change pure. @throws what `change` throws */
    update: (change: (state: SchemeState | null) => SchemeState | null): Promise<void> =>
      updateValue(redis, key, (text) => {
        const before = open(text);
        const after = change(before);
        return after === before || after === null ? text : sealed.seal(after);
      }),
    reseal: (): Promise<void> =>
      updateValue(redis, key, (text) => (text === null ? null : (sealed.reseal(text) ?? text))),
  };
}

const textForm = z.object({
  scheme: z.string(),
  partners: z.string(),
  timeZone: z.string(),
  /** When a worker was first started with this version, Unix seconds. */
  firstS: z.number(),
});
type Text = z.output<typeof textForm>;

/**
 * Stores the texts of every version for ever, each sealed under its version. A version never changes, so each
 * process parses it once.
 * @param key of a Redis hash from version to text
 * @param own the scheme that is parsed already
 */
function createTexts(redis: RedisConnection, key: string, vault: Vault, own: Scheme) {
  const parsed = new Map<SchemeVersion, Scheme | null>([[own.version, own]]);
  const sealedOf = (version: SchemeVersion) =>
    sealedJson(vault, textForm, `scheme text ${version}`, `the text of version ${version}`);
  const storedVersions = async (): Promise<readonly SchemeVersion[]> =>
    (await redis.hkeys(key)).map(asSchemeVersion);
  const read = async (version: SchemeVersion): Promise<Text | null> => {
    const sealed = await redis.hgetBuffer(key, version);
    return sealed === null ? null : sealedOf(version).open(sealed);
  };
  return {
    /** Stores the texts of a scheme. Idempotent; replaces a text that cannot be read. */
    async keep(scheme: Scheme, nowS: number): Promise<void> {
      const { version, source, timeZone } = scheme;
      parsed.set(version, scheme);
      const stored = await read(version).catch(nullIfUnreadable);
      if (stored !== null) return;
      await redis.hset(key, version, sealedOf(version).seal({ ...source, timeZone, firstS: nowS }));
    },
    find: async (version: SchemeVersion): Promise<Scheme | null> => {
      const text = parsed.has(version) ? null : await read(version);
      if (text !== null) parsed.set(version, parseText(text));
      return parsed.get(version) ?? null;
    },
    versions: async () => {
      const stored = (await storedVersions()).map(async (version) => ({
        version,
        firstS: (await read(version))?.firstS ?? 0,
      }));
      return (await Promise.all(stored)).toSorted((a, b) => b.firstS - a.firstS);
    },
    async reseal(): Promise<void> {
      for (const version of await storedVersions()) {
        const sealed = await redis.hgetBuffer(key, version);
        const resealed = sealed === null ? null : sealedOf(version).reseal(sealed);
        if (resealed !== null) await redis.hset(key, version, resealed);
      }
    },
  };
}

function parseText({ scheme, partners, timeZone }: Text): Scheme | null {
  const files = {
    scheme: { name: 'scheme.yaml', text: scheme },
    partners: { name: 'partners.yaml', text: partners },
  };
  const result = parseScheme(files, timeZone);
  return result.ok ? result.scheme : null;
}

function nullIfUnreadable(error: unknown): null {
  if (error instanceof SchemeUnreadable) return null;
  throw error;
}

/**
 * Seals and opens JSON values for Redis under one context. `open` and `reseal` throw SchemeUnreadable for a value
 * under another key, or of another form.
 */
function sealedJson<T>(vault: Vault, valueForm: z.ZodType<T>, context: string, what: string) {
  const orUnreadable = <Opened>(open: () => Opened): Opened => {
    try {
      return open();
    } catch (cause) {
      throw new SchemeUnreadable(what, { cause });
    }
  };
  return {
    open: (sealed: Buffer): T =>
      orUnreadable(() => valueForm.parse(JSON.parse(vault.openValue(sealed, context).toString()))),
    seal: (value: T): Buffer => vault.sealValue(Buffer.from(JSON.stringify(value)), context),
    /** Null: the value is under `PALIER_KEY` already. */
    reseal: (sealed: Buffer): Buffer | null => orUnreadable(() => vault.resealValue(sealed, context)),
  };
}
