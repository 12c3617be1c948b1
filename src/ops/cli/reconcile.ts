import type { ClientId } from '../../ids.js';
import { ObfError, ObfNotSent } from '../../obf/errors.js';
import { describeError } from '../../platform/logger.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { pollEvents } from '../../workers/ingest/poll-events.js';
import { rebuildIndexes } from '../../workers/rebuild-indexes.js';
import {
  polledClients,
  type ScheduleTimes,
  scheduleTimesOf,
  setSchedules,
} from '../../workers/runtime/schedules.js';
import { type Drift, verifyAccounts } from '../../workers/ingest/verify-accounts.js';
import { counted, labelled, type Lang, type Localized } from '../shared/words.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { accountWords } from './obf.js';
import { EXIT, Problem } from './problem.js';
import type { Report } from './progress.js';
import { withPipeline } from './session.js';
import { configProblem } from './settings.js';

export const reconcile = command({
  name: 'reconcile',
  summary: {
    fr: 'lit dans OBF ce qui a été délivré sans que Palier le sache',
    en: 'reads in OBF what was issued unknown to Palier',
  },
  details: [
    {
      fr: "Lit maintenant la liste d'événements de chaque compte, comme les workers le font d'eux-mêmes toutes les POLL_EVERY_S secondes ; ce qui manque est mis en file.",
      en: 'Reads the event list of every account now, as the workers do by themselves every POLL_EVERY_S seconds; what is missing is enqueued.',
    },
    {
      fr: "Peut être tapée à tout moment, les workers tournant ou non, et autant de fois que voulu. Code de sortie 1 si un compte n'a pas pu être lu.",
      en: 'May be typed at any time, beside running workers or not, and as often as you like. Exit code 1 if an account could not be read.',
    },
  ],
  options: [
    {
      flag: '--full',
      about: {
        fr: 'relit tout, comme les workers le font toutes les VERIFY_EVERY_H heures : reconstruit un Redis perdu, trouve ce qui a été révoqué, ajouté ou supprimé, et dit les écarts réparés',
        en: 'reads everything again, as the workers do every VERIFY_EVERY_H hours: rebuilds a lost Redis, finds what was revoked, added or deleted, and tells the drift it mended',
      },
    },
  ],
  progress: ({ flags }) =>
    flags['full'] === true
      ? {
          fr: 'Relecture des événements, compte par compte',
          en: 'Reading events again, account by account',
        }
      : { fr: 'Lecture des comptes OBF', en: 'Reading the OBF accounts' },
  interruptible: true,
  work: ({ flags }, { context, report, signal }): Promise<Reconciled> =>
    flags['full'] === true
      ? withPipeline(
          context,
          async (pipeline, config) => {
            requireKeys(pipeline, context);
            return readAll(pipeline, scheduleTimesOf(config), report, signal);
          },
          ['POLL_EVERY_S', 'VERIFY_EVERY_H', 'RETENTION_MONTHS'],
        )
      : withPipeline(context, async (pipeline) => {
          requireKeys(pipeline, context);
          return pollAll(pipeline, report, signal);
        }),
  answer: (found, { lang }) => ({
    lines: [
      ...('drift' in found ? driftLines(found.drift, lang) : polledLines(found, lang)),
      ...unreadLines(found.unread, lang),
    ],
    json: {
      ok: found.unread.length === 0,
      ...('drift' in found
        ? driftJson(found.drift)
        : { accounts_read: found.accounts - found.unread.length, events: found.events }),
      unread: found.unread.map(({ clientId, why }) => ({ client: clientId, why: why?.[lang] ?? null })),
    },
    exit: found.unread.length === 0 ? EXIT.good : EXIT.problem,
  }),
});

type Reconciled = Polled | Reread;

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
  /** Events that were not stored yet, and stand in the queue of notices now. */
  readonly events: number;
  readonly unread: readonly Unread[];
}

/** So many accounts in a row without an answer: OBF itself is away, and hundreds need not time out. */
const SILENT_IN_A_ROW = 3;

/** Looks, in every account that we can read, for events that nobody told us of. */
async function pollAll(pipeline: Pipeline, report: Report, signal: AbortSignal): Promise<Polled> {
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

interface Reread {
  readonly drift: Drift;
  readonly unread: readonly Unread[];
}

/**
 * Reads everything back from OBF, and rebuilds the indexes and the schedules: running workers set those only
 * when they start.
 * @throws Problem when the Région's own account cannot be read
 */
async function readAll(
  pipeline: Pipeline,
  times: ScheduleTimes,
  report: Report,
  signal: AbortSignal,
): Promise<Reread> {
  const drift = await reread(pipeline, report, signal);
  await rebuildIndexes(pipeline, signal);
  await setSchedules(pipeline, times);
  const unread: Unread[] = [];
  for (const { clientId, error } of drift.unreadable)
    unread.push({ clientId, why: await whyUnread(pipeline, clientId, error, signal) });
  return { drift, unread };
}

async function reread(pipeline: Pipeline, report: Report, signal: AbortSignal): Promise<Drift> {
  try {
    return await verifyAccounts(pipeline, report, signal);
  } catch (error) {
    if (!(error instanceof ObfError)) throw error;
    const words = accountWords(pipeline.scheme, pipeline.region, error);
    throw new Problem('region_unreadable', [words, NOTHING_EVALUATED], { cause: error });
  }
}

const NOTHING_EVALUATED = {
  fr: "Sans le compte de la Région, on ne sait pas ce qui est déjà délivré : personne n'est réévalué. Retapez la commande quand OBF répond.",
  en: 'Without the account of the Région, what was given is not known: nobody is evaluated. Type the command again when OBF answers.',
};

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
  return {
    fr: `${name} : la lecture a échoué en route (${why}), et OBF répond à nouveau : retapez la commande`,
    en: `${name}: the reading failed on the way (${why}), and OBF answers again: type the command again`,
  };
}

const ACCOUNT = [
  { fr: 'compte OBF lu', en: 'OBF account read' },
  { fr: 'comptes OBF lus', en: 'OBF accounts read' },
] as const;

function polledLines({ accounts, events, unread }: Polled, lang: Lang): readonly string[] {
  const found: Localized =
    events === 0
      ? { fr: 'Aucun événement ne manquait.', en: 'No event was missing.' }
      : {
          fr: `Événements qui manquaient, mis en file pour les workers : ${events}.`,
          en: `Events that were missing, enqueued for the workers: ${events}.`,
        };
  return [`${counted(accounts - unread.length, ...ACCOUNT)[lang]}. ${found[lang]}`];
}

/** Every number of the drift, in the order in which it is read. */
const DRIFT: readonly (readonly [keyof Omit<Drift, 'unreadable' | 'earners'>, Localized])[] = [
  [
    'events',
    {
      fr: 'événements qui manquaient, ou avaient changé',
      en: 'events that were missing, or had changed',
    },
  ],
  [
    'awards',
    {
      fr: 'badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis)',
      en: "the Région's badges found in OBF (given by hand, or lost with Redis)",
    },
  ],
  [
    'awardsRevoked',
    { fr: 'badges Région révoqués à notre insu', en: "the Région's badges revoked unknown to us" },
  ],
  ['assertions', { fr: 'badges de partenaires qui manquaient', en: "partners' badges that were missing" }],
  [
    'revocations',
    { fr: 'badges de partenaires révoqués à notre insu', en: "partners' badges revoked unknown to us" },
  ],
  [
    'changed',
    {
      fr: 'badges de partenaires dont une date avait changé',
      en: "partners' badges of which a date had changed",
    },
  ],
  [
    'gone',
    {
      fr: "badges de partenaires qu'OBF n'a plus (ils ne comptent plus)",
      en: "partners' badges that OBF has no longer (they count no more)",
    },
  ],
];

function driftLines(drift: Drift, lang: Lang): readonly string[] {
  const heading = DRIFT.every(([name]) => drift[name] === 0)
    ? { fr: 'Aucun écart avec OBF.', en: 'No drift from OBF.' }
    : { fr: 'Écarts avec OBF, réparés :', en: 'Drift from OBF, mended:' };
  const numbers = DRIFT.map(([name, words]) => `  ${labelled(words, drift[name])[lang]}`);
  const evaluated = {
    fr: `Personnes que les workers réévaluent : ${drift.earners}.`,
    en: `Earners whom the workers evaluate anew: ${drift.earners}.`,
  };
  return [heading[lang], ...numbers, evaluated[lang]];
}

const driftJson = (drift: Drift) => ({
  drift: {
    events: drift.events,
    awards: drift.awards,
    awards_revoked: drift.awardsRevoked,
    assertions: drift.assertions,
    revocations: drift.revocations,
    changed: drift.changed,
    gone: drift.gone,
  },
  earners: drift.earners,
});

function unreadLines(unread: readonly Unread[], lang: Lang): readonly string[] {
  if (unread.length === 0) return [];
  const known = unread.flatMap(({ why }) => (why === null ? [] : [`  ${why[lang]}`]));
  const notAsked = unread.length - known.length;
  const rest = {
    fr: `  OBF ne répondant plus, comptes non demandés : ${notAsked}`,
    en: `  Since OBF no longer answers, accounts not asked: ${notAsked}`,
  };
  const heading = { fr: `Comptes non lus : ${unread.length}`, en: `Accounts not read: ${unread.length}` };
  return [heading[lang], ...known, ...(notAsked === 0 ? [] : [rest[lang]])];
}
