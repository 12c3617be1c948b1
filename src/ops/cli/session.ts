import { setImmediate } from 'node:timers/promises';
import pMap from 'p-map';
import type { Config } from '../../config.js';
import type { ClientId } from '../../ids.js';
import { RegionUnreadable } from '../../issuing/region-account-sync.js';
import { ObfError, ObfNotSent, ObfRefused, ObfThrottled } from '../../obf/errors.js';
import { createObf, type Obf } from '../../obf/obf.js';
import { isSameKey } from '../../platform/key-guard.js';
import { createLogger, describeError, type Logger } from '../../platform/logger.js';
import { isRedisError, redisCause, RedisRefused, refusalOf } from '../../platform/redis-faults.js';
import { unlessRefused } from '../../platform/redis-health.js';
import { closeRedis, hostsOf, raceAbort, type RedisConnection } from '../../platform/redis.js';
import { createVault, type Vault } from '../../platform/vault.js';
import { openQueue, openQueues, type Queues } from '../../queue/enqueue.js';
import type { Scheme } from '../../rules/types.js';
import { AwardInFlight } from '../../workers/link-addresses.js';
import { partnerKeys } from '../../workers/stores.js';
import { type Pipeline, wirePipeline } from '../../workers/pipeline.js';
import { labelled, type Localized, say } from '../../localized.js';
import { requireScheme, requireSettings } from './settings.js';
import {
  type CommandAnswer,
  type CommandCall,
  type Command,
  type Context,
  CommandProblem,
} from './command.js';

/** What every call of OBF needs, for any account; the token is shared through Redis, sealed. */
export const NEEDED_BY_OBF = ['REDIS_URL', 'OBF_BASE_URL', 'OBF_MAX_RPS', 'PALIER_KEY', 'PALIER_KEY_OLD'];
/** What the pipeline is wired with. */
export const NEEDED = [...NEEDED_BY_OBF, 'OBF_CLIENT_ID', 'OBF_CLIENT_SECRET', 'TZ_SCHEME'];

/**
 * Opens Redis, waits for its first answer, does `work`, and closes it whatever happens.
 * @throws CommandProblem `redis_silent` when it does not answer in time, lets nobody in, or fails later
 */
export async function withRedis<T>(
  { openRedis, patienceMs }: Pick<Context, 'openRedis' | 'patienceMs'>,
  address: Config['redis'],
  work: (redis: RedisConnection) => Promise<T>,
): Promise<T> {
  const redis = openRedis(address);
  // A command that gives up says only that; the connection's last error says why.
  let connectionError: unknown = null;
  redis.on('error', (error) => {
    connectionError = error;
  });
  let hasAnswered = false;
  try {
    const answer = unlessRefused(redis, address, redis.ping());
    await raceAbort(answer, AbortSignal.timeout(patienceMs.redis));
    hasAnswered = true;
    return await work(redis);
  } catch (error) {
    if (hasAnswered && !isRedisError(error)) throw error;
    const cause = hasAnswered ? error : (connectionError ?? error);
    const refusal = error instanceof RedisRefused ? error : refusalOf(cause, address);
    const words = refusal?.words ?? silenceWords(cause, address, hasAnswered);
    throw new CommandProblem('redis_silent', words, { cause: error });
  } finally {
    closeRedis(redis);
  }
}

/** @param began it answered at first: every command may be typed again */
function silenceWords(error: unknown, address: Config['redis'], began: boolean): Localized {
  const { fr, en, mend } = redisCause(error);
  const where = hostsOf(address);
  return began
    ? say`Redis a fait défaut en cours de route (${where}) : ${fr}. ${mend} Puis retapez la commande.
      Redis failed on the way (${where}): ${en}. ${mend} Then type the command again.`
    : say`Redis ne répond pas (${where}) : ${fr}. ${mend}
      Redis does not answer (${where}): ${en}. ${mend}`;
}

/** For the parts below: a command itself says what went wrong. */
const silentLog = (): Logger => createLogger('silent', 'cli', { write: () => undefined });

/** Opens the queues, does `work`, and closes them; the connection stays the caller's. */
export async function withQueues<T>(
  { queuePrefix }: Pick<Context, 'queuePrefix'>,
  redis: RedisConnection,
  work: (queues: Queues) => Promise<T>,
): Promise<T> {
  const queues = openQueues((name) => openQueue(name, redis, silentLog(), queuePrefix, null, false));
  try {
    return await work(queues);
  } finally {
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
  }
}

/** Opens OBF with these API keys, does `work`, and closes it. */
export async function withObf<T>(
  { dataPrefix, patienceMs }: Context,
  config: Config,
  redis: RedisConnection,
  secrets: ReadonlyMap<ClientId, string>,
  work: (obf: Obf) => Promise<T>,
): Promise<T> {
  const obf = createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets,
    redis,
    prefix: dataPrefix,
    vault: createVault(config.palierKey),
    timeoutMs: patienceMs.obf,
  });
  try {
    return await work(obf);
  } finally {
    obf.close();
    await releaseLocks(redis);
  }
}

const RELEASE_WITHIN_MS = 1000;

/** An OBF call that was given up still has a lock to release in Redis: it gets the time. */
async function releaseLocks(redis: RedisConnection): Promise<void> {
  await setImmediate();
  await raceAbort(redis.ping(), AbortSignal.timeout(RELEASE_WITHIN_MS)).catch(() => undefined);
}

/** Under another key everybody would be unknown, and be given again what they have. */
export const KEY_CHANGED = say`PALIER_KEY : ce n'est pas la clé sous laquelle ce Redis a été rempli. Remettez l'ancienne ; si elle est perdue, voyez docs/operating.md (« PALIER_KEY »)
  PALIER_KEY: not the key that this Redis was filled under. Set the former one again; if it is lost, see docs/operating.md ("PALIER_KEY")`;

/** @throws CommandProblem when this Redis was filled under another key */
export async function requireSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  if (!(await isSameKey(redis, prefix, vault))) throw new CommandProblem('key_changed', KEY_CHANGED);
}

/**
 * What a command does in the pipeline, which is wired without starting a worker, and closed afterwards: with the scheme
 * of the files, or of those that were typed (`--rules`, `--partners`). A partner whose key is not set has no account in
 * it.
 * @param variables without which the command cannot do its work
 * @throws CommandProblem when the environment, the scheme or Redis cannot be used, PALIER_KEY is another, an award of
 *   the person is in flight, or the Région's account cannot be read
 */
export const inPipeline =
  (
    work: (pipeline: Pipeline, call: CommandCall, config: Config) => Promise<CommandAnswer | null>,
    variables: readonly string[] = NEEDED,
  ): Command['run'] =>
  async (call) => {
    const config = requireSettings(call, variables);
    const files = { scheme: call.text('rules'), partners: call.text('partners') };
    const scheme = await requireScheme(call, config, files);
    return withRedis(call, config.redis, async (redis) => {
      const { pipeline, close } = wirePipeline({
        config,
        scheme,
        secrets: partnerKeys(scheme, call.env).secrets,
        redis,
        log: silentLog(),
        leavesNoMark: true,
        clock: call.clock,
        prefixes: { queues: call.queuePrefix, data: call.dataPrefix },
        pace: call.pace ?? {},
      });
      try {
        await requireSameKey(redis, call.dataPrefix, pipeline.vault);
        // From here on, `clock` is Redis' time.
        await pipeline.now();
        return await work(pipeline, call, config);
      } catch (cause) {
        if (cause instanceof AwardInFlight) throw new CommandProblem('still_under_way', IN_FLIGHT, { cause });
        if (!(cause instanceof RegionUnreadable) && !(cause instanceof ObfError)) throw cause;
        throw new CommandProblem('region_unreadable', unreadableWords(cause), { cause });
      } finally {
        await close();
        await releaseLocks(redis);
      }
    });
  };

const IN_FLIGHT = say`Un badge de cette personne est en cours d'envoi ou de retrait, ou ce qui vient d'arriver pour elle est encore en traitement : rien n'a été changé. Retapez la commande dans une minute ; si cela dure, « npx palier stats » dit ce qui attend.
  An award of this person is being issued or taken back, or what has just come in for them is still being dealt with: nothing was changed. Type the command again in a minute; if it lasts, "npx palier stats" tells what waits.`;

function unreadableWords(cause: Error): Localized {
  const why = String(describeError(cause)['message']);
  return say`Le compte OBF de la Région ne peut pas être lu, et rien n'a été changé (${why}). « npx palier check » dit pourquoi ; retapez ensuite la commande.
    The Région's OBF account cannot be read, and nothing was changed (${why}). "npx palier check" tells why; then type the command again.`;
}

export const REGION_KEY = 'OBF_CLIENT_ID, OBF_CLIENT_SECRET';

/** An account that was not read, and why; null: it was not asked, since OBF no longer answers. */
export interface Unread {
  readonly clientId: ClientId;
  readonly why: Localized | null;
}

/** So many accounts in a row without an answer: OBF itself is away, and hundreds need not time out. */
const SILENT_IN_A_ROW = 3;

/**
 * Asks something of accounts, some at a time, as long as OBF answers. Interrupted, it ends once `ask` has: what that
 * works with is closed next.
 * @returns those that were not read
 */
export async function askAccounts(
  scheme: Scheme,
  clients: Iterable<ClientId>,
  ask: (clientId: ClientId) => Promise<void>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal?: AbortSignal },
): Promise<readonly Unread[]> {
  let silent = 0;
  const askOne = async (clientId: ClientId): Promise<readonly Unread[]> => {
    if (silent >= SILENT_IN_A_ROW) return [{ clientId, why: null }];
    try {
      await ask(clientId);
      silent = 0;
      return [];
    } catch (error) {
      signal?.throwIfAborted();
      silent = error instanceof ObfNotSent ? silent + 1 : 0;
      return [{ clientId, why: accountWords(scheme, clientId, error) }];
    }
  };
  return (await pMap(clients, askOne, { concurrency })).flat();
}

/** What a failed call means to an operator, by the account's owner. @throws any error that is not of OBF */
export function accountWords({ partnersById }: Scheme, clientId: ClientId, error: unknown): Localized {
  const partner = partnersById.get(clientId);
  const key =
    partner === undefined ? REGION_KEY : `client_id ${clientId}, ${partner.secretEnv ?? 'secret_env'}`;
  return labelled(partner?.name ?? 'Région', obfWords(error, key));
}

/** The same without a name. @param variables where the key is set */
export function obfWords(error: unknown, variables: string): Localized {
  if (!(error instanceof ObfError)) throw error;
  const words = wordsFor(error, variables);
  return say`${words} (${error.message})
    ${words} (${error.message})`;
}

function wordsFor(error: ObfError, variables: string): Localized {
  if (error instanceof ObfThrottled) {
    const seconds = Math.ceil(error.retryAfterMs / 1000);
    return say`OBF demande d'attendre ${seconds} s : recommencez ensuite
      OBF asks to wait ${seconds} s: try again then`;
  }
  if (error instanceof ObfRefused && [400, 401, 403].includes(error.status))
    return say`OBF refuse la clé d'API : vérifiez ${variables}
      OBF refuses the API key: check ${variables}`;
  return BY_CODE[error.code] ?? { fr: "OBF refuse l'appel", en: 'OBF refuses the call' };
}

const UNREADABLE = say`la réponse est illisible : vérifiez OBF_BASE_URL
  the answer cannot be read: check OBF_BASE_URL`;
const BY_CODE: Readonly<Record<string, Localized>> = {
  obf_not_sent: say`OBF ne répond pas : vérifiez OBF_BASE_URL, le réseau, et que le service fonctionne
    OBF does not answer: check OBF_BASE_URL, the network, and that the service works`,
  obf_unreadable: UNREADABLE,
  obf_outcome_unknown: UNREADABLE,
};
