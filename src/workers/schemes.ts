import { z } from 'zod';
import { asAwardId, asSchemeVersion, type AwardId, type SchemeVersion } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Rules } from '../rules/change.js';
import { parseScheme } from '../rules/parse.js';
import type { Scheme } from '../rules/types.js';
import { APPLY, START } from './schemes-script.js';

/** A version of the scheme, as it was written. */
export interface KeptVersion {
  readonly version: SchemeVersion;
  readonly scheme: Scheme | null;
  /** When a process was first started with it, Unix seconds. */
  readonly firstS: number;
}

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
   * @throws SchemeMoved when other files were started with meanwhile
   */
  apply(scheme: Scheme, how: ApplyOptions): Promise<void>;
  applied(): Promise<void>;
  /** An application that was begun and not ended; null: none. */
  unfinished(): Promise<Application | null>;
  /** The version in force; null: none was ever started with. */
  inForce(): Promise<SchemeVersion | null>;
  /** Every version that was ever started with, oldest first. */
  versions(): Promise<readonly KeptVersion[]>;
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

const kept = z.object({ scheme: z.string(), partners: z.string(), timeZone: z.string(), firstS: z.number() });

/**
 * @param prefix of the keys
 * @param own what this process was started with
 */
export function createSchemes(redis: RedisConnection, prefix: string, own: Scheme, clock: Clock): Schemes {
  const stateKey = `${prefix}:{scheme}:state`;
  const textsKey = `${prefix}:{scheme}:texts`;
  const parsed = new Map<SchemeVersion, Scheme>([[own.version, own]]);

  const readState = async (): Promise<State | null> => {
    const read = state.safeParse(await redis.hgetall(stateKey));
    return read.success ? read.data : null;
  };
  const byVersion = async (version: SchemeVersion): Promise<Scheme | null> => {
    const known = parsed.get(version);
    if (known !== undefined) return known;
    const scheme = schemeIn(await redis.hget(textsKey, version));
    if (scheme !== null) parsed.set(version, scheme);
    return scheme;
  };
  const keep = (scheme: Scheme): Promise<number> => {
    const text = { ...scheme.source, timeZone: scheme.timeZone, firstS: secondsOf(clock) };
    return redis.hsetnx(textsKey, scheme.version, JSON.stringify(text));
  };
  const rulesOf = async (scheme: Scheme, at: State): Promise<Rules> => {
    if (at.inForce === scheme.version) return { scheme, change: null };
    const { released, generation, sinceS } = at;
    return { scheme, change: { inForce: await byVersion(at.inForce), released, generation, sinceS } };
  };
  const start = async (scheme: Scheme): Promise<Rules> => {
    parsed.set(scheme.version, scheme);
    await keep(scheme);
    await redis.eval(START, 1, stateKey, scheme.version, secondsOf(clock));
    return now();
  };
  const now = async (): Promise<Rules> => {
    const at = await readState();
    if (at === null) return { scheme: own, change: null };
    // What cannot be read any more is judged by what this process was started with.
    return rulesOf((await byVersion(at.current)) ?? own, at);
  };

  return {
    now,
    start,
    async wouldBe(scheme) {
      const at = await readState();
      if (at === null) return { scheme, change: null };
      if (at.current === scheme.version) return rulesOf(scheme, at);
      return rulesOf(scheme, {
        ...at,
        generation: at.generation + 1,
        sinceS: secondsOf(clock),
        released: new Set(),
      });
    },
    async apply(scheme, { only, quiet }) {
      parsed.set(scheme.version, scheme);
      await keep(scheme);
      const asked = [scheme.version, only ?? '', quiet ? '1' : '', secondsOf(clock)];
      const applied = await redis.eval(APPLY, 1, stateKey, ...asked);
      if (applied !== 1) throw new SchemeMoved('Other files were started with since this plan was made');
    },
    async applied() {
      await redis.hdel(stateKey, 'applying');
    },
    async unfinished() {
      const text = await redis.hget(stateKey, 'applying');
      return text === null ? null : application.parse(JSON.parse(text));
    },
    inForce: async () => (await readState())?.inForce ?? null,
    async versions() {
      const all = Object.entries(await redis.hgetall(textsKey)).map(([version, text]) => ({
        version: asSchemeVersion(version),
        scheme: schemeIn(text),
        firstS: kept.parse(JSON.parse(text)).firstS,
      }));
      return all.toSorted((a, b) => a.firstS - b.firstS);
    },
  };
}

/** Null where a later Palier no longer takes what an earlier one took. */
function schemeIn(text: string | null): Scheme | null {
  if (text === null) return null;
  const { scheme, partners, timeZone } = kept.parse(JSON.parse(text));
  const files = {
    scheme: { name: 'scheme.yaml', text: scheme },
    partners: { name: 'partners.yaml', text: partners },
  };
  const result = parseScheme(files, timeZone);
  return result.ok ? result.scheme : null;
}
