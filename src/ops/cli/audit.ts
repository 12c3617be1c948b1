import type { JournalEntry } from '../../earners/journal-entry.js';
import { createEarnerStore } from '../../earners/store.js';
import { asEarnerKey, type EarnerKey } from '../../ids.js';
import { createJournal } from '../../journal/journal.js';
import { journalLine } from '../../journal/line.js';
import { closeRedis } from '../../platform/redis.js';
import { createVault, type Vault } from '../../platform/vault.js';
import { earnerKeyOf } from '../../earners/earner-key.js';
import { askedEarner, askedOf, type AskedEarner } from './audit/asked.js';
import { AUDIT_OPTIONS } from './audit/options.js';
import { takesMore } from './audit/output.js';
import { select } from './audit/select.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { interruptible } from './interrupt.js';
import { withProgress } from './progress.js';
import { requireRedis } from './redis-session.js';
import { requireReadable, requireSettings } from './settings.js';
import type { Words } from './words.js';

const NEEDED = ['REDIS_URL', 'TZ_SCHEME', 'PALIER_KEY', 'PALIER_KEY_OLD'];

export const audit: Command = {
  name: 'audit',
  summary: {
    fr: 'exporte ce qui a été décidé et fait, badge par badge, en NDJSON',
    en: 'exports what was decided and done, award by award, as NDJSON',
  },
  details: [
    {
      fr: "Une ligne JSON par fait, dans l'ordre où ils se sont produits ; docs/schema/audit.json en dit la forme. Les personnes n'y sont que par leur clé, celle que donne « npx palier explain » ; une adresse tapée n'est ni affichée ni enregistrée.",
      en: 'A line of JSON for each fact, in the order in which they happened; docs/schema/audit.json tells their form. People are there by their key only, the one that "npx palier explain" gives; an address that is typed is neither shown nor kept.',
    },
  ],
  args: [],
  options: AUDIT_OPTIONS,
  run: async (call, context) => {
    const person = askedEarner(call);
    const config = requireSettings(context, NEEDED);
    const vault = createVault(config.palierKey, config.palierKeyOld);
    const asked = askedOf(call, config.timeZone);
    const told = await interruptible(context, (signal) =>
      requireRedis(context, config.redis, async (redis) => {
        const { dataPrefix: prefix } = context;
        await requireReadable(redis, prefix, vault);
        const earners = createEarnerStore(redis, prefix, vault);
        const journal = createJournal({ redis, prefix, earners, vault, timeZone: config.timeZone });
        // Whatever is being read then ends, even when nothing of it matches.
        signal.addEventListener('abort', () => closeRedis(redis), { once: true });
        return tell({ ...context, lang: call.lang }, select(journal, asked, earnerOf(vault, person)), signal);
      }),
    );
    if (told === 0) context.streams.err(NOTHING[call.lang]);
    return EXIT.good;
  },
};

/** Null: everybody. */
function earnerOf(vault: Vault, person: AskedEarner | null): EarnerKey | null {
  if (person === null) return null;
  return 'key' in person ? asEarnerKey(person.key) : earnerKeyOf(vault, person.address);
}

/** Resolves with how many were told: all, unless nobody reads on. @throws when the work was stopped */
async function tell(
  to: Pick<Context, 'streams'> & Pick<Call, 'lang'>,
  entries: AsyncGenerator<JournalEntry>,
  signal: AbortSignal,
): Promise<number> {
  let told = 0;
  // Lines on a terminal are a sign of life themselves.
  let next = await withProgress(to, READING, () => entries.next());
  while (next.done !== true) {
    to.streams.out(JSON.stringify(journalLine(next.value)));
    told += 1;
    if (!(await takesMore(process.stdout, signal))) break;
    signal.throwIfAborted();
    next = await entries.next();
  }
  return told;
}

const READING: Words = { fr: 'Lecture de ce qui a été inscrit', en: 'Reading what was written' };
const NOTHING: Words = { fr: "Rien de tel n'est inscrit.", en: 'Nothing of the kind is written.' };
