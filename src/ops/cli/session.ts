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
import { rejectIfRefused } from '../../platform/redis-health.js';
import { closeRedis, hostsOf, raceAbort, type RedisConnection } from '../../platform/redis.js';
import { createVault, type Vault } from '../../platform/vault.js';
import { openQueue, openQueues, type Queues } from '../../queue/enqueue.js';
import type { Scheme } from '../../rules/types.js';
import { AwardInFlight, PersonErased } from '../../workers/link-addresses.js';
import { partnerKeys } from '../../workers/stores.js';
import { type Pipeline, wirePipeline } from '../../workers/pipeline.js';
import { labelled, type Localized, say } from '../../localized.js';
import { requireScheme, requireSettings } from './settings.js';
import {
  type CommandAnswer,
  type CommandCall,
  type Command,
  type CommandContext,
  CommandProblem,
} from './command.js';

/** Variables that every OBF call needs; processes share the sealed token through Redis. */
export const NEEDED_BY_OBF = ['REDIS_URL', 'OBF_BASE_URL', 'OBF_MAX_RPS', 'PALIER_KEY', 'PALIER_KEY_OLD'];
/** Variables that the pipeline needs. */
export const NEEDED = [...NEEDED_BY_OBF, 'OBF_CLIENT_ID', 'OBF_CLIENT_SECRET', 'TZ_SCHEME'];

/**
 * Opens Redis, waits for its first answer, runs `work`, and always closes Redis.
 * @throws CommandProblem `redis_silent` when Redis does not answer in time, refuses the login, or fails later
 */
export async function withRedis<T>(
  { openRedis, patienceMs }: Pick<CommandContext, 'openRedis' | 'patienceMs'>,
  address: Config['redis'],
  work: (redis: RedisConnection) => Promise<T>,
): Promise<T> {
  const redis = openRedis(address);
  // A timeout does not say why Redis is silent; the connection's last error does.
  let connectionError: unknown = null;
  redis.on('error', (error) => {
    connectionError = error;
  });
  let hasAnswered = false;
  try {
    const answer = rejectIfRefused(redis, address, redis.ping());
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

/** @param hasAnswered Redis failed later: every command can be typed again */
function silenceWords(error: unknown, address: Config['redis'], hasAnswered: boolean): Localized {
  const { fr, en, mend } = redisCause(error);
  const where = hostsOf(address);
  return hasAnswered
    ? say`Redis a fait défaut en cours de route (${where}) : ${fr}. ${mend} Puis retapez la commande.
      Redis failed on the way (${where}): ${en}. ${mend} Then type the command again.`
    : say`Redis ne répond pas (${where}) : ${fr}. ${mend}
      Redis does not answer (${where}): ${en}. ${mend}`;
}

/** The parts below log nothing: the command itself reports problems. */
const silentLog = (): Logger => createLogger('silent', 'cli', { write: () => undefined });

/** Opens the queues, runs `work`, and closes them; the caller keeps the connection. */
export async function withQueues<T>(
  { queuePrefix }: Pick<CommandContext, 'queuePrefix'>,
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

/** Opens OBF with these API keys, runs `work`, and closes it. */
export async function withObf<T>(
  { dataPrefix, patienceMs }: CommandContext,
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

/** Gives an abandoned OBF call time to release its lock in Redis. */
async function releaseLocks(redis: RedisConnection): Promise<void> {
  await setImmediate();
  await raceAbort(redis.ping(), AbortSignal.timeout(RELEASE_WITHIN_MS)).catch(() => undefined);
}

/** Under another key nobody would be known, and everybody would get their awards again. */
export const KEY_CHANGED = say`PALIER_KEY : ce n'est pas la clé sous laquelle ce Redis a été rempli. Remettez l'ancienne ; si elle est perdue, voyez docs/operating.md (« PALIER_KEY »)
  PALIER_KEY: not the key that this Redis was filled under. Set the former one again; if it is lost, see docs/operating.md ("PALIER_KEY")`;

/** @throws CommandProblem when this Redis was filled under another key */
export async function requireSameKey(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  if (!(await isSameKey(redis, prefix, vault))) throw new CommandProblem('key_changed', KEY_CHANGED);
}

/**
 * Makes a command's `run` that wires the pipeline, runs `work`, and closes the pipeline. It starts no worker. The scheme
 * is that of the files, or of `--rules` and `--partners`. A partner without its API key has no account in the pipeline.
 * @param variables the environment variables that the command needs
 * @throws CommandProblem when the environment, the scheme, Redis or PALIER_KEY is wrong.
 *   Also when an award of the person is in flight, or the Région's account cannot be read.
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
        readOnly: true,
        clock: call.clock,
        prefixes: { queues: call.queuePrefix, data: call.dataPrefix },
        pace: call.pace ?? {},
      });
      try {
        await requireSameKey(redis, call.dataPrefix, pipeline.vault);
        // From here, `pipeline.clock` is Redis' time.
        await pipeline.now();
        return await work(pipeline, call, config);
      } catch (cause) {
        if (cause instanceof AwardInFlight) throw new CommandProblem('still_under_way', IN_FLIGHT, { cause });
        if (cause instanceof PersonErased) throw new CommandProblem('person_erased', ERASED, { cause });
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

const ERASED = say`Une de ces personnes vient d'être effacée : rien n'a été changé.
  One of these people was erased just now: nothing was changed.`;

function unreadableWords(cause: Error): Localized {
  const why = String(describeError(cause)['message']);
  return say`Le compte OBF de la Région ne peut pas être lu, et rien n'a été changé (${why}). « npx palier check » dit pourquoi ; retapez ensuite la commande.
    The Région's OBF account cannot be read, and nothing was changed (${why}). "npx palier check" tells why; then type the command again.`;
}

export const REGION_KEY = 'OBF_CLIENT_ID, OBF_CLIENT_SECRET';

/** An account that was not read, and why; null: it was skipped, since OBF had stopped answering. */
export interface ReadFailure {
  readonly clientId: ClientId;
  readonly why: Localized | null;
}

/** After so many silent accounts in a row, OBF itself is down: the other hundreds need not time out. */
const MAX_SILENT_IN_A_ROW = 3;

/**
 * Runs `ask` for each account, several at a time, while OBF answers. After an abort, it ends when the current `ask`
 * ends, since the caller then closes what `ask` uses.
 * @returns the accounts that were not read
 */
export async function askAccounts(
  scheme: Scheme,
  clients: Iterable<ClientId>,
  ask: (clientId: ClientId) => Promise<void>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal?: AbortSignal },
): Promise<readonly ReadFailure[]> {
  let silentInARow = 0;
  const askOne = async (clientId: ClientId): Promise<readonly ReadFailure[]> => {
    if (silentInARow >= MAX_SILENT_IN_A_ROW) return [{ clientId, why: null }];
    try {
      await ask(clientId);
      silentInARow = 0;
      return [];
    } catch (error) {
      signal?.throwIfAborted();
      silentInARow = error instanceof ObfNotSent ? silentInARow + 1 : 0;
      return [{ clientId, why: accountWords(scheme, clientId, error) }];
    }
  };
  return (await pMap(clients, askOne, { concurrency })).flat();
}

/** Explains a failed OBF call, with the account's name. @throws the error itself unless it is an ObfError */
export function accountWords({ partnersById }: Scheme, clientId: ClientId, error: unknown): Localized {
  const partner = partnersById.get(clientId);
  const key =
    partner === undefined ? REGION_KEY : `client_id ${clientId}, ${partner.secretEnv ?? 'secret_env'}`;
  return labelled(partner?.name ?? 'Région', obfWords(error, key));
}

/** Explains a failed OBF call, without a name. @param variables the variables that hold the API key */
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
