import { z } from 'zod';
import { asSchemeVersion, type SchemeVersion } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { openValue, resealValue, sealValue } from '../platform/sealed.js';
import type { Vault } from '../platform/vault.js';
import { parseScheme } from '../rules/parse/parse-scheme.js';
import type { Scheme } from '../rules/types.js';
import { orUnreadable, SchemeUnreadable } from './state.js';

/** A version of the scheme, and when a process was first started with it, Unix seconds. */
export interface KeptVersion {
  readonly version: SchemeVersion;
  readonly firstS: number;
}

/** The texts of every version that was ever started with, for ever, each sealed under its version. */
export interface SchemeTexts {
  /** Idempotent; what stands there and cannot be read gives way. */
  keep(scheme: Scheme): Promise<void>;
  /** Null: not known, or no longer a scheme to this Palier. @throws SchemeUnreadable */
  find(version: SchemeVersion): Promise<Scheme | null>;
  /** Newest first. @throws SchemeUnreadable */
  versions(): Promise<readonly KeptVersion[]>;
  /** Seals them under `PALIER_KEY`. Idempotent. @throws SchemeUnreadable */
  reseal(): Promise<void>;
}

const form = z.object({ scheme: z.string(), partners: z.string(), timeZone: z.string(), firstS: z.number() });
type Text = z.output<typeof form>;

const contextOf = (version: SchemeVersion): string => `scheme text ${version}`;
const nameOf = (version: SchemeVersion): string => `the text of version ${version}`;

/** @param key of the hash, version to text. @param own needs no reading */
export function createSchemeTexts(
  redis: RedisConnection,
  key: string,
  vault: Vault,
  own: Scheme,
  seconds: () => Promise<number>,
): SchemeTexts {
  const parsed = new Map<SchemeVersion, Scheme | null>([[own.version, own]]);
  /** A version never changes: each is opened once a process. */
  const opened = new Map<SchemeVersion, Text>();
  const read = async (version: SchemeVersion): Promise<Text | null> => {
    const known = opened.get(version);
    const sealed = known === undefined ? await redis.hgetBuffer(key, version) : null;
    if (known !== undefined || sealed === null) return known ?? null;
    const text = orUnreadable(nameOf(version), () =>
      form.parse(JSON.parse(openValue(vault, sealed, contextOf(version)).toString())),
    );
    opened.set(version, text);
    return text;
  };
  return {
    async keep(scheme) {
      const { version, source, timeZone } = scheme;
      parsed.set(version, scheme);
      if ((await read(version).catch(unreadable)) !== null) return;
      const text: Text = { ...source, timeZone, firstS: await seconds() };
      await redis.hset(key, version, sealValue(vault, Buffer.from(JSON.stringify(text)), contextOf(version)));
    },
    async find(version) {
      const known = parsed.get(version);
      if (known !== undefined) return known;
      const text = await read(version);
      if (text === null) return null;
      const scheme = schemeIn(text);
      parsed.set(version, scheme);
      return scheme;
    },
    async versions() {
      const names = (await redis.hkeys(key)).map(asSchemeVersion);
      const all = await Promise.all(
        names.map(async (version) => ({ version, firstS: (await read(version))?.firstS ?? 0 })),
      );
      return all.toSorted((a, b) => b.firstS - a.firstS);
    },
    async reseal() {
      for (const version of (await redis.hkeys(key)).map(asSchemeVersion)) {
        const sealed = await redis.hgetBuffer(key, version);
        if (sealed === null) continue;
        const anew = orUnreadable(nameOf(version), () => resealValue(vault, sealed, contextOf(version)));
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

function unreadable(error: unknown): null {
  if (error instanceof SchemeUnreadable) return null;
  throw error;
}
