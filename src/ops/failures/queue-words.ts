import type { QueueName } from '../../queue/names.js';
import type { Words } from '../cli/words.js';

/** What people call the queues: by the work that stands in them. */
export const QUEUE_WORDS: Readonly<Record<QueueName, Words>> = {
  arrivals: { fr: 'Arrivées', en: 'Arrivals' },
  notices: { fr: 'Avis', en: 'Notices' },
  earners: { fr: 'Évaluations', en: 'Evaluations' },
  awards: { fr: 'Délivrances', en: 'Awards' },
  maintenance: { fr: 'Entretien', en: 'Maintenance' },
};
