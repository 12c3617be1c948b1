import { z } from 'zod';
import { asAwardId, asSchemeVersion, type AwardId, type SchemeVersion } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Rules } from '../rules/rollout.js';
import type { Scheme } from '../rules/types.js';
import { createSchemeTexts, type KeptVersion, type SchemeTexts } from './scheme-texts.js';
import { APPLY, START } from './schemes-script.js';

/**
 * Which rules hold, for all processes alike. A process that starts with changed files makes them the rules
 * for what is new; `apply` puts them into force for everybody. Every version is kept, with its texts.
 */
export interface Schemes {
  /** The rules at this instant; where Redis knows of none, this process' files. */
  now(): Promise<Rules>;
  /** These files are what new facts are judged by from here on. */
  start(scheme: Scheme): Promise<Rules>;
  /** As `now`, if the process had been started with these files; changes nothing. */
  wouldBe(scheme: Scheme): Promise<Rules>;
  /**
   * Puts a scheme into force, wholly or for one award. Until `applied` is said, `unfinished` tells of it.
   * @param seen what was current and in force when the plan was made; the scheme becomes current then, too
   * @throws SchemeMoved when other files were started with, or put into force, meanwhile
   */
  apply(scheme: Scheme, how: ApplyOptions, seen: SeenVersions): Promise<void>;
  applied(): Promise<void>;
  /** An application that was begun and not ended; null: none. */
  unfinished(): Promise<Application | null>;
  /** A version as it was kept; null: not known, or no longer readable. */
  find(version: SchemeVersion): Promise<Scheme | null>;
  /** The version in force; null: none was ever started with. */
  inForce(): Promise<SchemeVersion | null>;
  /** Every version that was ever started with, oldest first. */
  versions(): Promise<readonly KeptVersion[]>;
}

/** Null: none was ever started with. */
export interface SeenVersions {
  readonly started: SchemeVersion | null;
  readonly inForce: SchemeVersion | null;
}

/** What ops asked for. */
export interface ApplyOptions {
  /** Null: everything. */
  readonly only: AwardId | null;
  /** OBF sends no e-mail. */
  readonly quiet: boolean;
}

/** Kept until all of it is done: whoever goes on after a stop does the same. */
export interface Application extends ApplyOptions {
  readonly version: SchemeVersion;
  /** Unix seconds. */
  readonly startedS: number;
}

/** Other files became the rules between the plan and its application. */
export class SchemeMoved extends Error {
  readonly code = 'scheme_moved';
}

const state = z.object({
  current: z.string().transform(asSchemeVersion),
  inForce: z.string().transform(asSchemeVersion),
  generation: z.coerce.number(),
  sinceS: z.coerce.number(),
  released: z
    .string()
    .transform((text) => text.split(' ').filter((id) => id !== ''))
    .transform((ids) => new Set(ids.map(asAwardId))),
});
type State = z.output<typeof state>;

const application = z.object({
  version: z.string().transform(asSchemeVersion),
  only: z.string().transform((id) => (id === '' ? null : asAwardId(id))),
  quiet: z.boolean(),
  startedS: z.number(),
});

/**
 * @param prefix of the keys
 * @param own what this process was started with
 */
export function createSchemes(redis: RedisConnection, prefix: string, own: Scheme, clock: Clock): Schemes {
  const key = `${prefix}:{scheme}:state`;
  const texts = createSchemeTexts(redis, `${prefix}:{scheme}:texts`, own, clock);
  const now = async (): Promise<Rules> => {
    const at = await readState(redis, key);
    if (at === null) return { scheme: own, rollout: null };
    // What cannot be read any more is judged by what this process was started with.
    return rulesOf((await texts.find(at.current)) ?? own, at, texts);
  };
  return {
    now,
    async start(scheme) {
      await texts.keep(scheme);
      await redis.eval(START, 1, key, scheme.version, secondsOf(clock));
      return now();
    },
    async wouldBe(scheme) {
      const at = await readState(redis, key);
      if (at === null) return { scheme, rollout: null };
      return rulesOf(scheme, at.current === scheme.version ? at : begun(at, secondsOf(clock)), texts);
    },
    async apply(scheme, { only, quiet }, seen) {
      await texts.keep(scheme);
      const asked = [scheme.version, only ?? '', quiet ? '1' : '', secondsOf(clock)];
      const applied = await redis.eval(APPLY, 1, key, ...asked, seen.started ?? '', seen.inForce ?? '');
      if (applied !== 1) throw new SchemeMoved('Other files were started with since this plan was made');
    },
    async applied() {
      await redis.hdel(key, 'applying');
    },
    async unfinished() {
      const text = await redis.hget(key, 'applying');
      return text === null ? null : application.parse(JSON.parse(text));
    },
    inForce: async () => (await readState(redis, key))?.inForce ?? null,
    find: texts.find,
    versions: texts.all,
  };
}

async function readState(redis: RedisConnection, key: string): Promise<State | null> {
  const read = state.safeParse(await redis.hgetall(key));
  return read.success ? read.data : null;
}

async function rulesOf(scheme: Scheme, at: State, texts: SchemeTexts): Promise<Rules> {
  if (at.inForce === scheme.version) return { scheme, rollout: null };
  const { released, generation, sinceS } = at;
  return { scheme, rollout: { inForce: await texts.find(at.inForce), released, generation, sinceS } };
}

/** As START would leave it. */
const begun = (at: State, nowS: number): State => ({
  ...at,
  generation: at.generation + 1,
  sinceS: nowS,
  released: new Set(),
});
