import type { RequestHandler } from 'express';
import { DateTime } from 'luxon';
import type { Config } from '../config.js';
import type { Assertion } from '../earners/record.js';
import { createEarnerStore } from '../earners/store.js';
import type { EarnerKey } from '../ids.js';
import { keyOfAddress } from '../ops/shared/browser.js';
import { explainPerson, type PersonSources } from '../ops/shared/explain-person.js';
import { collectPersonalData, earnerJson } from '../ops/shared/personal-data.js';
import { systemClock } from '../platform/clock.js';
import { createMailer, type MailConfig } from '../platform/mailer.js';
import { createRedisClock } from '../platform/redis-clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { enqueueLink } from '../queue/enqueue.js';
import { createAccess, isErasedSince, type Access } from './access.js';
import { createParcours } from './app.js';
import { excludedOf, namesOf } from './progress.js';
import { sendLink } from './send-link.js';
import type { Parcours } from './view.js';

/** The pipeline, as far as a person is read with it. */
type Reading = Parameters<typeof collectPersonalData>[0];

export interface ParcoursWiring {
  readonly reading: Reading;
  readonly redis: RedisConnection;
  /** Of our own keys. */
  readonly prefix: string;
  readonly parcours: NonNullable<Config['parcours']>;
}

/** The earner's own pages over a connection that stays the caller's. */
export function wireParcours({ reading, redis, prefix, parcours }: ParcoursWiring): RequestHandler {
  const { vault, scheme, meter, journal, log } = reading;
  const noteView = async (): Promise<void> => {
    try {
      await journal.countView(Math.floor((await reading.now()) / 1000));
    } catch (err) {
      log.warn({ err }, 'a view of a page was not counted');
    }
  };
  return createParcours({
    frame: { scheme: scheme.name, contact: parcours.contact },
    publicUrl: parcours.publicUrl,
    trustProxy: parcours.trustProxy,
    access: createAccess(redis, prefix, vault, reading.now),
    earnerKeyOf: (address) => keyOfAddress(address, vault),
    enqueueLink: (earner) => enqueueLink(reading.queues.mails, earner),
    read: (access) => readParcours(reading, access),
    exportAll: async ({ earner }) => earnerJson(await collectPersonalData(reading, earner), systemClock),
    count: (step) => {
      meter.count('palier_parcours_total', { step });
      if (step === 'viewed') void noteView();
    },
    log,
  });
}

/**
 * What one person sees: all addresses that ops joined, as one.
 * @returns null when nobody is known there, or they were erased after `access` was given
 */
async function readParcours(sources: PersonSources, access: Access): Promise<Parcours | null> {
  const found = await explainPerson(sources, access.earner);
  if (found === null) return null;
  const { person, scheme, json } = found;
  const own = person.addresses.find(({ key }) => key === access.earner);
  if (own === undefined || isErasedSince(access, own.record.tombstone)) return null;
  const names = namesOf(scheme);
  const day = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale: 'fr' }).toLocaleString(DateTime.DATE_FULL);
  const badge = ({ id, clientId, badgeId, issuedOnS }: Assertion): readonly [string, string] => [
    id,
    `« ${names.badge(clientId, badgeId)} », de ${names.partner(clientId)}, le ${day(issuedOnS)}`,
  ];
  return {
    today: day(json.now_s),
    addresses: person.addresses.flatMap(({ record }) => record.contact?.address ?? []),
    competencies: [...scheme.competencies.values()].map(({ id, name }) => ({ id, name })),
    awards: json.awards,
    excluded: excludedOf(json, names, day),
    names,
    day,
    badgeOf: new Map(person.portfolio.assertions.map(badge)),
  };
}

interface LinkSending {
  readonly redis: RedisConnection;
  /** Of our own keys. */
  readonly prefix: string;
  readonly vault: Vault;
  /** The scheme's name. */
  readonly scheme: string;
  readonly parcours: MailConfig & { readonly publicUrl: string };
}

/** What a worker sends links with. */
export function openLinkSender({ redis, prefix, vault, scheme, parcours }: LinkSending): {
  readonly send: (earner: EarnerKey) => Promise<boolean>;
  readonly close: () => void;
} {
  const mailer = createMailer(parcours);
  const earners = createEarnerStore(redis, prefix, vault);
  const access = createAccess(redis, prefix, vault, createRedisClock(redis, prefix).now);
  const parts = { earners, access, mailer, publicUrl: parcours.publicUrl, scheme };
  return { send: (earner) => sendLink(parts, earner), close: () => mailer.close() };
}
