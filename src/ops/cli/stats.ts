import { DateTime } from 'luxon';
import type { Journal } from '../../journal/journal.js';
import { secondsOf } from '../../platform/clock.js';
import { newestFailed } from '../../queue/failures.js';
import { QUEUES } from '../../queue/jobs.js';
import { partnerName } from '../../rules/explain/formatter.js';
import type { Award } from '../../rules/types.js';
import type { StoredPopulation } from '../../scheme/population.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { failedByReason, MAX_FAILURES_READ } from '../shared/jobs.js';
import {
  type SystemState,
  isOneOff,
  type PartnerLastEvent,
  problemWords,
  readPartnersLastEvents,
  readProblemsToShow,
  readSystemState,
  SILENT_DAYS,
} from '../shared/stats.js';
import { labelled, localized, type Localized, plural, quoted, say } from '../../localized.js';
import { durationWords, indented, instantWords, listed } from '../shared/words.js';
import { inPipeline } from './session.js';
import {
  type StatsSection,
  readFlagsSection,
  readIssuingSection,
  readQuotaSection,
} from './stats-issuing.js';
import type { Command } from './command.js';

export const stats: Command = {
  help: `
    dit où en sont les envois, les avis et les échecs, et ce qui est à examiner
      tells how issuing, notices and failures stand
    D'après ce que Redis contient en ce moment ; OBF n'est pas appelé. Les personnes n'y sont que par leur clé, celle que donne « npx palier explain ».
      By what Redis holds at this moment; OBF is not called. People are there by their key only, the one that "npx palier explain" gives.`,
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  run: inPipeline(async (pipeline) => {
    const state = await readSystemState(pipeline);
    const sections = await Promise.all(
      Object.entries(SECTIONS).map(async ([id, read]) => ({ id, ...(await read(pipeline, state)) })),
    );
    const lines = sections.flatMap(({ title, lines: all }) => {
      const shown = all.length === 0 ? [{ fr: 'rien', en: 'nothing' }] : all.filter((line) => line !== false);
      return ['', title, ...shown.map(indented)];
    });
    return { lines: lines.slice(1), json: Object.fromEntries(sections.map(({ id, json }) => [id, json])) };
  }),
};

const MONTHS = 12;

type StatsSources = Pick<Pipeline, 'scheme' | 'clock'>;

/** Counts by month what Palier issued, from the journal: the scheme's awards, and those no longer in it. */
export async function readIssuedSection(
  sources: StatsSources & { readonly journal: Pick<Journal, 'issuedByDay'> },
) {
  const { scheme, clock, journal } = sources;
  const thisMonth = DateTime.fromMillis(clock(), { zone: scheme.timeZone }).startOf('month');
  const days = await journal.issuedByDay({ fromS: thisMonth.minus({ months: MONTHS - 1 }).toSeconds() });
  const names = new Map<string, string>(scheme.awards.map(({ id, name }) => [id, name]));
  const counts = new Map<string, Record<string, number>>([...names.keys()].map((award) => [award, {}]));
  for (const [day, awards] of [...days].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    for (const [award, count] of awards) {
      const month = day.slice(0, 'yyyy-MM'.length);
      const months = counts.get(award) ?? {};
      counts.set(award, { ...months, [month]: (months[month] ?? 0) + count });
    }
  const issued = [...counts].map(([award, months]) => ({
    award,
    total: Object.values(months).reduce((sum, count) => sum + count, 0),
    months,
  }));
  return {
    title: say`Badges Région délivrés, par mois (${MONTHS} derniers mois)
      Awards issued, by month (last ${MONTHS} months)`,
    lines: issued.map(({ award, months, total }) => {
      const perMonth = listed(
        Object.entries(months).map(([month, count]) => labelled(monthWords(month), count)),
      );
      const counted = localized((lang) => (total === 0 ? '0' : `${total} (${perMonth[lang]})`));
      return labelled(quoted(names.get(award) ?? award), counted);
    }),
    json: issued,
  };
}

const monthWords = (month: string): Localized => {
  const atS = DateTime.fromISO(month, { zone: 'utc' }).toSeconds();
  return instantWords(atS, 'utc', { month: 'short', year: 'numeric' });
};

type OneAwayCounts = Pick<StoredPopulation, 'atS' | 'version' | 'oneAway'>;

export async function readOneAwaySection(
  sources: StatsSources & { readonly population: { read(): Promise<OneAwayCounts | null> } },
) {
  const { scheme, clock, population } = sources;
  const title = { fr: "À un badge d'un badge Région", en: 'One badge away from an award' };
  const counted = await population.read();
  if (counted === null) return { title, lines: [NEVER_COUNTED], json: null };
  const ageS = Math.max(0, secondsOf(clock) - counted.atS);
  const age = durationWords(ageS);
  const isCurrent = counted.version === scheme.version;
  const awards = scheme.awards.filter(({ active }) => active);
  const peopleOf = ({ id }: Award): number => counted.oneAway?.get(id) ?? 0;
  return {
    title,
    lines: [
      { fr: `compté il y a ${age.fr}`, en: `counted ${age.en} ago` },
      ...(isCurrent ? [] : [OTHER_RULES]),
      ...awards.map((award) =>
        labelled(quoted(award.name), plural(peopleOf(award), 'personne|personnes', 'person|people')),
      ),
    ],
    json: {
      counted_at_s: counted.atS,
      age_s: ageS,
      version: counted.version,
      current: isCurrent,
      awards: awards.map((award) => ({ award: award.id, people: peopleOf(award) })),
    },
  };
}

const NEVER_COUNTED = say`pas encore compté : c'est fait chaque nuit ; « npx palier simulate » le dit tout de suite
  not counted yet: it is done every night; "npx palier simulate" tells at once`;
const OTHER_RULES = say`! sous d'autres règles que celles d'aujourd'hui : « npx palier simulate » le dit tout de suite
  ! under other rules than those of today: "npx palier simulate" tells at once`;

async function readNoticesSection({ queues }: Pipeline, state: SystemState): Promise<StatsSection> {
  const { jobs } = state.queues.notices;
  const waiting = state.arrived + jobs.waiting;
  const retrying = (await queues.notices.getRanges(['delayed'], 0, -1)).filter(isOneOff).length;
  const ageS = state.noticeAgeS === null ? null : Math.floor(state.noticeAgeS);
  return {
    title: { fr: 'Avis reçus', en: 'Notices' },
    lines: [
      labelled({ fr: 'en attente', en: 'waiting' }, waiting),
      labelled({ fr: 'en cours', en: 'being read' }, jobs.active),
      labelled({ fr: 'à retenter plus tard', en: 'to be tried again later' }, retrying),
      ageS !== null && labelled(OLDEST, durationWords(ageS)),
    ],
    json: { waiting, active: jobs.active, retrying, oldest_age_s: ageS },
  };
}

const OLDEST = { fr: 'le plus ancien attend depuis', en: 'the oldest has waited for' };

export async function readPartnersSection(sources: Parameters<typeof readPartnersLastEvents>[0]) {
  const partners = await readPartnersLastEvents(sources);
  return {
    title: say`Dernier événement de chaque partenaire (« ! » : rien depuis ${SILENT_DAYS} jours)
      Last event of each partner ("!": nothing for ${SILENT_DAYS} days)`,
    lines: partners.map((one) => partnerLine(one, sources.scheme.timeZone)),
    json: partners.map(({ partner, lastS, lastEvent, quietDays, silent }) => ({
      client_id: partner.clientId,
      name: partner.name,
      silent,
      quiet_days: quietDays,
      last_event: lastEvent,
      last_event_s: lastS,
    })),
  };
}

function partnerLine({ partner, lastS, quietDays, silent }: PartnerLastEvent, timeZone: string): Localized {
  const name = `${silent ? '! ' : ''}${partner.name}`;
  if (lastS === null)
    return say`${name} : jamais rien reçu, ni trouvé dans OBF
      ${name}: nothing ever received, nor found in OBF`;
  const at = instantWords(lastS, timeZone);
  const days = plural(quietDays ?? 0, 'jour|jours', 'day|days');
  return (quietDays ?? 0) < 1
    ? say`${name} : le ${at}
      ${name}: ${at}`
    : say`${name} : il y a ${days} (le ${at})
      ${name}: ${days} ago (${at})`;
}

export async function readProblemsSection(sources: StatsSources & Pick<Pipeline, 'readProblems'>) {
  const problems = await readProblemsToShow(sources);
  return {
    title: { fr: "Ce qu'OBF montre mal", en: 'What OBF shows badly' },
    lines: problems.map((one) => problemWords(one, (id) => partnerName(sources.scheme, id))),
    json: problems.map(({ clientId, list, eventId, fields, missing, sinceS }) => ({
      client_id: clientId,
      list,
      event: eventId,
      fields,
      seen: missing?.seen ?? null,
      expected: missing?.expected ?? null,
      since_s: sinceS,
    })),
  };
}

/** How many reasons are printed; the JSON has all. */
const MAX_REASONS = 10;

async function readFailedSection({ queues }: Pipeline): Promise<StatsSection> {
  const failed = await Promise.all(
    QUEUES.map(async (queue) => {
      const { total, failures } = await newestFailed(queues[queue], MAX_FAILURES_READ);
      return { queue, total, reasons: failedByReason(failures) };
    }),
  );
  return {
    title: say`Échecs (« npx palier replay » les renvoie)
      Failed ("npx palier replay" sends them again)`,
    lines: failed.flatMap(({ queue, total, reasons }) => {
      const shown = reasons.slice(0, MAX_REASONS);
      const hidden = total - shown.reduce((sum, { count }) => sum + count, 0);
      return [
        labelled(queue, total),
        ...shown.map(({ count, reason }) => localized(() => `  ${count} × ${reason}`)),
        hidden > 0 && { fr: `  et ${hidden} de plus`, en: `  and ${hidden} more` },
      ];
    }),
    json: Object.fromEntries(failed.map(({ queue, total, reasons }) => [queue, { total, reasons }])),
  };
}

/** The sections of `stats`, in print order, by their names in the JSON. */
const SECTIONS: Readonly<Record<string, (pipeline: Pipeline, state: SystemState) => Promise<StatsSection>>> =
  {
    issuing: readIssuingSection,
    quota: readQuotaSection,
    issued: readIssuedSection,
    one_away: readOneAwaySection,
    notices: readNoticesSection,
    partners: readPartnersSection,
    reading: readProblemsSection,
    failed: readFailedSection,
    flags: readFlagsSection,
  };
