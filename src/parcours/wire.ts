import type { RequestHandler } from 'express';
import type { Config } from '../config.js';
import { createEarnerStore } from '../earners/store.js';
import type { EarnerKey } from '../ids.js';
import { keyOfAddress } from '../ops/shared/browser.js';
import { collectPersonalData, earnerJson } from '../ops/shared/personal-data.js';
import { systemClock } from '../platform/clock.js';
import { createMailer, type MailConfig } from '../platform/mailer.js';
import { createRedisClock } from '../platform/redis-clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { enqueueLink } from '../queue/enqueue-earners.js';
import { createAccess } from './access.js';
import { createParcours } from './app.js';
import { readParcours } from './read.js';
import { sendLink } from './send-link.js';

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
