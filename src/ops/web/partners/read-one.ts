import { asClientId, type BadgeId, type ClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Ignored } from '../../../earners/unenrolled-badges.js';
import type { News } from '../../../earners/partner-activity.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { PageContext } from '../context.js';
import { readCounters } from '../home/figures.js';
import { readObfAnswers } from '../home/obf-answers.js';
import { OpsProblem } from '../http/problem.js';
import { enrolCommand, type EnrolAs } from './enrol-command.js';
import { accessOf, ignoredIn, newsByClient, type Access } from './partner.js';

/** A badge that the partner issued and that is not enrolled: it counts for nothing. */
export interface NotEnrolled extends Ignored {
  readonly badgeId: BadgeId;
  /** To whom partners.yaml has it, if it is enrolled for somebody else. */
  readonly enrolledBy: ClientId | null;
  /** What enrols it; null: its id cannot be enrolled. */
  readonly command: string | null;
}

export interface PartnerModel {
  readonly scheme: Scheme;
  readonly partner: Partner;
  readonly access: Access;
  /** OBF refused its API key in the last hour, and never took it. */
  readonly isKeyRefused: boolean;
  /** When its account was last read to the end, Unix seconds; null: never. */
  readonly readS: number | null;
  readonly last: News | null;
  readonly silent: boolean;
  /** Notices of one who takes no part. */
  readonly turnedAway: Ignored | null;
  /** What came last first. */
  readonly notEnrolled: readonly NotEnrolled[];
  readonly as: EnrolAs;
  /** What can be chosen. */
  readonly levels: readonly number[];
}

/** @throws OpsProblem `not_found` for a client that is not in partners.yaml */
export async function readPartner({
  pipeline,
  params,
  query,
}: Pick<PageContext, 'pipeline' | 'params' | 'query'>): Promise<PartnerModel> {
  const { scheme } = await pipeline.schemes.now();
  const partner = scheme.partnersById.get(asClientId(params['client'] ?? ''));
  if (partner === undefined) throw new OpsProblem('not_found');
  const { clientId } = partner;
  const ignored = ignoredIn(pipeline);
  const [news, known, badges, clients, counted] = await Promise.all([
    newsByClient(pipeline, scheme),
    pipeline.news.all(),
    ignored.badgesOf(clientId),
    ignored.clients(),
    readCounted(pipeline, clientId),
  ]);
  const levels = levelsOf(scheme);
  const as = askedAs(scheme, levels, query);
  return {
    scheme,
    partner,
    access: accessOf(pipeline, partner),
    ...counted,
    last: known.get(clientId) ?? null,
    silent: news.get(clientId)?.silent ?? false,
    turnedAway: partner.active ? null : (clients.get(clientId) ?? null),
    notEnrolled: notEnrolledOf(scheme, partner, badges, as),
    as,
    levels,
  };
}

async function readCounted(
  pipeline: Pipeline,
  client: ClientId,
): Promise<Pick<PartnerModel, 'isKeyRefused' | 'readS'>> {
  const figures = await readCounters(pipeline);
  const { lastHour } = await readObfAnswers(pipeline, figures, secondsOf(pipeline.clock));
  const readS = figures.sum('palier_poll_last_success_timestamp_seconds', { client });
  return {
    isKeyRefused: lastHour?.keysRefused.includes(client) ?? false,
    readS: readS === 0 ? null : readS,
  };
}

function notEnrolledOf(
  { enrolments }: Scheme,
  { clientId, badges }: Partner,
  ignored: ReadonlyMap<BadgeId, Ignored>,
  as: EnrolAs,
): readonly NotEnrolled[] {
  const own = new Set(badges.map(({ badgeId }) => badgeId));
  return [...ignored]
    .filter(([badgeId]) => !own.has(badgeId))
    .map(([badgeId, counts]) => ({
      badgeId,
      ...counts,
      enrolledBy: enrolments.get(badgeId)?.clientId ?? null,
      command: enrolCommand(clientId, badgeId, as),
    }));
}

/** Those that the scheme speaks of. */
function levelsOf({ awards, enrolments }: Scheme): readonly number[] {
  const named = [...awards.map(({ level }) => level), ...[...enrolments.values()].map(({ level }) => level)];
  return [...new Set([1, 2, ...named.filter((level) => level !== null)])].toSorted((a, b) => a - b);
}

function askedAs({ competencies }: Scheme, levels: readonly number[], query: URLSearchParams): EnrolAs {
  const [competency, level] = [query.get('competence'), Number(query.get('niveau'))];
  return {
    competency: competency !== null && competencies.has(competency) ? competency : null,
    level: levels.includes(level) ? level : null,
  };
}
