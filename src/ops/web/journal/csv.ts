import { stringify } from 'csv-stringify/sync';
import { DateTime } from 'luxon';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import type { Lang, Localized } from '../../shared/words.js';
import { awardNames } from './award-names.js';
import { causeWords } from './cause-words.js';
import { KIND_WORDS } from './words.js';

/** What a spreadsheet in that language takes for a column's end; its decimal comma is no separator. */
const SEPARATOR: Readonly<Record<Lang, string>> = { fr: ';', en: ',' };
interface Column {
  readonly title: Localized;
  readonly cell: (entry: JournalEntry) => string | null;
}

/** What writes the file, for people, in the words of the page. @param region the Région's own client */
export function csvWriter(scheme: Scheme, region: ClientId, lang: Lang) {
  const columns = columnsOf(scheme, region, lang);
  const form = { delimiter: SEPARATOR[lang], record_delimiter: 'windows', escape_formulas: true } as const;
  return {
    // Without a byte order mark, spreadsheets take UTF-8 for something else.
    head: stringify([columns.map(({ title }) => title[lang])], { ...form, bom: true }),
    linesOf: (entries: readonly JournalEntry[]): string =>
      stringify(
        entries.map((entry) => columns.map(({ cell }) => cell(entry))),
        form,
      ),
  };
}

function columnsOf(scheme: Scheme, region: ClientId, lang: Lang): readonly Column[] {
  const nameOf = awardNames(scheme);
  return [
    { title: { fr: 'Quand', en: 'When' }, cell: ({ atS }) => instantOf(atS, scheme.timeZone) },
    { title: { fr: 'Quoi', en: 'What' }, cell: ({ kind }) => KIND_WORDS[kind][lang] },
    { title: { fr: 'Badge Région', en: 'Award' }, cell: nameOf },
    { title: { fr: 'Identifiant OBF du badge', en: 'OBF id of the badge' }, cell: ({ badgeId }) => badgeId },
    { title: { fr: 'Clé de la personne', en: 'Key of the person' }, cell: ({ earner }) => earner },
    {
      title: { fr: 'À la suite de', en: 'Set off by' },
      cell: ({ cause }) => (cause === null ? null : causeWords(cause, scheme, region)[lang]),
    },
    { title: { fr: 'Événement OBF', en: 'OBF event' }, cell: ({ event }) => event },
    { title: { fr: 'Version du barème', en: 'Version of the scheme' }, cell: ({ version }) => version },
    {
      title: { fr: 'Badges comptés', en: 'Badges that counted' },
      cell: ({ assertions }) => assertions.join(' '),
    },
    { title: { fr: 'Précisions (en anglais)', en: 'Details' }, cell: ({ detail }) => detail },
  ];
}

/** `2026-11-23 12:00:00`, in the scheme's zone: spreadsheets know it for a date. */
const instantOf = (atS: number, zone: string): string =>
  DateTime.fromSeconds(atS, { zone }).toFormat('yyyy-MM-dd HH:mm:ss');
