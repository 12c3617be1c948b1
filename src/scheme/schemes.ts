import { z } from 'zod';
import { asSchemeVersion, type SchemeVersion } from '../ids.js';
import { createRedisClock, type RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { parseScheme } from '../rules/parse/parse-scheme.js';
import type { Rules } from '../rules/rollout.js';
import type { Scheme } from '../rules/types.js';
import {
  appliedTo,
  createStateStore,
  sealedJson,
  SchemeUnreadable,
  startedWith,
  type Application,
  type ApplyOptions,
  type SchemeState,
  type SeenVersions,
} from './state.js';

export interface SchemeSources {
  readonly redis: RedisConnection;
  /** Of the keys. */
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
