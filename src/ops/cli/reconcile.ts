import type { ClientId } from '../../ids.js';
import { ObfError } from '../../obf/errors.js';
import { describeError } from '../../platform/logger.js';
import { partnerKeys } from '../../workers/stores.js';
import { partnerName } from '../../rules/explain/formatter.js';
import type { Scheme } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { pollEvents } from '../../workers/ingest/poll-events.js';
import { rebuildIndexes } from '../../workers/every-record.js';
import { polledClients } from '../../workers/runtime/schedules.js';
import { verifyAccounts } from '../../workers/ingest/verify-accounts.js';
import { labelled, type Localized, plural, say } from '../../localized.js';
import { indented } from '../shared/words.js';
import { accountWords, askAccounts, inPipeline, type ReadFailure } from './session.js';
import { configProblem } from './settings.js';
import { type CommandCall, type Command, CommandProblem } from './command.js';

export const reconcile: Command = {
  help: `
    lit dans OBF ce qui a été délivré sans que Palier le sache
      reads in OBF what was issued unknown to Palier
    Lit maintenant la liste d'événements de chaque compte, comme les workers le font d'eux-mêmes toutes les POLL_EVERY_S secondes ; ce qui manque est mis en file.
      Reads the event list of every account now, as the workers do by themselves every POLL_EVERY_S seconds; what is missing is enqueued.
    Peut être tapée à tout moment, les workers tournant ou non, et autant de fois que voulu. Code de sortie 1 si un compte n'a pas pu être lu.
      May be typed at any time, beside running workers or not, and as often as you like. Exit code 1 if an account could not be read.`,
  options: {
    '--full': say`relit tout, comme les workers le font toutes les VERIFY_EVERY_H heures : reconstruit un Redis perdu, trouve ce qui a été révoqué, ajouté ou supprimé, et dit les écarts réparés
      reads everything again, as the workers do every VERIFY_EVERY_H hours: rebuilds a lost Redis, finds what was revoked, added or deleted, and tells the drift it mended`,
  },
  progress: { fr: 'Lecture des comptes OBF', en: 'Reading the OBF accounts' },
  interruptible: true,
  run: inPipeline(async (pipeline, call) => {
    // An account without its key would be passed over in silence.
    const { faults } = partnerKeys(pipeline.scheme, call.env);
    if (faults.length > 0) throw configProblem(faults);
    const { unread, lines, json } = await (call.has('full') ? readAll : pollAll)(pipeline, call);
    const ok = unread.length === 0;
    const notRead = unread.map(({ clientId, why }) => ({ client: clientId, why: why?.[call.lang] ?? null }));
    return { lines: [...lines, ...unreadLines(unread)], json: { ok, ...json, unread: notRead }, ok };
  }),
};

/** Looks, in every account that we can read, for events that nobody told us of. */
async function pollAll(pipeline: Pipeline, { report, signal }: CommandCall) {
  const clients = polledClients(pipeline);
  let [asked, events] = [0, 0];
  const poll = async (clientId: ClientId): Promise<void> => {
    report(asked, clients.length);
    asked += 1;
    events += await pollEvents(pipeline, clientId, signal);
  };
  const unread = await askAccounts(pipeline.scheme, clients, poll, { concurrency: 1, signal });
  const count = clients.length - unread.length;
  const read = plural(count, 'compte OBF lu|comptes OBF lus', 'OBF account read|OBF accounts read');
  const found =
    events === 0
      ? { fr: 'Aucun événement ne manquait.', en: 'No event was missing.' }
      : say`Événements qui manquaient, mis en file pour les workers : ${events}.
        Events that were missing, enqueued for the workers: ${events}.`;
  return {
    unread,
    lines: [{ fr: `${read.fr}. ${found.fr}`, en: `${read.en}. ${found.en}` }],
    json: { accounts_read: count, events },
  };
}

/**
 * Reads everything back from OBF, and rebuilds the indexes.
 * @throws CommandProblem when the Région's own account cannot be read
 */
async function readAll(pipeline: Pipeline, { report, signal }: CommandCall) {
  const { scheme, region } = pipeline;
  const drift = await verifyAccounts(pipeline, report, signal).catch((error: unknown): never => {
    if (!(error instanceof ObfError)) throw error;
    const words = [accountWords(scheme, region, error), NOTHING_EVALUATED];
    throw new CommandProblem('region_unreadable', words, { cause: error });
  });
  await rebuildIndexes(pipeline, signal);
  const { unreadable, earners, ...own } = drift;
  const counts: Readonly<Record<string, number>> = { ...own, awards_revoked: drift.awardsRevoked };
  const numbers = Object.entries(DRIFT).map(([name, words]) => ({ name, words, count: counts[name] ?? 0 }));
  return {
    unread: unreadable.map(({ clientId, error }) => ({ clientId, why: whyUnread(scheme, clientId, error) })),
    lines: [
      numbers.every(({ count }) => count === 0)
        ? { fr: 'Aucun écart avec OBF.', en: 'No drift from OBF.' }
        : { fr: 'Écarts avec OBF, réparés :', en: 'Drift from OBF, mended:' },
      ...numbers.map(({ words, count }) => indented(labelled(words, count))),
      say`Personnes que les workers réévaluent : ${earners}.
        Earners whom the workers evaluate anew: ${earners}.`,
    ],
    json: { drift: Object.fromEntries(numbers.map(({ name, count }) => [name, count])), earners },
  };
}

const NOTHING_EVALUATED = say`Sans le compte de la Région, on ne sait pas ce qui est déjà délivré : personne n'est réévalué. Retapez la commande quand OBF répond.
  Without the account of the Région, what was given is not known: nobody is evaluated. Type the command again when OBF answers.`;

const whyUnread = (scheme: Scheme, clientId: ClientId, error: unknown): Localized =>
  error instanceof ObfError
    ? accountWords(scheme, clientId, error)
    : labelled(partnerName(scheme, clientId), String(describeError(error)['message']));

/** What each number means, by its name in JSON. */
const DRIFT: Readonly<Record<string, Localized>> = {
  events: say`événements qui manquaient, ou avaient changé
    events that were missing, or had changed`,
  awards: say`badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis)
    the Région's badges found in OBF (given by hand, or lost with Redis)`,
  awards_revoked: say`badges Région révoqués à notre insu
    the Région's badges revoked unknown to us`,
  assertions: { fr: 'badges de partenaires qui manquaient', en: "partners' badges that were missing" },
  revocations: say`badges de partenaires révoqués à notre insu
    partners' badges revoked unknown to us`,
  changed: say`badges de partenaires dont une date avait changé
    partners' badges of which a date had changed`,
  gone: say`badges de partenaires qu'OBF n'a plus (ils ne comptent plus)
    partners' badges that OBF has no longer (they count no more)`,
};

function unreadLines(unread: readonly ReadFailure[]): readonly Localized[] {
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
