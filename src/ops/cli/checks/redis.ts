import { Cluster } from 'ioredis';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Words } from '../words.js';
import { resultOf, type CheckResult } from './result.js';

/** SMISMEMBER came with it, and BullMQ asks for it. */
const OLDEST = [6, 2] as const;

type Info = ReadonlyMap<string, string>;

/** What Redis says of itself: can it lose a notice that was accepted, or throw one away? */
export async function checkRedisSettings(redis: RedisConnection): Promise<CheckResult> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  try {
    // Not CONFIG GET, which hosts often forbid.
    const infos = await Promise.all(nodes.map(async (node) => parseInfo(await node.info())));
    return settingsResult(infos);
  } catch {
    return resultOf('redis-settings', { warnings: [UNREADABLE] });
  }
}

/** Pure: the verdict on what each node's INFO says. */
export function settingsResult(infos: readonly Info[]): CheckResult {
  const each = (judge: (info: Info) => Words | null): readonly Words[] => {
    const found = infos.map(judge).filter((words) => words !== null);
    return [...new Map(found.map((words) => [words.en, words])).values()];
  };
  return resultOf('redis-settings', {
    errors: [...each(tooOld), ...each(isReplica)],
    warnings: [...each(evicts), ...each(forgets)],
    notes: each(versionNote),
  });
}

/** `name:value` lines, in sections. */
export const parseInfo = (text: string): Info =>
  new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );

const UNREADABLE: Words = {
  fr: 'INFO est refusé : impossible de savoir si maxmemory-policy est noeviction et si AOF est actif',
  en: 'INFO is refused: whether maxmemory-policy is noeviction and AOF is on cannot be known',
};

function versionNote(info: Info): Words | null {
  const version = info.get('redis_version');
  return version === undefined ? null : { fr: `version ${version}`, en: `version ${version}` };
}

function tooOld(info: Info): Words | null {
  const [major = 0, minor = 0] = (info.get('redis_version') ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (!info.has('redis_version') || major > oldestMajor || (major === oldestMajor && minor >= oldestMinor))
    return null;
  return {
    fr: `version ${info.get('redis_version')} : il faut ${OLDEST.join('.')} ou plus récent`,
    en: `version ${info.get('redis_version')}: ${OLDEST.join('.')} or newer is needed`,
  };
}

function isReplica(info: Info): Words | null {
  if (info.get('role') !== 'slave') return null;
  return {
    fr: "c'est une réplique, où rien ne s'écrit : donnez dans REDIS_URL l'adresse du serveur principal",
    en: 'this is a replica, where nothing can be written: set REDIS_URL to the address of the main server',
  };
}

function evicts(info: Info): Words | null {
  const policy = info.get('maxmemory_policy');
  if (policy === 'noeviction') return null;
  const mend = 'CONFIG SET maxmemory-policy noeviction';
  return {
    fr: `maxmemory-policy vaut ${policy ?? '(inconnu)'} : à court de mémoire, Redis effacerait des travaux en attente. Remède : ${mend} (et dans redis.conf, ou chez l'hébergeur)`,
    en: `maxmemory-policy is ${policy ?? '(unknown)'}: short of memory, Redis would delete waiting work. To mend it: ${mend} (and in redis.conf, or at the host's)`,
  };
}

function forgets(info: Info): Words | null {
  if (info.get('aof_enabled') === '1') return null;
  const mend = 'CONFIG SET appendonly yes';
  return {
    fr: `AOF est inactif : un arrêt brutal perdrait des avis déjà acceptés. Remède : ${mend} (et dans redis.conf, ou chez l'hébergeur)`,
    en: `AOF is off: a crash would lose notices that were accepted. To mend it: ${mend} (and in redis.conf, or at the host's)`,
  };
}
