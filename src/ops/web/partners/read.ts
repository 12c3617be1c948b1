import { asClientId, type BadgeId, type ClientId } from '../../../ids.js';
import { isId } from '../../../rules/parse/value.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { readPartnerNews } from '../../shared/stats.js';
import { readCounters } from '../home/figures.js';
import { readObfAnswers } from '../home/obf.js';
import { OpsProblem } from '../http/problem.js';
import { numberedPage } from '../parts/table.js';
import { paramOf, type PageContext } from '../route.js';

/** How a partner's badges are read: with its API key, or as the credentials that OBF publishes. */
export type Access = 'key' | 'key_missing' | 'hosted';

/** The key of an inactive partner need not be there. */
function accessOf({ accounts }: Pick<Pipeline, 'accounts'>, partner: Partner): Access {
  if (partner.secretEnv === null) return 'hosted';
  return partner.active && accounts(partner.clientId) === null ? 'key_missing' : 'key';
}

export type PartnersModel = Awaited<ReturnType<typeof readPartners>>;
export type Stranger = PartnersModel['strangers'][number];
export type PartnerModel = Awaited<ReturnType<typeof readPartner>>;
export type NotEnrolled = PartnerModel['notEnrolled'][number];

export const PARTNERS_A_PAGE = 100;

export async function readPartners({ pipeline, query }: Pick<PageContext, 'pipeline' | 'query'>) {
  const { scheme } = await pipeline.schemes.now();
  const all = scheme.partners.toSorted((a, b) => a.name.localeCompare(b.name, 'fr'));
  const at = numberedPage(query, all.length, PARTNERS_A_PAGE);
  const [figures, known, clients] = await Promise.all([
    readPartnerNews({ ...pipeline, scheme }),
    pipeline.news.partners(),
    pipeline.news.ignoredClients(),
  ]);
  const silent = new Set(figures.filter((one) => one.silent).map(({ partner }) => partner.clientId));
  const rows = all.slice(at.from, at.to).map(async (partner) => {
    const badges = await pipeline.news.ignoredBadges(partner.clientId);
    return {
      partner,
      access: accessOf(pipeline, partner),
      lastS: known.get(partner.clientId) ?? null,
      silent: silent.has(partner.clientId),
      notEnrolled: [...badges.keys()].filter((id) => !scheme.enrolments.has(id)).length,
    };
  });
  return { rows: await Promise.all(rows), at, strangers: strangersOf(scheme, clients) };
}

/** Clients that send notices and take no part: inactive partners, or unknown to partners.yaml (null). */
const strangersOf = (scheme: Scheme, clients: ReadonlyMap<ClientId, number>) =>
  [...clients].flatMap(([clientId, lastS]) => {
    const partner = scheme.partnersById.get(clientId) ?? null;
    const command = enrolCommand(clientId, null, { competency: null, level: null });
    return partner?.active === true ? [] : [{ clientId, partner, command, lastS }];
  });

/** What a badge is to be enrolled as; null: not chosen yet. */
interface EnrolAs {
  readonly competency: string | null;
  readonly level: number | null;
}

/** @throws OpsProblem `not_found` for a client that is not in partners.yaml */
export async function readPartner(context: PageContext) {
  const { pipeline, query } = context;
  const { scheme } = await pipeline.schemes.now();
  const partner = scheme.partnersById.get(asClientId(paramOf(context, 'client')));
  if (partner === undefined) throw new OpsProblem('not_found');
  const { clientId } = partner;
  const [news, known, badges, clients, figures] = await Promise.all([
    readPartnerNews({ ...pipeline, scheme }),
    pipeline.news.partners(),
    pipeline.news.ignoredBadges(clientId),
    pipeline.news.ignoredClients(),
    readCounters(pipeline),
  ]);
  const { lastHour } = await readObfAnswers(pipeline, figures);
  const readS = figures.sum('palier_poll_last_success_timestamp_seconds', { client: clientId });
  const levels = levelsOf(scheme);
  const as = enrolAsIn(scheme, levels, query);
  return {
    scheme,
    partner,
    access: accessOf(pipeline, partner),
    /** OBF refused its API key in the last hour, and never took it. */
    isKeyRefused: lastHour?.keysRefused.includes(clientId) ?? false,
    /** When its account was last read to the end, Unix seconds; null: never. */
    readS: readS === 0 ? null : readS,
    lastS: known.get(clientId) ?? null,
    silent: news.some((one) => one.silent && one.partner.clientId === clientId),
    /** Notices of an inactive partner. */
    turnedAway: partner.active ? null : (clients.get(clientId) ?? null),
    notEnrolled: notEnrolledOf(scheme, partner, badges, as),
    as,
    levels,
  };
}

/** Badges that the partner issued and that are not enrolled: they count for nothing. The latest first. */
function notEnrolledOf(
  { enrolments }: Scheme,
  { clientId, badges }: Partner,
  ignored: ReadonlyMap<BadgeId, number>,
  as: EnrolAs,
) {
  const own = new Set(badges.map(({ badgeId }) => badgeId));
  return [...ignored]
    .filter(([badgeId]) => !own.has(badgeId))
    .map(([badgeId, lastS]) => ({
      badgeId,
      lastS,
      /** The partner that it is enrolled for in partners.yaml, if another. */
      enrolledBy: enrolments.get(badgeId)?.clientId ?? null,
      command: enrolCommand(clientId, badgeId, as),
    }));
}

/** The levels that the scheme speaks of. */
function levelsOf({ awards, enrolments }: Scheme): readonly number[] {
  const known = [...awards, ...enrolments.values()].flatMap(({ level }) => level ?? []);
  return [...new Set([1, 2, ...known])].toSorted((a, b) => a - b);
}

function enrolAsIn({ competencies }: Scheme, levels: readonly number[], query: URLSearchParams): EnrolAs {
  const [competency, level] = [query.get('competence'), Number(query.get('niveau'))];
  return {
    competency: competency !== null && competencies.has(competency) ? competency : null,
    level: levels.includes(level) ? level : null,
  };
}

/** Ids come from elsewhere, and what is shown here is typed into a terminal. */
const isSafe = (id: string): boolean => isId(id) && !id.startsWith('-');

/**
 * `npx palier partner enrol ...`, ready to copy; capitals are placeholders.
 * @param badgeId null: the first badge of a new partner
 * @returns null for an id that cannot be enrolled
 */
function enrolCommand(
  clientId: ClientId,
  badgeId: BadgeId | null,
  { competency, level }: EnrolAs,
): string | null {
  if (!isSafe(clientId) || (badgeId !== null && !isSafe(badgeId))) return null;
  const as = `--competency ${competency ?? 'COMPETENCE'} --level ${level ?? 'NIVEAU'}`;
  const name = badgeId === null ? ' --partner-name "NOM"' : '';
  return `npx palier partner enrol ${clientId} ${badgeId ?? 'BADGE'} ${as}${name}`;
}
