import { isAskedFor } from '../../../audit/query.js';
import type { Audit, AuditEntry } from '../../../audit/types.js';
import type { EarnerKey } from '../../../ids.js';
import type { Asked } from './asked.js';

/** The entries asked for, found the shortest way. @param earner null: everybody */
export async function* select(
  account: Audit,
  asked: Asked,
  earner: EarnerKey | null,
): AsyncGenerator<AuditEntry> {
  for await (const entry of entriesOf(account, asked, earner))
    if (isAskedFor(entry, asked) && (asked.event === undefined || entry.event === asked.event)) yield entry;
}

async function* entriesOf(
  account: Audit,
  asked: Asked,
  earner: EarnerKey | null,
): AsyncGenerator<AuditEntry> {
  if (earner !== null) yield* await account.ofEarner(earner);
  else if (asked.event === undefined) yield* account.read(asked);
  // What else is told of an event is told of those whom it gave the award to.
  else for (const one of earnersIn(await account.ofEvent(asked.event))) yield* await account.ofEarner(one);
}

const earnersIn = (entries: readonly AuditEntry[]): ReadonlySet<EarnerKey> =>
  new Set(entries.flatMap(({ earner }) => earner ?? []));
