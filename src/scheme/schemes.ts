import type { SchemeVersion } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { createRedisClock, type RedisTime } from '../platform/redis-clock.js';
import type { Vault } from '../platform/vault.js';
import type { Rules } from '../rules/rollout.js';
import type { Scheme } from '../rules/types.js';
import {
  appliedTo,
  createStateStore,
  startedWith,
  type Application,
  type ApplyOptions,
  type SchemeState,
  type SeenVersions,
} from './state.js';
import { createSchemeTexts, type KeptVersion, type SchemeTexts } from './texts.js';

/**
 * Which rules hold, for all processes alike. A process that starts with changed files makes them the rules for what is
 * new; `apply` puts them into force for everybody. Every version is kept, with its texts. What Redis holds of all this
 * is sealed: each of these throws SchemeUnreadable where it is not as Palier wrote it.
 */
export interface Schemes {
  /** The rules at this instant; where Redis knows of none, this process' files. */
  now(): Promise<Rules>;
  /** These files are what new facts are judged by from here on. */
  start(scheme: Scheme): Promise<Rules>;
  /** As `now`, if the process had been started with these files; changes nothing. */
  wouldBe(scheme: Scheme): Promise<Rules>;
  /**
   * Puts a scheme into force, wholly or for one award. Until `applied` is said, `unfinished` returns it.
   * @param seen what was current and in force when the plan was made; the scheme becomes current then, too
   * @throws SchemeMoved when other files were started with, or put into force, meanwhile
   */
  apply(scheme: Scheme, how: ApplyOptions, seen: SeenVersions): Promise<void>;
  applied(): Promise<void>;
  /** An application that was begun and not ended; null: none. */
  unfinished(): Promise<Application | null>;
  /** A version as it was kept; null: not known, or no longer a scheme to this Palier. */
  find(version: SchemeVersion): Promise<Scheme | null>;
  /** The version in force; null: none was ever started with. */
  inForce(): Promise<SchemeVersion | null>;
  /** Every version that was ever started with, newest first. */
  versions(): Promise<readonly KeptVersion[]>;
  /** Seals all of it under `PALIER_KEY`. Idempotent. */
  reseal(): Promise<void>;
}

export interface SchemeSources {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  /** Redis' own time by default: OBF's instants are compared with when a version came. */
  readonly now?: RedisTime;
}

/** @param own what this process was started with */
export function createSchemes({ redis, prefix, vault, now: timeMs }: SchemeSources, own: Scheme): Schemes {
  const time = timeMs ?? createRedisClock(redis, prefix).now;
  const seconds = async (): Promise<number> => Math.floor((await time()) / 1000);
  const state = createStateStore(redis, `${prefix}:{scheme}:state`, vault);
  const texts = createSchemeTexts(redis, `${prefix}:{scheme}:texts`, vault, own, seconds);
  const now = async (): Promise<Rules> => {
    const at = await state.read();
    if (at === null) return { scheme: own, rollout: null };
    // What this Palier no longer takes for a scheme is judged by what this process was started with.
    return rulesOf((await texts.find(at.current)) ?? own, at, texts);
  };
  return {
    now,
    async start(scheme) {
      await texts.keep(scheme);
      const nowS = await seconds();
      await state.update((at) => startedWith(at, scheme.version, nowS));
      return now();
    },
    async wouldBe(scheme) {
      const [at, nowS] = await Promise.all([state.read(), seconds()]);
      if (at === null) return { scheme, rollout: null };
      return rulesOf(scheme, startedWith(at, scheme.version, nowS), texts);
    },
    async apply(scheme, how, seen) {
      await texts.keep(scheme);
      const nowS = await seconds();
      await state.update((at) => appliedTo(at, scheme.version, how, seen, nowS));
    },
    applied: () => state.update((at) => (at?.applying == null ? at : { ...at, applying: null })),
    unfinished: async () => (await state.read())?.applying ?? null,
    find: (version) => texts.find(version),
    inForce: async () => (await state.read())?.inForce ?? null,
    versions: () => texts.versions(),
    async reseal() {
      await texts.reseal();
      await state.reseal();
    },
  };
}

async function rulesOf(scheme: Scheme, at: SchemeState, texts: SchemeTexts): Promise<Rules> {
  if (at.inForce === scheme.version) return { scheme, rollout: null };
  const { released, generation, sinceS } = at;
  const inForce = await texts.find(at.inForce);
  return { scheme, rollout: { inForce, released: new Set(released), generation, sinceS } };
}
