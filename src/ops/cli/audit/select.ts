import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { EarnerKey } from '../../../ids.js';
import type { Journal } from '../../../journal/journal.js';
import { isAskedFor } from '../../../journal/query.js';
import type { Asked } from './asked.js';

/** The entries asked for, found the shortest way. @param earner null: everybody */
export async function* select(
  journal: Journal,
  asked: Asked,
  earner: EarnerKey | null,
): AsyncGenerator<JournalEntry> {
  for await (const entry of entriesOf(journal, asked, earner))
    if (isAskedFor(entry, asked) && (asked.event === undefined || entry.event === asked.event)) yield entry;
}

async function* entriesOf(
  journal: Journal,
  asked: Asked,
  earner: EarnerKey | null,
): AsyncGenerator<JournalEntry> {
  if (earner !== null) yield* await journal.ofEarner(earner);
  else if (asked.event === undefined) yield* journal.read(asked);
  // What else is told of an event is told of those whom it gave the award to.
  else for (const one of earnersIn(await journal.ofEvent(asked.event))) yield* await journal.ofEarner(one);
}

const earnersIn = (entries: readonly JournalEntry[]): ReadonlySet<EarnerKey> =>
  new Set(entries.flatMap(({ earner }) => earner ?? []));
