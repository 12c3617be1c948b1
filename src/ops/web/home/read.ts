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
  readPartnersLastEvents,
  readProblemsToShow,
  readSystemState,
} from '../../shared/stats.js';
import type { OpsRequest } from '../http/request.js';
import { formatNumber } from '../parts/text.js';
import { readLastPolls, readObfAnswers } from './obf-answers.js';

export type HomeModel = Awaited<ReturnType<typeof readHome>>;

/** Reads the home page in some hundred commands of Redis, however much is stored. */
export async function readHome({ pipeline, probeWrites }: OpsRequest) {
  const nowS = secondsOf(pipeline.clock);
  const { scheme, rollout } = await pipeline.schemes.now();
  const [redisFault, unfinished, state, issued, answers, partners, problems, lastPolls] = await Promise.all([
    probeWrites(),
    pipeline.schemes.unfinished(),
    readCurrentState(pipeline),
    readIssued(pipeline, scheme),
    readObfAnswers(pipeline),
    readPartnersLastEvents({ ...pipeline, scheme }),
    readProblemsToShow(pipeline),
    readLastPolls(pipeline),
  ]);
  return {
    scheme: scheme.name,
    nowS,
    /** Why Redis takes no writes; null: it does. */
    redisFault,
    state,
    ...answers,
    partners,
    /** Rows of OBF that cannot be read. */
    readProblems: problems,
    /** Accounts with a key that were read before, but not in the last hour. */
    unread: unreadAccounts(pipeline, lastPolls, nowS),
    nameOf: (clientId: ClientId) => partnerName(scheme, clientId),
    region: pipeline.region,
    /** Whether changed rules wait to be put into force. */
    isChangeWaiting: rollout !== null,
    unfinished,
    issued,
  };
}

/** The most review flags that are listed; the journal has all. */
const MAX_FLAGS = 10;

export type HomeState = Awaited<ReturnType<typeof readCurrentState>>;

/** Reads the current state. The cost does not grow with earners or failed jobs. */
async function readCurrentState(pipeline: Pipeline) {
  const [state, schedules, holds, flags] = await Promise.all([
    readSystemState(pipeline),
    pipeline.queues.notices.getJobSchedulersCount(),
    readHolds(pipeline),
    readFlags(pipeline, MAX_FLAGS),
  ]);
  const { notices, earners, awards } = state.queues;
  const waitingIn = ({ jobs }: typeof notices): number => jobs.waiting + jobs.delayed;
  const unknown = state.batches.filter((batch) => batch.state === 'unknown').length;
  return {
    notices: {
      // Each account's schedule always has one job that waits for its time.
      waiting: state.arrived + Math.max(0, waitingIn(notices) - schedules),
      /** 0: no notice waits. */
      oldestAgeS: state.noticeAgeS ?? 0,
    },
    earners: { waiting: waitingIn(earners), oldestAgeS: state.earnerAgeS },
    /** Jobs that need an operator to go on. */
    failed: Object.values(state.queues).reduce((sum, { jobs }) => sum + jobs.failed, 0),
    paused: awards.paused,
    /** Awards that the state of OBF's account keeps from being issued. */
    holds,
    /** Awards that are due and in no batch yet. */
    due: state.due.reduce((sum, { count }) => sum + count, 0),
    unknown: { batches: unknown, ageS: state.unknownAgeS },
    /** `listed` has the oldest. */
    flags: { count: state.flags, listed: flags },
    quota: state.quota,
    /** How late the polls are, seconds: no worker runs, or workers cannot keep up. */
    lateS: state.schedules.find(({ schedule }) => schedule === 'poll')?.lateS ?? 0,
  };
}

const HOUR_S = 3600;

/** Returns active accounts, the Région's included, that were read before but not in the last hour. */
function unreadAccounts(
  { scheme, obf, region }: Pipeline,
  lastPolls: ReadonlyMap<string, number>,
  nowS: number,
): readonly ClientId[] {
  const active = scheme.partners.filter((one) => one.active).map(({ clientId }) => clientId);
  return [region, ...active].filter((clientId) => {
    const lastS = lastPolls.get(clientId);
    return obf.account(clientId) !== null && lastS !== undefined && nowS - lastS > HOUR_S;
  });
}

const DAYS = 30;

/** Reads the awards issued in the last 30 days, by calendar day of the scheme's zone. */
async function readIssued({ journal, clock }: Pipeline, scheme: Scheme) {
  const today = DateTime.fromMillis(clock(), { zone: scheme.timeZone }).startOf('day');
  const days = await journal.issuedByDay({ fromS: today.minus({ days: DAYS - 1 }).toSeconds() });
  return issuedRows(scheme, days, today.toFormat('yyyy-MM-dd'));
}

/**
 * Pure. Counts the awards issued today and on all days, by competency and level. Lists active or issued awards in
 * the scheme's order, then issued ones that it no longer has.
 */
export function issuedRows({ awards, competencies }: Scheme, days: IssuedByDay, today: string) {
  const total = new Map<AwardId, number>();
  for (const byAward of days.values())
    for (const [award, count] of byAward) total.set(award, (total.get(award) ?? 0) + count);
  /** Competency and level; without them, the award's own name. */
  const labelOf = ({ name, competency, level }: Award): string => {
    const group = competency === null ? undefined : competencies.get(competency);
    return group === undefined || level === null ? name : `${group.name}, niveau ${formatNumber(level)}`;
  };
  const shown = awards.filter(({ id, active }) => active || total.has(id));
  const removed = [...total.keys()].filter((id) => !awards.some((award) => award.id === id));
  const labels = [
    ...shown.map((award) => ({ id: award.id, label: labelOf(award) })),
    ...removed.map((id) => ({ id, label: `${id} (plus au barème)` })),
  ];
  return [...groupBy(labels, ({ label }) => label)].map(([label, members]) => {
    const sum = (counts?: ReadonlyMap<AwardId, number>): number =>
      members.reduce((all, { id }) => all + (counts?.get(id) ?? 0), 0);
    return { label, today: sum(days.get(today)), last30Days: sum(total) };
  });
}
