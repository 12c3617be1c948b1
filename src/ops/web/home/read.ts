import { DateTime } from 'luxon';
import type { AwardId, ClientId } from '../../../ids.js';
import type { IssuedByDay } from '../../../journal/time-index.js';
import { secondsOf } from '../../../platform/clock.js';
import { partnerName } from '../../../rules/explain/formatter.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import {
  groupBy,
  readFlags,
  readHolds,
  readPartnerNews,
  readProblemsToShow,
  readState,
} from '../../shared/stats.js';
import type { OpsRequest } from '../http/request.js';
import { number } from '../parts/text.js';
import { readLastPolls, readObfAnswers } from './obf-answers.js';

export type HomeModel = Awaited<ReturnType<typeof readHome>>;

/** Some hundred commands of Redis, however much there is. */
export async function readHome({ pipeline, storage }: OpsRequest) {
  const nowS = secondsOf(pipeline.clock);
  const { scheme, rollout } = await pipeline.schemes.now();
  const [redisFault, unfinished, now, issued, answers, partners, readProblems, lastPolls] = await Promise.all(
    [
      storage(),
      pipeline.schemes.unfinished(),
      readNow(pipeline),
      readIssued(pipeline, scheme),
      readObfAnswers(pipeline),
      readPartnerNews({ ...pipeline, scheme }),
      readProblemsToShow(pipeline),
      readLastPolls(pipeline),
    ],
  );
  return {
    scheme: scheme.name,
    nowS,
    /** Why Redis takes no writes; null: it does. */
    storage: redisFault,
    now,
    ...answers,
    partners,
    /** What OBF shows badly. */
    readProblems,
    /** Accounts that could not be read for long, though we have the key. */
    unread: unreadAccounts(pipeline, lastPolls, nowS),
    nameOf: (clientId: ClientId) => partnerName(scheme, clientId),
    region: pipeline.region,
    /** Changed rules wait to be put into force. */
    isChangeWaiting: rollout !== null,
    unfinished,
    issued,
  };
}

/** The journal has them all. */
const MAX_FLAGS = 10;

/** The state at this instant. */
export type Now = Awaited<ReturnType<typeof readNow>>;

/** Some hundred commands of Redis, however many earners and failed jobs there are. */
async function readNow(pipeline: Pipeline) {
  const [state, schedules, holds, flags] = await Promise.all([
    readState(pipeline),
    pipeline.queues.notices.getJobSchedulersCount(),
    readHolds(pipeline),
    readFlags(pipeline, MAX_FLAGS),
  ]);
  const { notices, earners, awards } = state.queues;
  const waitingIn = ({ jobs }: typeof notices): number => jobs.waiting + jobs.delayed;
  const unknown = state.batches.filter((batch) => batch.state === 'unknown').length;
  return {
    notices: {
      // Of each account's schedule, one job always waits for its time.
      waiting: state.arrived + Math.max(0, waitingIn(notices) - schedules),
      /** 0: none waits. */
      oldestAgeS: state.noticeAgeS ?? 0,
    },
    earners: { waiting: waitingIn(earners), oldestAgeS: state.earnerAgeS },
    /** Jobs that need an operator to go on. */
    failed: Object.values(state.queues).reduce((sum, { jobs }) => sum + jobs.failed, 0),
    paused: awards.paused,
    /** Awards that OBF's account keeps from being issued. */
    holds,
    /** Awards that are due and in no batch yet. */
    due: state.due.reduce((sum, { count }) => sum + count, 0),
    unknown: { batches: unknown, ageS: state.unknownAgeS },
    /** The oldest are listed. */
    flags: { count: state.flags, listed: flags },
    quota: state.quota,
    /** How late the polls are: no worker runs, or they do not keep up. */
    lateS: state.schedules.find(({ schedule }) => schedule === 'poll')?.lateS ?? 0,
  };
}

const HOUR_S = 3600;

/** Accounts of active partners that were read once, and not in the last hour. */
function unreadAccounts(
  { scheme, accounts, region }: Pipeline,
  lastPolls: ReadonlyMap<string, number>,
  nowS: number,
): readonly ClientId[] {
  const active = scheme.partners.filter((one) => one.active).map(({ clientId }) => clientId);
  return [region, ...active].filter((clientId) => {
    const lastS = lastPolls.get(clientId);
    return accounts(clientId) !== null && lastS !== undefined && nowS - lastS > HOUR_S;
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
