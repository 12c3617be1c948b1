import { z } from 'zod';
import { asSchemeVersion, type SchemeVersion } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseScheme } from '../rules/parse/parse-scheme.js';
import type { Scheme } from '../rules/types.js';

/** A version of the scheme, as it was written. */
export interface KeptVersion {
  readonly version: SchemeVersion;
  /** Null where a later Palier no longer takes what an earlier one took. */
  readonly scheme: Scheme | null;
  /** When a process was first started with it, Unix seconds. */
  readonly firstS: number;
}

/** Every version that was ever started with, for ever. */
export interface SchemeTexts {
  keep(scheme: Scheme): Promise<void>;
  readonly find: (version: SchemeVersion) => Promise<Scheme | null>;
  /** Oldest first. */
  readonly all: () => Promise<readonly KeptVersion[]>;
}

const form = z.object({ scheme: z.string(), partners: z.string(), timeZone: z.string(), firstS: z.number() });

/** @param key of the hash, version to texts */
export function createSchemeTexts(
  redis: RedisConnection,
  key: string,
  own: Scheme,
  clock: Clock,
): SchemeTexts {
  const parsed = new Map<SchemeVersion, Scheme>([[own.version, own]]);
  return {
    async keep(scheme) {
      parsed.set(scheme.version, scheme);
      const text = { ...scheme.source, timeZone: scheme.timeZone, firstS: secondsOf(clock) };
      await redis.hsetnx(key, scheme.version, JSON.stringify(text));
    },
    async find(version) {
      const known = parsed.get(version);
      if (known !== undefined) return known;
      const text = await redis.hget(key, version);
      const scheme = text === null ? null : keptIn(version, text).scheme;
      if (scheme !== null) parsed.set(version, scheme);
      return scheme;
    },
    async all() {
      const texts = Object.entries(await redis.hgetall(key));
      return texts
        .map(([version, text]) => keptIn(asSchemeVersion(version), text))
        .toSorted((a, b) => a.firstS - b.firstS);
    },
  };
}

function keptIn(version: SchemeVersion, text: string): KeptVersion {
  const { scheme, partners, timeZone, firstS } = form.parse(JSON.parse(text));
  const files = {
    scheme: { name: 'scheme.yaml', text: scheme },
    partners: { name: 'partners.yaml', text: partners },
  };
  const result = parseScheme(files, timeZone);
  return { version, firstS, scheme: result.ok ? result.scheme : null };
}
