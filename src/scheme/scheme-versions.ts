import { z } from 'zod';
import { asSchemeVersion, type SchemeVersion } from '../ids.js';
import type { PeopleSources } from '../earners/people.js';

/** When a version of the scheme was first started with, Unix seconds. */
export interface VersionKept {
  readonly version: SchemeVersion;
  readonly firstS: number;
}

/** Every version that was ever started with, newest first. */
export interface VersionList {
  all(): Promise<readonly VersionKept[]>;
}

const kept = z.object({ firstS: z.number() });

/**
 * The versions that `createSchemes` keeps, without parsing any: a version never changes, so that each is
 * read once a process.
 */
export function createVersionList({ redis, prefix }: Pick<PeopleSources, 'redis' | 'prefix'>): VersionList {
  const textsKey = `${prefix}:{scheme}:texts`;
  const known = new Map<string, number>();
  const firstOf = async (version: string): Promise<number> => {
    const firstS = known.get(version) ?? firstIn(await redis.hget(textsKey, version));
    known.set(version, firstS);
    return firstS;
  };
  return {
    async all() {
      const versions = await redis.hkeys(textsKey);
      const all = await Promise.all(
        versions.map(async (version) => ({
          version: asSchemeVersion(version),
          firstS: await firstOf(version),
        })),
      );
      return all.toSorted((a, b) => b.firstS - a.firstS);
    },
  };
}

const firstIn = (text: string | null): number =>
  text === null ? 0 : (kept.safeParse(JSON.parse(text)).data?.firstS ?? 0);
