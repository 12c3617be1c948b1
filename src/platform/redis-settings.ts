/**
 * What Redis says of itself in `INFO`, judged: can it lose a notice that was accepted, or throw one away?
 * Pure. `CONFIG GET` would say more, and hosts often forbid it.
 * @see https://redis.io/docs/latest/commands/info/
 */
export interface RedisFinding {
  /**
   * `unfit`: Palier cannot work on it at all. `unsafe`: it works, until a crash or a lack of memory costs
   * it what it holds; production refuses it.
   */
  readonly grade: 'unfit' | 'unsafe';
  readonly setting: 'redis_version' | 'role' | 'maxmemory-policy' | 'appendonly';
  /** Each says what is, why that is wrong, and how to mend it. */
  readonly fr: string;
  readonly en: string;
}

export interface RedisReport {
  /** Of each node, as it names it. */
  readonly versions: readonly string[];
  readonly findings: readonly RedisFinding[];
}

/** SMISMEMBER came with it, and BullMQ asks for it. */
const OLDEST = [6, 2] as const;

type Info = ReadonlyMap<string, string>;
type Judge = (info: Info) => RedisFinding | null;

/** @param infos the answer to `INFO` of each server that is written to: one, or a cluster's masters */
export function judgeRedis(infos: readonly string[]): RedisReport {
  const parsed = infos.map(parseInfo);
  const found = JUDGES.flatMap((judge) => parsed.flatMap((info) => judge(info) ?? []));
  return {
    versions: distinct(parsed.flatMap((info) => info.get('redis_version') ?? [])),
    // What several nodes have in common is told once.
    findings: [...new Map(found.map((finding) => [finding.en, finding])).values()],
  };
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** `name:value` lines, in sections. */
const parseInfo = (text: string): Info =>
  new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );

const tooOld: Judge = (info) => {
  const version = info.get('redis_version');
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  const recent = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (version === undefined || recent) return null;
  return {
    grade: 'unfit',
    setting: 'redis_version',
    fr: `version ${version} : il faut ${OLDEST.join('.')} ou plus récent`,
    en: `version ${version}: ${OLDEST.join('.')} or newer is needed`,
  };
};

const isReplica: Judge = (info) =>
  info.get('role') !== 'slave'
    ? null
    : {
        grade: 'unfit',
        setting: 'role',
        fr: "c'est une réplique, où rien ne s'écrit : donnez dans REDIS_URL l'adresse du serveur principal",
        en: 'this is a replica, where nothing can be written: set REDIS_URL to the address of the main server',
      };

const evicts: Judge = (info) => {
  const policy = info.get('maxmemory_policy');
  if (policy === 'noeviction') return null;
  const mend = 'CONFIG SET maxmemory-policy noeviction';
  return {
    grade: 'unsafe',
    setting: 'maxmemory-policy',
    fr: `maxmemory-policy vaut ${policy ?? '(inconnu)'} : à court de mémoire, Redis effacerait des travaux en attente. Remède : ${mend} (et dans redis.conf, ou chez l'hébergeur)`,
    en: `maxmemory-policy is ${policy ?? '(unknown)'}: short of memory, Redis would delete waiting work. To mend it: ${mend} (and in redis.conf, or at the host's)`,
  };
};

const forgets: Judge = (info) => {
  if (info.get('aof_enabled') === '1') return null;
  const mend = 'CONFIG SET appendonly yes';
  return {
    grade: 'unsafe',
    setting: 'appendonly',
    fr: `AOF est inactif (appendonly no) : un arrêt brutal perdrait des avis déjà acceptés. Remède : ${mend} (et dans redis.conf, ou chez l'hébergeur)`,
    en: `AOF is off (appendonly no): a crash would lose notices that were accepted. To mend it: ${mend} (and in redis.conf, or at the host's)`,
  };
};

const JUDGES: readonly Judge[] = [tooOld, isReplica, evicts, forgets];
