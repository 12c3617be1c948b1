import type { BadgeId, ClientId, EarnerKey } from '../../ids.js';
import {
  arrivalsJob,
  awardJob,
  earnerJob,
  maintenanceJob,
  noticeQueueJob,
  type MaintenanceJob,
} from '../../queue/jobs.js';
import type { QueueName } from '../../queue/names.js';
import type { Scheme } from '../../rules/types.js';
import type { Words } from '../cli/words.js';

/** What people call the queues: by the work that stands in them. */
export const QUEUE_WORDS: Readonly<Record<QueueName, Words>> = {
  arrivals: { fr: 'Arrivées', en: 'Arrivals' },
  notices: { fr: 'Avis', en: 'Notices' },
  earners: { fr: 'Évaluations', en: 'Evaluations' },
  awards: { fr: 'Délivrances', en: 'Awards' },
  maintenance: { fr: 'Entretien', en: 'Maintenance' },
};

/** What a job was to do, in words. */
export interface About {
  readonly words: Words;
  /** Whom it is about; null: nobody in particular. */
  readonly earner: EarnerKey | null;
}

export interface Names {
  readonly organisation: (client: string) => string;
  readonly award: (badgeId: BadgeId) => string;
}

/** How people call what ids stand for; an id that the scheme does not know stays. */
export const namesIn = (scheme: Scheme, region: ClientId): Names => ({
  organisation: (client) =>
    client === region
      ? 'Région'
      : (scheme.partners.find(({ clientId }) => clientId === client)?.name ?? client),
  award: (badgeId) => scheme.awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId,
});

const UNKNOWN: About = {
  words: { fr: 'Travail d’une forme inconnue', en: 'Work of an unknown form' },
  earner: null,
};

/** @param data what Redis holds of the job, which anybody may have written */
export function aboutJob(queue: QueueName, data: unknown, names: Names): About {
  if (queue === 'arrivals') return aboutArrivals(data);
  if (queue === 'notices') return aboutNotice(data, names);
  if (queue === 'awards') return aboutAward(data, names);
  if (queue === 'maintenance') return aboutMaintenance(data);
  const { data: job } = earnerJob.safeParse(data);
  if (job === undefined) return UNKNOWN;
  return { words: { fr: 'Évaluer une personne', en: 'Evaluate a person' }, earner: job.earner };
}

function aboutArrivals(data: unknown): About {
  const { data: job } = arrivalsJob.safeParse(data);
  if (job === undefined) return UNKNOWN;
  const count = job.arrivals.length;
  return nobody({
    fr: count > 1 ? `Trier ${count} avis reçus ensemble` : 'Trier un avis reçu',
    en: count > 1 ? `Sort ${count} notices that came in together` : 'Sort a notice that came in',
  });
}

function aboutNotice(data: unknown, { organisation }: Names): About {
  const { data: job } = noticeQueueJob.safeParse(data);
  switch (job?.kind) {
    case undefined:
      return UNKNOWN;
    case 'event':
      return nobody({
        fr: `Lire l’événement ${job.eventId} de « ${organisation(job.clientId)} »`,
        en: `Read event ${job.eventId} of "${organisation(job.clientId)}"`,
      });
    case 'credential':
      return {
        words: {
          fr: 'Lire un badge annoncé par Open Badge Passport',
          en: 'Read a badge that Open Badge Passport told of',
        },
        earner: job.earner,
      };
    case 'odd-row':
      return nobody({
        fr: `Lire une ligne illisible de « ${organisation(job.clientId)} »`,
        en: `Read a row that cannot be read of "${organisation(job.clientId)}"`,
      });
    case 'poll':
      return nobody({
        fr: `Relever le compte OBF de « ${organisation(job.clientId)} »`,
        en: `Look through the OBF account of "${organisation(job.clientId)}"`,
      });
  }
}

function aboutAward(data: unknown, { award }: Names): About {
  const { data: job } = awardJob.safeParse(data);
  if (job === undefined) return UNKNOWN;
  if (job.kind === 'batch')
    return nobody({ fr: `Délivrer « ${award(job.badgeId)} »`, en: `Give "${award(job.badgeId)}"` });
  if (job.kind === 'gather')
    return nobody({
      fr: `Rassembler les personnes à qui « ${award(job.badgeId)} » est dû`,
      en: `Gather the people who are due "${award(job.badgeId)}"`,
    });
  return {
    words: { fr: `Retirer « ${award(job.badgeId)} »`, en: `Take back "${award(job.badgeId)}"` },
    earner: job.earner,
  };
}

function aboutMaintenance(data: unknown): About {
  const { data: job } = maintenanceJob.safeParse(data);
  return job === undefined ? UNKNOWN : nobody(FOR_EVERYBODY[job.kind]);
}

const FOR_EVERYBODY: Readonly<Record<MaintenanceJob['kind'], Words>> = {
  sweep: { fr: 'Vérifier que rien n’attend en vain', en: 'Look whether anything waits in vain' },
  clean: { fr: 'Supprimer les vieux échecs', en: 'Remove old failures' },
  purge: { fr: 'Effacer les personnes gardées trop longtemps', en: 'Erase people kept for too long' },
  plan: {
    fr: 'Calculer ce qu’un changement de barème donnerait',
    en: 'Work out what a change of the rules would give',
  },
  apply: { fr: 'Mettre un barème en vigueur', en: 'Put rules into force' },
  verify: { fr: 'Relire tous les comptes OBF', en: 'Read all OBF accounts again' },
  replay: { fr: 'Renvoyer au travail ce qui a échoué', en: 'Send what failed back to work' },
  census: { fr: 'Compter les personnes à un badge près', en: 'Count people who are one badge away' },
};

const nobody = (words: Words): About => ({ words, earner: null });
