import type { RequestHandler } from 'express';
import type { ParcoursConfig } from '../config.js';
import { keyOfAddress } from '../ops/shared/browser.js';
import { collectPersonalData, earnerJson } from '../ops/shared/personal-data.js';
import { systemClock } from '../platform/clock.js';
import { enqueueLink } from '../queue/enqueue.js';
import { createAccess } from './access.js';
import { createParcours } from './app.js';
import { readParcours } from './progress.js';

/** The earner's own pages over a connection that stays the caller's. */
export function wireParcours(
  reading: Parameters<typeof collectPersonalData>[0],
  parcours: ParcoursConfig,
): RequestHandler {
  const { redis, prefix, vault, scheme, meter, journal, log } = reading;
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
