import { z } from 'zod';
import { asAwardId, asSchemeVersion, type SchemeVersion } from '../ids.js';
import { createRedisClock, type RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { updateValue } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';
import { parseScheme } from '../rules/parse/parse-scheme.js';
import type { Rules } from '../rules/rollout.js';
import type { Scheme } from '../rules/types.js';

/** Null: none was ever started with. */
export interface SeenVersions {
  readonly started: SchemeVersion | null;
  readonly inForce: SchemeVersion | null;
}

const schemeVersion = z.string().transform(asSchemeVersion);
const awardId = z.string().transform(asAwardId);

const application = z.object({
  version: schemeVersion,
  /** Null: everything. */
  only: awardId.nullable(),
  /** OBF sends no e-mail. */
  suppressEmail: z.boolean(),
  /** The request that it carries out; none: an operator's command line does it. */
  ask: z.string().optional(),
  /** Unix seconds. */
  startedS: z.number(),
});
/** Kept until all of it is done: who goes on after a stop does the same. */
export type Application = z.output<typeof application>;
/** What ops asked for. */
export type ApplyOptions = Pick<Application, 'only' | 'suppressEmail' | 'ask'>;

const form = z.object({
  /** What new facts are judged by. */
  current: schemeVersion,
  inForce: schemeVersion,
  /** Counts the changes of `current`. */
  generation: z.int(),
  /** Since when `current` is, Unix seconds of Redis' clock: OBF's instants are compared with it. */
  sinceS: z.number(),
  /** Awards of `current` that were put into force one by one. */
  released: z.array(awardId),
  applying: application.nullable(),
});
/** Which rules hold, for all processes alike. */
export type SchemeState = z.output<typeof form>;

/** Other files became the rules between the plan and its application. */
export class SchemeMoved extends Error {
  readonly code = 'scheme_moved';
}

/** Redis holds rules that Palier did not write, or that another key sealed. Nothing is decided by them. */
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
 * Pure. The state once a process was started with a version. The first ever is in force at once: there is nobody yet
 * whom it could surprise. Another than the current one begins a new change.
 */
export function startedWith(state: SchemeState | null, started: SchemeVersion, nowS: number): SchemeState {
  if (state === null)
    return { current: started, inForce: started, generation: 1, sinceS: nowS, released: [], applying: null };
  if (state.current === started) return state;
  return { ...state, current: started, generation: state.generation + 1, sinceS: nowS, released: [] };
}

/**
 * Pure. The state once a version is put into force, wholly or for one award, with what was asked for.
 * @throws SchemeMoved when the versions are no longer those that were seen
 */
export function appliedTo(
  state: SchemeState | null,
  applied: SchemeVersion,
  { only, suppressEmail, ask }: ApplyOptions,
  seen: SeenVersions,
  nowS: number,
): SchemeState {
  if ((state?.current ?? null) !== seen.started || (state?.inForce ?? null) !== seen.inForce)
    throw new SchemeMoved('Other files were started with since this plan was made');
  const started = startedWith(state, applied, nowS);
  const applying = { version: applied, only, suppressEmail, ask, startedS: nowS };
  if (only === null) return { ...started, applying, inForce: applied, released: [] };
  return { ...started, applying, released: [...new Set([...started.released, only])] };
}

export interface SchemeSources {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly vault: Vault;
  /** Redis' own time by default: OBF's instants are compared with when a version came. */
  readonly now?: RedisTime;
}

export type Schemes = ReturnType<typeof createSchemes>;

/**
 * Which rules hold, for all processes alike. A process that starts with changed files makes them the rules for what is
 * new; `apply` puts them into force for everybody. Every version is kept, with its texts. What Redis holds of all this
 * is sealed: each of these throws SchemeUnreadable where it is not as Palier wrote it.
 * @param own what this process was started with
 */
export function createSchemes({ redis, prefix, vault, now: timeMs }: SchemeSources, own: Scheme) {
  const time = timeMs ?? createRedisClock(redis, prefix).now;
  const seconds = async (): Promise<number> => Math.floor((await time()) / 1000);
  const state = createStateStore(redis, `${prefix}:{scheme}:state`, vault);
  const texts = createTexts(redis, `${prefix}:{scheme}:texts`, vault, own);
  const rulesOf = async (scheme: Scheme, at: SchemeState): Promise<Rules> => {
    if (at.inForce === scheme.version) return { scheme, rollout: null };
    const { released, generation, sinceS } = at;
    const inForce = await texts.find(at.inForce);
    return { scheme, rollout: { inForce, released: new Set(released), generation, sinceS } };
  };
  /** The rules at this instant; where Redis knows of none, this process' files. */
  const now = async (): Promise<Rules> => {
    const at = await state.read();
    if (at === null) return { scheme: own, rollout: null };
    // What this Palier no longer takes for a scheme is judged by what this process was started with.
    return rulesOf((await texts.find(at.current)) ?? own, at);
  };
  return {
    now,
    /** These files are what new facts are judged by from here on. */
    async start(scheme: Scheme): Promise<Rules> {
      const nowS = await seconds();
      await texts.keep(scheme, nowS);
      await state.update((at) => startedWith(at, scheme.version, nowS));
      return now();
    },
    /** As `now`, if the process had been started with these files; changes nothing. */
    async wouldBe(scheme: Scheme): Promise<Rules> {
      const [at, nowS] = await Promise.all([state.read(), seconds()]);
      if (at === null) return { scheme, rollout: null };
      return rulesOf(scheme, startedWith(at, scheme.version, nowS));
    },
    /**
     * Puts a scheme into force, wholly or for one award. Until `applied` is said, `unfinished` returns it.
     * @param seen what was current and in force when the plan was made; the scheme becomes current then, too
     * @throws SchemeMoved when other files were started with, or put into force, meanwhile
     */
    async apply(scheme: Scheme, how: ApplyOptions, seen: SeenVersions): Promise<void> {
      const nowS = await seconds();
      await texts.keep(scheme, nowS);
      await state.update((at) => appliedTo(at, scheme.version, how, seen, nowS));
    },
    applied: (): Promise<void> =>
      state.update((at) => (at?.applying == null ? at : { ...at, applying: null })),
    /** An application that was begun and not ended; null: none. */
    unfinished: async (): Promise<Application | null> => (await state.read())?.applying ?? null,
    /** A version as it was kept; null: not known, or no longer a scheme to this Palier. */
    find: texts.find,
    /** The version in force; null: none was ever started with. */
    inForce: async (): Promise<SchemeVersion | null> => (await state.read())?.inForce ?? null,
    /** Every version that was ever started with, newest first. */
    versions: texts.versions,
    /** Seals all of it under `PALIER_KEY`. Idempotent. */
    async reseal(): Promise<void> {
      await texts.reseal();
      await state.reseal();
    },
  };
}

/** Where the state is stored, sealed whole: who merely writes to Redis cannot make up a rule. Each throws SchemeUnreadable. */
export function createStateStore(redis: RedisConnection, key: string, vault: Vault) {
  const sealed = sealedJson(vault, form, 'scheme state', 'which version it is');
  const open = (text: Buffer | null): SchemeState | null => (text === null ? null : sealed.open(text));
  return {
    /** Null: no process was ever started. */
    read: async (): Promise<SchemeState | null> => open(await redis.getBuffer(key)),
    /** Compare-and-set, retried. @param how pure. @throws what `how` throws */
    update: (how: (state: SchemeState | null) => SchemeState | null): Promise<void> =>
      updateValue(redis, key, (text) => {
        const before = open(text);
        const after = how(before);
        return after === before || after === null ? text : sealed.seal(after);
      }),
    /** Seals it under `PALIER_KEY`. Idempotent. */
    reseal: (): Promise<void> =>
      updateValue(redis, key, (text) => (text === null ? null : (sealed.reseal(text) ?? text))),
  };
}

const textForm = z.object({
  scheme: z.string(),
  partners: z.string(),
  timeZone: z.string(),
  /** When a process was first started with it, Unix seconds. */
  firstS: z.number(),
});
type Text = z.output<typeof textForm>;

/**
 * The texts of every version that was ever started with, for ever, each sealed under its version. A version never
 * changes: each is parsed once a process.
 * @param key of the hash, version to text. @param own needs no reading
 */
function createTexts(redis: RedisConnection, key: string, vault: Vault, own: Scheme) {
  const parsed = new Map<SchemeVersion, Scheme | null>([[own.version, own]]);
  const sealedOf = (version: SchemeVersion) =>
    sealedJson(vault, textForm, `scheme text ${version}`, `the text of version ${version}`);
  const names = async (): Promise<readonly SchemeVersion[]> => (await redis.hkeys(key)).map(asSchemeVersion);
  const read = async (version: SchemeVersion): Promise<Text | null> => {
    const sealed = await redis.hgetBuffer(key, version);
    return sealed === null ? null : sealedOf(version).open(sealed);
  };
  return {
    /** Idempotent; what stands there and cannot be read gives way. */
    async keep(scheme: Scheme, nowS: number): Promise<void> {
      const { version, source, timeZone } = scheme;
      parsed.set(version, scheme);
      const known = await read(version).catch(nullIfUnreadable);
      if (known !== null) return;
      await redis.hset(key, version, sealedOf(version).seal({ ...source, timeZone, firstS: nowS }));
    },
    find: async (version: SchemeVersion): Promise<Scheme | null> => {
      const text = parsed.has(version) ? null : await read(version);
      if (text !== null) parsed.set(version, schemeIn(text));
      return parsed.get(version) ?? null;
    },
    versions: async () => {
      const kept = (await names()).map(async (version) => ({
        version,
        firstS: (await read(version))?.firstS ?? 0,
      }));
      return (await Promise.all(kept)).toSorted((a, b) => b.firstS - a.firstS);
    },
    async reseal(): Promise<void> {
      for (const version of await names()) {
        const sealed = await redis.hgetBuffer(key, version);
        const anew = sealed === null ? null : sealedOf(version).reseal(sealed);
        if (anew !== null) await redis.hset(key, version, anew);
      }
    },
  };
}

function schemeIn({ scheme, partners, timeZone }: Text): Scheme | null {
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
 * Seals a value for Redis under its context, and opens it. `open` and `reseal` throw SchemeUnreadable for what cannot
 * be opened, or is not in our form.
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
    /** Null: it is under `PALIER_KEY` already. */
    reseal: (sealed: Buffer): Buffer | null => orUnreadable(() => vault.resealValue(sealed, context)),
  };
}
