import { z } from 'zod';
import { asAwardId, asSchemeVersion, type AwardId, type SchemeVersion } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** Everyone was looked at, at some time, under some version of the scheme. */
export interface StoredCensus {
  /** Unix seconds. */
  readonly atS: number;
  readonly version: SchemeVersion;
  readonly people: number;
  /** To how many people one more badge would give the award. */
  readonly oneAway: ReadonlyMap<AwardId, number>;
}

/** The last census, so that nobody has to look at everybody for it. */
export interface CensusStore {
  /** Null: there was none, or a Palier that we do not know took it. */
  read(): Promise<StoredCensus | null>;
  write(census: StoredCensus): Promise<void>;
}

const form = z.object({
  atS: z.number(),
  version: z.string().transform(asSchemeVersion),
  people: z.number(),
  oneAway: z.array(z.tuple([z.string().transform(asAwardId), z.number()])),
});

/** @param prefix of the keys */
export function createCensusStore(redis: RedisConnection, prefix: string): CensusStore {
  const key = `${prefix}:census`;
  return {
    async read() {
      const text = await redis.get(key);
      const read = text === null ? null : form.safeParse(JSON.parse(text));
      return read?.success === true ? { ...read.data, oneAway: new Map(read.data.oneAway) } : null;
    },
    async write({ oneAway, ...rest }) {
      await redis.set(key, JSON.stringify({ ...rest, oneAway: [...oneAway] }));
    },
  };
}
