import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { EarnerKey, EventId } from '../../../ids.js';
import { isAskedFor } from '../../../journal/query.js';
import { readPerson } from '../../../earners/person.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { queryOf, type JournalAsked } from './asked.js';

/** Of so many people of one event all is read; the export has the others. */
export const MAX_PEOPLE = 500;
/** So many are asked for at a time. */
const CHUNK = 100;

/** The entries about a person, or about an event, newest first. */
export async function entriesAbout(
  pipeline: Pipeline,
  asked: JournalAsked,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly isCut: boolean }> {
  const people = await peopleOf(pipeline, asked);
  const found: JournalEntry[] = [];
  for (let at = 0; at < Math.min(people.length, MAX_PEOPLE); at += CHUNK) {
    const chunk = people.slice(at, at + CHUNK);
    found.push(...(await Promise.all(chunk.map((one) => pipeline.journal.ofEarner(one)))).flat());
  }
  const query = queryOf(asked, pipeline.scheme.timeZone);
  const entries = found
    .filter((entry) => isAskedFor(entry, query) && (asked.event === null || entry.event === asked.event))
    .toSorted((a, b) => b.atS - a.atS);
  return { entries, isCut: people.length > MAX_PEOPLE };
}

async function peopleOf(pipeline: Pipeline, { earner, event }: JournalAsked): Promise<readonly EarnerKey[]> {
  if (earner !== null) return keysOf(pipeline, earner);
  return event === null ? [] : givenBy(pipeline, event);
}

/** All addresses of the person whom a key belongs to: what was told of one of them is told of the person. */
export async function keysOf(pipeline: Pipeline, earner: EarnerKey): Promise<readonly EarnerKey[]> {
  const { keys } = await readPerson(pipeline, earner);
  return keys.includes(earner) ? keys : [earner, ...keys];
}

/** What else is told of an event is told of those whom it gave the award to. */
async function givenBy({ journal }: Pipeline, event: EventId): Promise<readonly EarnerKey[]> {
  const given = await journal.ofEvent(event);
  return [...new Set(given.flatMap(({ earner }) => earner ?? []))];
}
