import { once } from 'node:events';
import { JOURNAL_KINDS, journalLine, type JournalEntry } from '../../earners/journal-entry.js';
import { createEarnerStore } from '../../earners/store.js';
import { asAwardId, asEventId } from '../../ids.js';
import { createJournal, type JournalQuery } from '../../journal/journal.js';
import { closeRedis } from '../../platform/redis.js';
import { createVault } from '../../platform/vault.js';
import { journalQueryOf, isDate, selectEntries } from '../shared/journal-selection.js';
import { type Localized, say } from '../../localized.js';
import { requireSameKey, withRedis } from './session.js';
import { requireSettings } from './settings.js';
import {
  type CommandCall,
  type Command,
  wrongUsage,
  withProgress,
  parseEarner,
  requireWord,
} from './command.js';

const NEEDED = ['REDIS_URL', 'TZ_SCHEME', 'PALIER_KEY', 'PALIER_KEY_OLD'];

export const audit: Command = {
  help: `
    exporte ce qui a été décidé et fait, badge par badge, en NDJSON
      exports what was decided and done, award by award, as NDJSON
    Une ligne JSON par fait, dans l'ordre où ils se sont produits ; docs/schema/audit.json en dit la forme. Les personnes n'y sont que par leur clé, celle que donne « npx palier explain » ; une adresse tapée n'est ni affichée ni enregistrée.
      A line of JSON for each fact, in the order in which they happened; docs/schema/audit.json tells their form. People are there by their key only, the one that "npx palier explain" gives; an address that is typed is neither shown nor kept.`,
  options: {
    '--from <date>': say`à partir de ce jour (2026-01-31), ou de cet instant (2026-01-31T14:00)
      from this day on (2026-01-31), or this instant (2026-01-31T14:00)`,
    '--until <date>': say`jusqu'à ce jour compris, ou jusqu'à cet instant
      until the end of this day, or until this instant`,
    '--award <badge|award>': say`ce badge Région seulement, par son nom dans scheme.yaml
      this award only, by its name in scheme.yaml`,
    '--kind <sorte|kind>': say`cette sorte de faits seulement : ${JOURNAL_KINDS.join(', ')}
      this kind of facts only: ${JOURNAL_KINDS.join(', ')}`,
    '--event <id>': say`seulement cette délivrance de la Région, par son identifiant dans OBF
      only this event of the Région, by its id in OBF`,
    '--earner <personne|person>': say`seulement cette personne, par sa clé ou son adresse
      only this person, by their key or address`,
  },
  interruptible: true,
  // The journal can be read even when the rules have faults, so the scheme is not loaded.
  run: async (call) => {
    const { palierKey, palierKeyOld, timeZone, redis: address } = requireSettings(call, NEEDED);
    const { dataPrefix: prefix, signal } = call;
    const vault = createVault(palierKey, palierKeyOld);
    const typedEarner = call.text('earner');
    const people = typedEarner === null ? null : [parseEarner(vault, typedEarner)];
    const filter = readFilter(call, timeZone);
    return withRedis(call, address, async (redis) => {
      await requireSameKey(redis, prefix, vault);
      const earners = createEarnerStore(redis, prefix, vault);
      const journal = createJournal({ redis, prefix, earners, vault, timeZone });
      // Stops the read at once, even while no entry matches.
      signal.addEventListener('abort', () => closeRedis(redis), { once: true });
      const entries = selectEntries(journal, filter, people);
      if ((await writeEntries(call, entries)) === 0) call.streams.err(NOTHING[call.lang]);
      return null;
    });
  },
};

const READING: Localized = { fr: 'Lecture de ce qui a été inscrit', en: 'Reading what was written' };
const NOTHING: Localized = { fr: "Rien de tel n'est inscrit.", en: 'Nothing of the kind is written.' };

/** @throws CommandProblem for a wrong date or an unknown kind */
function readFilter({ text }: CommandCall, timeZone: string): JournalQuery {
  const date = (option: string): string | null => {
    const typed = text(option);
    if (typed === null || isDate(typed)) return typed;
    throw wrongUsage(say`--${option} attend une date (2026-01-31, 2026-01-31T14:00).
      --${option} takes a date (2026-01-31, 2026-01-31T14:00).`);
  };
  const [award, event] = [text('award'), text('event')];
  const typed = {
    from: date('from'),
    until: date('until'),
    kind: requireWord({ fr: 'Sorte de faits inconnue', en: 'Unknown kind' }, text('kind'), JOURNAL_KINDS),
    award: award === null ? null : asAwardId(award),
    event: event === null ? null : asEventId(event),
  };
  return journalQueryOf(typed, timeZone);
}

/** Writes entries until the reader goes away. @returns how many were written @throws when interrupted */
async function writeEntries(call: CommandCall, entries: AsyncGenerator<JournalEntry>): Promise<number> {
  let written = 0;
  // The spinner ends with the first line: printed lines show progress themselves.
  let next = await withProgress(call, READING, () => entries.next());
  while (next.done !== true) {
    call.streams.out(JSON.stringify(journalLine(next.value)));
    written += 1;
    const { stdout } = process;
    // Waits for a slow reader, so that lines do not pile up in memory; `writable` below shows a failed output.
    if (stdout.writableNeedDrain) await once(stdout, 'drain', { signal: call.signal }).catch(() => undefined);
    call.signal.throwIfAborted();
    // The reader has gone: `npx palier audit | head`.
    if (!stdout.writable) break;
    next = await entries.next();
  }
  return written;
}
