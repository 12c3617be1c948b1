import type { ClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { readPartnerNews, readProblemsToShow } from '../../shared/stats.js';
import type { PageContext } from '../route.js';
import { readFigures, type Figures } from './figures.js';
import { readIssued } from './issued.js';
import { readNow } from './now.js';
import { keepObfSample, readObfAnswers } from './obf.js';
import { verdictOf } from './verdict.js';

export type HomeModel = Awaited<ReturnType<typeof readHome>>;

/** Some hundred commands of Redis, however much there is. */
export async function readHome({ pipeline, storage }: PageContext) {
  const nowS = secondsOf(pipeline.clock);
  const cause = await storage();
  if (cause === null) await keepObfSample(pipeline);
  const [figures, { scheme, rollout }, unfinished] = await Promise.all([
    readFigures(pipeline),
    pipeline.schemes.now(),
    pipeline.schemes.unfinished(),
  ]);
  const [now, issued, answers, partners, readProblems] = await Promise.all([
    readNow(pipeline, figures),
    readIssued({ ...pipeline, scheme }),
    readObfAnswers(pipeline, figures),
    readPartnerNews({ ...pipeline, scheme }),
    readProblemsToShow(pipeline),
  ]);
  const points = verdictOf({
    nowS,
    storage: cause,
    now,
    ...answers,
    partners,
    readProblems,
    unread: unreadAccounts(pipeline, figures, nowS),
    nameOf: (clientId) => scheme.partnersById.get(clientId)?.name ?? clientId,
    region: pipeline.region,
    isChangeWaiting: rollout !== null,
    unfinished,
    issuedLast30Days: issued.reduce((sum, { last30Days }) => sum + last30Days, 0),
  });
  return { scheme: scheme.name, nowS, points, now, issued, lastHour: answers.lastHour, partners };
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
