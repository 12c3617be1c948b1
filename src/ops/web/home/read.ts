import type { ClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { readPartnerNews, type PartnerNews } from '../../shared/stats.js';
import { readProblemsToShow } from '../../shared/stats.js';
import type { PageContext } from '../context.js';
import { readFigures, type Figures } from './figures.js';
import { readIssued, type IssuedRow } from './issued.js';
import { keepObfSample } from './keep-obf-samples.js';
import { readNow, type Now } from './now.js';
import { readObfAnswers } from './obf-answers.js';
import type { ObfAnswers } from './obf-hour.js';
import { verdictOf, type Point } from './verdict.js';

export interface HomeModel {
  readonly scheme: string;
  /** Unix seconds. */
  readonly nowS: number;
  /** Worst first; empty: all is well. */
  readonly points: readonly Point[];
  readonly now: Now;
  readonly issued: readonly IssuedRow[];
  /** Null: nothing was kept yet to tell it from. */
  readonly lastHour: ObfAnswers | null;
  /** First whoever was never heard of, then the longest silent. */
  readonly partners: readonly PartnerNews[];
}

const HOUR_S = 3600;

/** Some hundred commands of Redis, however much there is. */
export async function readHome({ pipeline }: Pick<PageContext, 'pipeline'>): Promise<HomeModel> {
  const { schemes, region } = pipeline;
  const nowS = secondsOf(pipeline.clock);
  await keepObfSample(pipeline);
  const [figures, { scheme, rollout }, unfinished] = await Promise.all([
    readFigures(pipeline),
    schemes.now(),
    schemes.unfinished(),
  ]);
  const [now, issued, answers, partners, readProblems] = await Promise.all([
    readNow(pipeline, figures),
    readIssued({ ...pipeline, scheme }),
    readObfAnswers(pipeline, figures, nowS),
    readPartnerNews({ ...pipeline, scheme }),
    readProblemsToShow(pipeline),
  ]);
  const points = verdictOf({
    nowS,
    now,
    ...answers,
    partners,
    readProblems,
    unread: unreadAccounts(pipeline, figures, nowS),
    nameOf: (clientId) => scheme.partnersById.get(clientId)?.name ?? clientId,
    region,
    isChangeWaiting: rollout !== null,
    unfinished,
    issuedLast30Days: issued.reduce((sum, { last30Days }) => sum + last30Days, 0),
  });
  return { scheme: scheme.name, nowS, points, now, issued, lastHour: answers.lastHour, partners };
}

/** Accounts that were read once, and not in the last hour; nobody reads that of one who takes no part. */
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
