import { DateTime } from 'luxon';
import type { AwardId, ClientId } from '../../../ids.js';
import type { IssuedByDay } from '../../../journal/time-index.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { groupBy, readPartnerNews, readProblemsToShow } from '../../shared/stats.js';
import type { OpsRequest } from '../http/request.js';
import { keepObfSample, readCounters, readNow, readObfAnswers, type Figures } from './figures.js';
import { number } from '../parts/text.js';

export type HomeModel = Awaited<ReturnType<typeof readHome>>;
/** What the verdict is made from. */
export type HomeFacts = HomeModel['facts'];

/** Some hundred commands of Redis, however much there is. */
export async function readHome({ pipeline, storage }: OpsRequest) {
  const nowS = secondsOf(pipeline.clock);
  const cause = await storage();
  if (cause === null) await keepObfSample(pipeline);
  const [figures, { scheme, rollout }, unfinished] = await Promise.all([
    readCounters(pipeline),
    pipeline.schemes.now(),
    pipeline.schemes.unfinished(),
  ]);
  const [now, issued, answers, partners, readProblems] = await Promise.all([
    readNow(pipeline),
    readIssued(pipeline, scheme),
    readObfAnswers(pipeline, figures),
    readPartnerNews({ ...pipeline, scheme }),
    readProblemsToShow(pipeline),
  ]);
  const facts = {
    nowS,
    /** Why Redis takes no writes; null: it does. */
    storage: cause,
    now,
    ...answers,
    partners,
    /** What OBF shows badly. */
    readProblems,
    /** Accounts that could not be read for long, though we have the key. */
    unread: unreadAccounts(pipeline, figures, nowS),
    nameOf: (clientId: ClientId) => scheme.partnersById.get(clientId)?.name ?? clientId,
    region: pipeline.region,
    /** Changed rules wait to be put into force. */
    isChangeWaiting: rollout !== null,
    unfinished,
    issuedLast30Days: issued.reduce((sum, { last30Days }) => sum + last30Days, 0),
  };
  return { scheme: scheme.name, facts, issued };
}

const HOUR_S = 3600;

/** Accounts of active partners that were read once, and not in the last hour. */
function unreadAccounts(
  { scheme, accounts, region }: Pipeline,
  figures: Figures,
  nowS: number,
): readonly ClientId[] {
  const active = scheme.partners.filter((one) => one.active).map(({ clientId }) => clientId);
  return [region, ...active].filter((clientId) => {
    const lastS = figures.sum('palier_poll_last_success_timestamp_seconds', { client: clientId });
    return accounts(clientId) !== null && lastS > 0 && nowS - lastS > HOUR_S;
  });
}

const DAYS = 30;

/** From the journal, by calendar day of the scheme's zone. */
async function readIssued({ journal, clock }: Pipeline, scheme: Scheme) {
  const today = DateTime.fromMillis(clock(), { zone: scheme.timeZone }).startOf('day');
  const days = await journal.issuedByDay({ fromS: today.minus({ days: DAYS - 1 }).toSeconds() });
  return rowsOf(scheme, days, today.toFormat('yyyy-MM-dd'));
}

/**
 * Pure. How many were issued today, and in all days: of active awards and those that were issued, by competency and
 * level; the scheme's in its order, then the ones it no longer has.
 */
export function rowsOf({ awards, competencies }: Scheme, days: IssuedByDay, today: string) {
  const total = new Map<AwardId, number>();
  for (const byAward of days.values())
    for (const [award, count] of byAward) total.set(award, (total.get(award) ?? 0) + count);
  /** An award without competency and level goes by its own name. */
  const labelOf = ({ name, competency, level }: Award): string => {
    const known = competency === null ? undefined : competencies.get(competency);
    return known === undefined || level === null ? name : `${known.name}, niveau ${number(level)}`;
  };
  const shown = awards.filter(({ id, active }) => active || total.has(id));
  const gone = [...total.keys()].filter((id) => !awards.some((award) => award.id === id));
  const labels = [
    ...shown.map((award) => ({ id: award.id, label: labelOf(award) })),
    ...gone.map((id) => ({ id, label: `${id} (plus au barème)` })),
  ];
  return [...groupBy(labels, ({ label }) => label)].map(([label, own]) => {
    const sum = (counts?: ReadonlyMap<AwardId, number>): number =>
      own.reduce((all, { id }) => all + (counts?.get(id) ?? 0), 0);
    return { label, today: sum(days.get(today)), last30Days: sum(total) };
  });
}
