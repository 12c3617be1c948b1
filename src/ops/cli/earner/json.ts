import { journalLine } from '../../../journal/line.js';
import type { BadgeId } from '../../../ids.js';
import type { AwardRecord } from '../../../issuing/award-record.js';
import { secondsOf, type Clock } from '../../../platform/clock.js';
import type { Assertion } from '../../../earners/record.js';
import type { HeldAddress, HeldJob, HeldPerson } from './held.js';
import type { EarnerJson, RecordJson } from './schema.js';

/** What of an address and of a name is to be read; null: nothing. */
export interface Shown {
  readonly address: (one: HeldAddress) => string | null;
  readonly name: (one: HeldAddress) => string | null;
}

export function earnerJson({ person, addresses }: HeldPerson, shown: Shown, clock: Clock): EarnerJson {
  const exportedS = secondsOf(clock);
  return {
    earner: person,
    exported_s: exportedS,
    exported_iso: isoOf(exportedS),
    addresses: addresses.map((one) => addressJson(one, shown)),
  };
}

function addressJson(one: HeldAddress, shown: Shown): EarnerJson['addresses'][number] {
  const { key, file, records, flags, entries, jobs } = one;
  return {
    earner: key,
    address: shown.address(one),
    name: shown.name(one),
    linked_to: file.linkedTo,
    being_erased: (file.tombstone?.entriesToUnindex.length ?? 0) > 0,
    erased_on_s: file.tombstone?.erasedAtS ?? null,
    erased_on_iso: isoOf(file.tombstone?.erasedAtS ?? null),
    assertions: file.assertions.toSorted((a, b) => a.issuedOnS - b.issuedOnS).map(assertionJson),
    awards: [...records].map(([badgeId, record]) => recordJson(badgeId, record)),
    flags: flags.map(({ badgeId, atS }) => ({ badge: badgeId, since_s: atS, since_iso: isoOf(atS) })),
    account: entries.map(journalLine),
    jobs: jobs.map(jobJson),
  };
}

const assertionJson = (one: Assertion): EarnerJson['addresses'][number]['assertions'][number] => ({
  assertion: one.id,
  client: one.clientId,
  badge: one.badgeId,
  event: one.eventId,
  issued_on_s: one.issuedOnS,
  issued_on_iso: isoOf(one.issuedOnS),
  expires_on_s: one.expiresOnS,
  expires_on_iso: isoOf(one.expiresOnS),
  revoked: one.revoked,
});

const recordJson = (badgeId: BadgeId, record: AwardRecord): RecordJson => ({
  badge: badgeId,
  state: record.state,
  since_s: record.atS,
  since_iso: isoOf(record.atS),
  event: 'event' in record ? record.event : null,
  batch: 'batch' in record ? record.batch : null,
  reason: 'why' in record ? record.why : null,
  cause: 'cause' in record ? (record.cause ?? null) : null,
  no_email: 'quiet' in record && record.quiet === true,
  forgiven: [...record.forgiven],
});

const jobJson = ({ queue, id, name, state, sinceS, url, failedReason }: HeldJob) => ({
  queue,
  id,
  name,
  state,
  since_s: sinceS,
  since_iso: isoOf(sinceS),
  url,
  reason: failedReason,
});

function isoOf(atS: number | null): string | null {
  const date = atS === null ? null : new Date(atS * 1000);
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
