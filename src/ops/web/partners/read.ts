import type { Latest } from '../../../earners/partner-activity.js';
import { asClientId, type BadgeId, type ClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import { isId } from '../../../rules/parse/value.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { newsOf } from '../../shared/stats.js';
import { readLastPolls, readObfAnswers } from '../home/obf-answers.js';
import { OpsProblem } from '../http/problem.js';
import { type OpsRequest, paramOf } from '../http/request.js';
import { numberedPage } from '../parts/table.js';

/** What both pages tell of a partner. */
function commonOf(pipeline: Pipeline, partner: Partner, known: ReadonlyMap<ClientId, Latest>) {
  const { silent, ...news } = newsOf(partner, known.get(partner.clientId) ?? null, secondsOf(pipeline.clock));
  return { ...news, access: accessOf(pipeline, partner), silent: partner.active && silent };
}

/** How a partner's badges are read: with its API key, or as the credentials that OBF publishes. */
function accessOf({ accounts }: Pipeline, { secretEnv, active, clientId }: Partner) {
  if (secretEnv === null) return 'hosted';
  // The key of an inactive partner need not be there.
  return active && accounts(clientId) === null ? 'key_missing' : 'key';
}

export type PartnersModel = Awaited<ReturnType<typeof readPartnersPage>>;
export type PartnerModel = Awaited<ReturnType<typeof readPartner>>;

export const PARTNERS_A_PAGE = 100;

export async function readPartnersPage({ pipeline, query }: OpsRequest) {
  const { scheme } = await pipeline.schemes.now();
  const all = scheme.partners.toSorted((a, b) => a.name.localeCompare(b.name, 'fr'));
  const { rows: shown, pager } = numberedPage(query, all, PARTNERS_A_PAGE);
  const news = await pipeline.news.partners();
  const rows = shown.map(async (partner) => {
    const badges = await pipeline.news.ignoredBadges(partner.clientId);
    const notEnrolled = [...badges.keys()].filter((id) => !scheme.enrolments.has(id)).length;
    return { ...commonOf(pipeline, partner, news), notEnrolled };
  });
  // Clients that send notices and take no part: inactive partners, or unknown to partners.yaml (null).
  const strangers = [...(await pipeline.news.ignoredClients())].flatMap(([clientId, last]) => {
    const partner = scheme.partnersById.get(clientId) ?? null;
    const command = enrolCommand(clientId, null);
    return partner?.active === true ? [] : [{ clientId, partner, command, ...last }];
  });
  return { rows: await Promise.all(rows), pager, strangers };
}

/** @throws OpsProblem `not_found` for a client that is not in partners.yaml */
export async function readPartner(context: OpsRequest) {
  const { pipeline, query } = context;
  const { scheme } = await pipeline.schemes.now();
  const partner = scheme.partnersById.get(asClientId(paramOf(context, 'client')));
  if (partner === undefined) throw new OpsProblem('not_found');
  const { clientId } = partner;
  const [news, badges, clients, lastPolls, { lastHour }] = await Promise.all([
    pipeline.news.partners(),
    pipeline.news.ignoredBadges(clientId),
    pipeline.news.ignoredClients(),
    readLastPolls(pipeline),
    readObfAnswers(pipeline),
  ]);
  const levels = levelsOf(scheme);
  const [competency, level] = [query.get('competence') ?? '', Number(query.get('niveau'))];
  const as = {
    competency: scheme.competencies.has(competency) ? competency : null,
    level: levels.includes(level) ? level : null,
  };
  return {
    ...commonOf(pipeline, partner, news),
    scheme,
    /** OBF refused its API key in the last hour, and never took it. */
    isKeyRefused: lastHour?.keysRefused.includes(clientId) ?? false,
    /** When its account was last read to the end, Unix seconds; null: never. */
    readS: lastPolls.get(clientId) ?? null,
    /** When the last notice of an inactive partner came. */
    turnedAway: partner.active ? null : (clients.get(clientId)?.lastS ?? null),
    notEnrolled: notEnrolledOf(scheme, partner, badges, as),
    as,
    levels,
  };
}

/** The levels that the scheme speaks of. */
function levelsOf({ awards, enrolments }: Scheme): readonly number[] {
  const known = [...awards, ...enrolments.values()].flatMap(({ level }) => level ?? []);
  return [...new Set([1, 2, ...known])].toSorted((a, b) => a - b);
}

/** What a badge is to be enrolled as; null: not chosen yet. */
type EnrolAs = Readonly<{ competency: string | null; level: number | null }>;

/** Badges that the partner issued and that are not enrolled: they count for nothing. The latest first. */
function notEnrolledOf(
  { enrolments }: Scheme,
  { clientId, badges }: Partner,
  ignored: ReadonlyMap<BadgeId, Latest>,
  as: EnrolAs,
) {
  const own = new Set(badges.map(({ badgeId }) => badgeId));
  return [...ignored]
    .filter(([badgeId]) => !own.has(badgeId))
    .map(([badgeId, last]) => ({
      badgeId,
      ...last,
      /** The partner that it is enrolled for in partners.yaml, if another. */
      enrolledBy: enrolments.get(badgeId)?.clientId ?? null,
      command: enrolCommand(clientId, badgeId, as),
    }));
}

/** Ids come from elsewhere, and what is shown here is typed into a terminal. */
const isSafe = (id: string): boolean => isId(id) && !id.startsWith('-');

/**
 * `npx palier partner enrol ...`, ready to copy; capitals are placeholders.
 * @param badgeId null: the first badge of a new partner
 * @returns null for an id that cannot be enrolled
 */
function enrolCommand(clientId: ClientId, badgeId: BadgeId | null, as?: EnrolAs): string | null {
  if (!isSafe(clientId) || (badgeId !== null && !isSafe(badgeId))) return null;
  const [competency, level] = [as?.competency ?? 'COMPETENCE', as?.level ?? 'NIVEAU'];
  const name = badgeId === null ? ' --partner-name "NOM"' : '';
  return `npx palier partner enrol ${clientId} ${badgeId ?? 'BADGE'} --competency ${competency} --level ${level}${name}`;
}
