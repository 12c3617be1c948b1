import type { ClientId } from '../../ids.js';
import { ObfError, ObfNotSent } from '../../obf/errors.js';
import { describeError } from '../../platform/logger.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { pollEvents } from '../../workers/ingest/poll-events.js';
import { rebuildIndexes } from '../../workers/rebuild-indexes.js';
import { polledClients, type ScheduleTimes, setSchedules } from '../../workers/runtime/schedules.js';
import { type Drift, verifyAccounts } from '../../workers/ingest/verify-accounts.js';
import { indented, labelled, type Localized, plural, say } from '../shared/words.js';
import { accountWords } from './obf.js';
import { NEEDED, withPipeline } from './session.js';
import { configProblem } from './settings.js';
import { type Call, type Command, type Context, EXIT, Problem } from './command.js';

export const reconcile: Command = {
  name: 'reconcile',
  help: [
    say`lit dans OBF ce qui a été délivré sans que Palier le sache
      reads in OBF what was issued unknown to Palier`,
    say`Lit maintenant la liste d'événements de chaque compte, comme les workers le font d'eux-mêmes toutes les POLL_EVERY_S secondes ; ce qui manque est mis en file.
      Reads the event list of every account now, as the workers do by themselves every POLL_EVERY_S seconds; what is missing is enqueued.`,
    say`Peut être tapée à tout moment, les workers tournant ou non, et autant de fois que voulu. Code de sortie 1 si un compte n'a pas pu être lu.
      May be typed at any time, beside running workers or not, and as often as you like. Exit code 1 if an account could not be read.`,
  ],
  options: {
    '--full': say`relit tout, comme les workers le font toutes les VERIFY_EVERY_H heures : reconstruit un Redis perdu, trouve ce qui a été révoqué, ajouté ou supprimé, et dit les écarts réparés
      reads everything again, as the workers do every VERIFY_EVERY_H hours: rebuilds a lost Redis, finds what was revoked, added or deleted, and tells the drift it mended`,
  },
  progress: ({ has }) =>
    has('full')
      ? { fr: 'Relecture des événements, compte par compte', en: 'Reading events again, account by account' }
      : { fr: 'Lecture des comptes OBF', en: 'Reading the OBF accounts' },
  interruptible: true,
  run: async (call) => {
    const found = await withPipeline<Polled | Awaited<ReturnType<typeof readAll>>>(
      call,
      (pipeline, config) => {
        requireKeys(pipeline, call);
        return call.has('full') ? readAll(pipeline, config, call) : pollAll(pipeline, call);
      },
      { variables: [...NEEDED, ...(call.has('full') ? TIMES : [])] },
    );
    const { unread } = found;
    return {
      lines: [...('drift' in found ? driftLines(found.drift) : polledLines(found)), ...unreadLines(unread)],
      json: {
        ok: unread.length === 0,
        ...('drift' in found
          ? { drift: numbersOf(found.drift), earners: found.drift.earners }
          : { accounts_read: found.accounts - unread.length, events: found.events }),
        unread: unread.map(({ clientId, why }) => ({ client: clientId, why: why?.[call.lang] ?? null })),
      },
      exit: unread.length === 0 ? EXIT.good : EXIT.problem,
    };
  },
};

/** What the schedules are set by. */
const TIMES = ['POLL_EVERY_S', 'VERIFY_EVERY_H', 'RETENTION_MONTHS'];

/** An account without its key would be passed over in silence. */
function requireKeys({ scheme }: Pipeline, { env }: Context): void {
  const { faults } = partnerKeys(scheme, env);
  if (faults.length > 0) throw configProblem(faults);
}

/** An account that was not read, and why; null: it was not asked, since OBF no longer answers. */
interface Unread {
  readonly clientId: ClientId;
  readonly why: Localized | null;
}

interface Polled {
  readonly accounts: number;
  /** Events that were not stored yet, and are in the queue of notices now. */
  readonly events: number;
  readonly unread: readonly Unread[];
}

/** So many accounts in a row without an answer: OBF itself is away, and hundreds need not time out. */
const SILENT_IN_A_ROW = 3;

/** Looks, in every account that we can read, for events that nobody told us of. */
async function pollAll(pipeline: Pipeline, { report, signal }: Call): Promise<Polled> {
  const clients = polledClients(pipeline);
  const unread: Unread[] = [];
  let events = 0;
  let silent = 0;
  for (const [at, clientId] of clients.entries()) {
    report(at, clients.length);
    if (silent >= SILENT_IN_A_ROW) {
      unread.push({ clientId, why: null });
      continue;
    }
    try {
      events += await pollEvents(pipeline, clientId, signal);
      silent = 0;
    } catch (error) {
      signal.throwIfAborted();
      unread.push({ clientId, why: accountWords(pipeline.scheme, clientId, error) });
      silent = error instanceof ObfNotSent ? silent + 1 : 0;
    }
  }
  return { accounts: clients.length, events, unread };
}

/**
 * Reads everything back from OBF, and rebuilds the indexes and the schedules: running workers set those only
 * when they start.
 * @throws Problem when the Région's own account cannot be read
 */
async function readAll(pipeline: Pipeline, times: ScheduleTimes, call: Call) {
  const { signal } = call;
  const drift = await reread(pipeline, call);
  await rebuildIndexes(pipeline, signal);
  await setSchedules(pipeline, times);
  const unread: Unread[] = [];
  for (const { clientId, error } of drift.unreadable)
    unread.push({ clientId, why: await whyUnread(pipeline, clientId, error, signal) });
  return { drift, unread };
}

async function reread(pipeline: Pipeline, { report, signal }: Call): Promise<Drift> {
  try {
    return await verifyAccounts(pipeline, report, signal);
  } catch (error) {
    if (!(error instanceof ObfError)) throw error;
    const words = accountWords(pipeline.scheme, pipeline.region, error);
    throw new Problem('region_unreadable', [words, NOTHING_EVALUATED], { cause: error });
  }
}

const NOTHING_EVALUATED = say`Sans le compte de la Région, on ne sait pas ce qui est déjà délivré : personne n'est réévalué. Retapez la commande quand OBF répond.
  Without the account of the Région, what was given is not known: nobody is evaluated. Type the command again when OBF answers.`;

/** An account that still fails says why best; of one that answers again, what stood in the way is told. */
async function whyUnread(pipeline: Pipeline, clientId: ClientId, stopped: unknown, signal: AbortSignal) {
  try {
    await pipeline.accounts(clientId)?.ping(signal);
  } catch (error) {
    signal.throwIfAborted();
    return accountWords(pipeline.scheme, clientId, error);
  }
  const why = String(describeError(stopped)['message']);
  const name = pipeline.scheme.partnersById.get(clientId)?.name ?? clientId;
  return say`${name} : la lecture a échoué en route (${why}), et OBF répond à nouveau : retapez la commande
    ${name}: the reading failed on the way (${why}), and OBF answers again: type the command again`;
}

function polledLines({ accounts, events, unread }: Polled): readonly Localized[] {
  const read = plural(
    accounts - unread.length,
    'compte OBF lu|comptes OBF lus',
    'OBF account read|OBF accounts read',
  );
  if (events === 0)
    return [
      say`${read}. Aucun événement ne manquait.
        ${read}. No event was missing.`,
    ];
  return [
    say`${read}. Événements qui manquaient, mis en file pour les workers : ${events}.
      ${read}. Events that were missing, enqueued for the workers: ${events}.`,
  ];
}

const numbersOf = ({ events, awards, awardsRevoked, assertions, revocations, changed, gone }: Drift) => ({
  events,
  awards,
  awards_revoked: awardsRevoked,
  assertions,
  revocations,
  changed,
  gone,
});

const DRIFT: Readonly<Record<keyof ReturnType<typeof numbersOf>, Localized>> = {
  events: say`événements qui manquaient, ou avaient changé
    events that were missing, or had changed`,
  awards: say`badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis)
    the Région's badges found in OBF (given by hand, or lost with Redis)`,
  awards_revoked: say`badges Région révoqués à notre insu
    the Région's badges revoked unknown to us`,
  assertions: say`badges de partenaires qui manquaient
    partners' badges that were missing`,
  revocations: say`badges de partenaires révoqués à notre insu
    partners' badges revoked unknown to us`,
  changed: say`badges de partenaires dont une date avait changé
    partners' badges of which a date had changed`,
  gone: say`badges de partenaires qu'OBF n'a plus (ils ne comptent plus)
    partners' badges that OBF has no longer (they count no more)`,
};

function driftLines(drift: Drift): readonly Localized[] {
  const numbers: Readonly<Record<string, number>> = numbersOf(drift);
  return [
    Object.values(numbers).every((n) => n === 0)
      ? { fr: 'Aucun écart avec OBF.', en: 'No drift from OBF.' }
      : { fr: 'Écarts avec OBF, réparés :', en: 'Drift from OBF, mended:' },
    ...Object.entries(DRIFT).map(([name, words]) => indented(labelled(words, numbers[name] ?? 0))),
    say`Personnes que les workers réévaluent : ${drift.earners}.
      Earners whom the workers evaluate anew: ${drift.earners}.`,
  ];
}

function unreadLines(unread: readonly Unread[]): readonly Localized[] {
  if (unread.length === 0) return [];
  const known = unread.flatMap(({ why }) => why ?? []);
  const notAsked = unread.length - known.length;
  const rest = say`OBF ne répondant plus, comptes non demandés : ${notAsked}
    Since OBF no longer answers, accounts not asked: ${notAsked}`;
  return [
    { fr: `Comptes non lus : ${unread.length}`, en: `Accounts not read: ${unread.length}` },
    ...[...known, ...(notAsked === 0 ? [] : [rest])].map(indented),
  ];
}
