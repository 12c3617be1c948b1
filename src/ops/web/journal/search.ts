import type { EarnerKey } from '../../../ids.js';
import { earnerKeyOf } from '../../../earners/earner-key.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { goTo, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { show, type Page, type SignedRoute } from '../route.js';
import { journalHref, keyIn, readAsked } from './asked.js';
import { readJournal, type JournalModel } from './read.js';
import { JournalView } from './view.js';
import { JOURNAL } from './words.js';

/** The page; its address holds nothing but keys and ids, or leads to one that does. */
const PAGE: Page<JournalModel> = {
  name: 'journal',
  path: '/journal',
  title: JOURNAL.title,
  nav: JOURNAL.title,
  read: ({ pipeline, query }) =>
    readJournal(pipeline, readAsked(query, pipeline.scheme.timeZone).asked, query),
  view: JournalView,
};

/** `GET /ops/journal`. */
export const journalPage: SignedRoute = {
  name: PAGE.name,
  method: 'GET',
  path: PAGE.path,
  nav: JOURNAL.title,
  role: 'lecture',
  async handle(context) {
    const { asked, faults } = readAsked(context.query, context.pipeline.scheme.timeZone);
    if (faults.size > 0) return goTo(journalHref(asked));
    return show(PAGE, await PAGE.read(context), context.lang);
  },
};

/** `POST /ops/journal`: an address that was typed is a key from here on. */
export async function searchJournal({ pipeline, form, lang }: PageContext): Promise<Answer> {
  const [{ region }, { scheme }] = [pipeline, await pipeline.schemes.now()];
  const { asked, faults } = readAsked(form, scheme.timeZone, (typed) => earnerIn(pipeline, typed));
  if (faults.size === 0) return goTo(journalHref(asked));
  const nothing = { entries: [], newer: null, older: null, newest: null, oldest: null, note: null };
  return show(PAGE, { scheme, region, asked, faults, ...nothing }, lang, 422);
}

const earnerIn = ({ vault }: Pick<Pipeline, 'vault'>, typed: string): EarnerKey | null =>
  /^[^\s@]+@[^\s@]+$/.test(typed) ? earnerKeyOf(vault, typed) : keyIn(typed);
