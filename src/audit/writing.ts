import type { EventId } from '../ids.js';
import { withoutAddresses } from '../platform/logger.js';
import { dayOf, monthOf } from './calendar.js';
import { encodeEntry } from './codec.js';
import { placeOf } from './entries.js';
import { countedAs } from './issued-count.js';
import { fieldOf, partOf } from './layout.js';
import { isGiving } from './query.js';
import { WRITE } from './scripts.js';
import type { AuditStore } from './store.js';
import type { AuditEntry } from './types.js';

/** How many entries are sent before an answer is waited for: enough to fill the wire, few enough to stay small. */
const CHUNK = 500;

export async function writeEntries(store: AuditStore, entries: readonly AuditEntry[]): Promise<void> {
  const written: Written[] = [];
  for (let at = 0; at < entries.length; at += CHUNK)
    written.push(
      ...(await Promise.all(entries.slice(at, at + CHUNK).map((entry) => writeOne(store, entry)))),
    );
  // Last: all that is to be found of an event stands there when it is known.
  await Promise.all([...byEvent(written)].map(([event, msOfEach]) => store.events.note(event, msOfEach)));
}

interface Written {
  readonly entry: AuditEntry;
  /** When, Unix milliseconds by Redis' clock: maybe long before, by another try. */
  readonly ms: number;
}

async function writeOne({ redis, layout, timeZone }: AuditStore, entry: AuditEntry): Promise<Written> {
  const part = partOf(entry.earner);
  const month = monthOf(dayOf(entry.atS, timeZone));
  const keys = [
    // Of nobody there is no such hash, and none is looked for.
    entry.earner === null ? layout.entries(part) : layout.people(entry.earner),
    layout.entries(part),
    layout.months(part),
    layout.issued(part, month),
  ];
  const values = [
    fieldOf(entry) ?? '',
    month,
    countedAs(entry, timeZone) ?? '',
    ...encodeEntry(withoutAddress(entry)),
  ];
  return { entry, ms: placeOf(String(await redis.eval(WRITE, keys.length, ...keys, ...values))).ms };
}

/** What OBF said of a person may name them. */
const withoutAddress = (entry: AuditEntry): AuditEntry =>
  entry.detail === null ? entry : { ...entry, detail: withoutAddresses(entry.detail) };

/** When the entries of each event that gave an award were written. */
function byEvent(written: readonly Written[]): ReadonlyMap<EventId, readonly number[]> {
  const found = new Map<EventId, number[]>();
  for (const { entry, ms } of written.filter((one) => isGiving(one.entry)))
    if (entry.event !== null) found.set(entry.event, [...(found.get(entry.event) ?? []), ms]);
  return found;
}
