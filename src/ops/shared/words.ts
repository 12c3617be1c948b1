import { DateTime } from 'luxon';
import type { JournalKind } from '../../earners/journal-entry.js';
import type { AwardState } from '../../earners/record.js';
import type { Hold } from '../../issuing/hold.js';
import { withoutAddresses } from '../../platform/logger.js';
import { type Lang, localized, type Localized, say, withOrdinalFirst } from '../../localized.js';
import type { Enrolment, Scheme } from '../../rules/types.js';

/** Writes an instant in a zone's time: `15 janv. 2026, 10:00`. @param form luxon's */
export function instantWords(atS: number, zone: string, form = DateTime.DATETIME_MED): Localized {
  const write = (locale: Lang) => DateTime.fromSeconds(atS, { zone, locale }).toLocaleString(form);
  return { fr: withOrdinalFirst(write('fr')), en: write('en') };
}

/** Writes a duration in its largest unit and the next: `3 h 12 min`. */
export function durationWords(durationS: number): Localized {
  const s = Math.max(0, Math.floor(durationS));
  const amounts = [
    { n: Math.floor(s / 86_400), fr: 'j', en: 'd' },
    { n: Math.floor((s % 86_400) / 3600), fr: 'h', en: 'h' },
    { n: Math.floor((s % 3600) / 60), fr: 'min', en: 'min' },
    { n: s % 60, fr: 's', en: 's' },
  ];
  const first = amounts.findIndex(({ n }) => n > 0);
  const shown = first === -1 ? amounts.slice(-1) : amounts.slice(first, first + 2).filter(({ n }) => n > 0);
  return localized((lang) => shown.map((unit) => `${unit.n} ${unit[lang]}`).join(' '));
}

export const indented = (words: Localized): Localized => localized((lang) => `  ${words[lang]}`);

/** Puts a heading above indented lines; no lines, no heading. */
export const underHeading = (heading: Localized, lines: readonly Localized[]): readonly Localized[] =>
  lines.length === 0 ? [] : [heading, ...lines.map(indented)];

/** Joins parts with commas: `a, b, c`; `false` is left out. */
export const listed = (parts: readonly (Localized | string | false)[]): Localized =>
  localized((lang) =>
    parts
      .filter((part) => part !== false)
      .map((part) => (typeof part === 'string' ? part : part[lang]))
      .join(', '),
  );

/** Returns the first and the last day, like `2024-01-31`, as in partners.yaml; null: none is set. */
export const periodOf = ({ fromS, beforeS }: Enrolment, timeZone: string) => ({
  from: fromS === null ? null : dayOf(fromS, timeZone),
  until: beforeS === null ? null : dayOf(beforeS - 1, timeZone),
});

const dayOf = (atS: number, timeZone: string): string =>
  DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');

/** Writes a period: `à partir du 1er janv. 2024`, `jusqu'au 31 déc. 2026`; empty if none is set. */
export function periodWords({ fromS, beforeS }: Enrolment, zone: string): readonly Localized[] {
  const day = (atS: number): Localized => instantWords(atS, zone, DateTime.DATE_MED);
  return [
    fromS !== null &&
      say`à partir du ${day(fromS)}
        from ${day(fromS)}`,
    beforeS !== null &&
      say`jusqu'au ${day(beforeS - 1)}
        until ${day(beforeS - 1)}`,
  ].filter((words) => words !== false);
}

/** Writes an enrolment: `communiquer, niveau 1, capacité interagir, à partir du 1er janv. 2024`. */
export const enrolmentWords = ({ timeZone }: Scheme, enrolment: Enrolment): Localized => {
  const { competency, level, ability } = enrolment;
  return listed([
    { fr: `${competency}, niveau ${level}`, en: `${competency}, level ${level}` },
    ability !== null && { fr: `capacité ${ability}`, en: `ability ${ability}` },
    ...periodWords(enrolment, timeZone),
  ]);
};

/** Says why an award is on hold, and what to do. Issuing resumes by itself. */
export function holdWords({ code, words }: Hold): Localized {
  const reason = words === null ? '' : withoutAddresses(words);
  switch (code) {
    case 'quota':
      return say`le quota OBF de la Région ne suffit pas ; faites-le relever dans OBF
        the Région’s OBF quota does not suffice; have it raised in OBF`;
    case 'badge':
      return say`le badge n’est plus dans le compte OBF de la Région, ou y est un brouillon ; publiez-le dans OBF, ou corrigez scheme.yaml
        the badge is no longer in the Région’s OBF account, or is a draft there; publish it in OBF, or mend scheme.yaml`;
    case 'client':
      return say`OBF refuse les appels de la Région (${reason}) ; voyez avec OBF l’état du compte
        OBF refuses the Région’s calls (${reason}); ask OBF about the account`;
    case 'refusal':
      return say`OBF refuse l’envoi sans que le compte en dise la cause (${reason}) ; demandez-la à OBF
        OBF refuses the issue call, and the account does not show why (${reason}); ask OBF`;
  }
}

/** Shown wherever awards are listed: while issuing is paused, due awards wait. */
export const PAUSED = say`Les envois sont suspendus : rien n'est délivré tant que « npx palier resume » n'est pas tapé.
  Issuing is paused: nothing is given until "npx palier resume" is typed.`;

/** Words for the ledger's award states. */
export const AWARD_STATE_WORDS: Readonly<Record<AwardState, Localized>> = {
  due: { fr: 'en attente du prochain envoi', en: 'waits for the next issue call' },
  claimed: { fr: 'envoi en cours', en: 'being issued' },
  unknown: say`issue inconnue, vérifiée dans OBF avant tout nouvel envoi
    outcome unknown, looked up in OBF before anything is sent again`,
  issued: { fr: 'donné', en: 'given' },
  refused: { fr: 'refusé par OBF', en: 'refused by OBF' },
  revoking: say`retrait en cours : un badge qui l'avait fait obtenir a été révoqué
    being taken back: a badge that earned it was revoked`,
  revoked: { fr: 'retiré par Palier', en: 'taken back by Palier' },
  blocked: say`révoqué à la main dans OBF : n'est plus délivré tant que le blocage n'est pas levé
    revoked by hand in OBF: not given again until the block is lifted`,
  withdrawn: { fr: "n'est plus dû", en: 'no longer due' },
};

/** Words for the journal's kinds of entries. */
export const JOURNAL_KIND_WORDS: Readonly<Record<JournalKind, Localized>> = {
  issued: { fr: 'badge donné par Palier', en: 'award given by Palier' },
  found: { fr: 'badge trouvé dans OBF, donné à la main', en: 'award found in OBF, given by hand' },
  flagged: { fr: 'badge à examiner', en: 'award to be looked at' },
  revoked: { fr: 'badge retiré par Palier', en: 'award taken back by Palier' },
  blocked: { fr: 'badge bloqué, révoqué à la main', en: 'award blocked, revoked by hand' },
  unblocked: { fr: 'blocage levé', en: 'block lifted' },
  refused: { fr: 'badge refusé par OBF', en: 'award refused by OBF' },
  linked: { fr: 'adresses liées', en: 'addresses linked' },
  unlinked: { fr: 'adresses séparées', en: 'addresses unlinked' },
  erased: { fr: 'effacement', en: 'erasure' },
  purged: { fr: 'effacement, durée de conservation passée', en: 'erasure, retention being over' },
  applied: { fr: 'règles mises en vigueur', en: 'rules put into force' },
  viewed: { fr: 'pages vues par les personnes, ce jour-là', en: 'pages viewed by the people, on that day' },
};
