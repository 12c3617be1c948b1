import * as cast from './cast.js';
import { REGION } from './cast.js';
import { COMMUNIQUER, holds, say, third, type Scene } from './scene.js';

/** How often each client's events are read, in this story. */
export const POLL_EVERY_S = 10;

export const bastien: Scene = {
  ...COMMUNIQUER,
  title: 'Bastien : une réponse se perd',
  steps: [
    { fault: { route: 'POST issue', client: REGION.id, kind: 'reply-lost' } },
    say(
      'Bastien a lui aussi son troisième badge. Mais la connexion est coupée au mauvais moment : Open Badge ' +
        'Factory émet le badge de la Région, et sa réponse ne revient jamais.',
    ),
    ...third(cast.BASTIEN),
    say(
      "Émettre de nouveau, à l'aveugle, ferait deux badges. Palier attend, puis relira le compte de la Région ; " +
        "l'histoire y reviendra.",
    ),
  ],
};

export const chloe: Scene = {
  ...COMMUNIQUER,
  title: 'Chloé : quatre fois le même webhook',
  times: 4,
  steps: [
    say('Pour le troisième badge de Chloé, le même webhook arrive quatre fois au même moment.'),
    ...third(cast.CHLOE),
    say('Quatre webhooks, un seul badge de la Région.'),
  ],
};

export const jeanne: Scene = {
  ...COMMUNIQUER,
  title: 'Jeanne : le webhook qui ne vient pas',
  steps: [
    say(
      'Le webhook du troisième badge de Jeanne se perd en route. Mais Palier relit aussi, de lui-même, ce que ' +
        `chaque organisme a émis : toutes les ${POLL_EVERY_S} secondes ici, toutes les 5 minutes d'ordinaire.`,
    ),
    {
      issue: {
        partner: 'ATELIERS_COTENTIN',
        badge: 'ADC_ECOUTER',
        to: [{ email: cast.JEANNE.email, name: cast.JEANNE.name }],
        webhook: false,
      },
    },
    holds(cast.JEANNE, 'R_COMM_1'),
  ],
};

const COTENTIN_READ = { route: 'GET event', client: 'ATELIERS_COTENTIN' } as const;

export const elise: Scene = {
  ...COMMUNIQUER,
  title: 'Élise : Open Badge Factory en panne',
  steps: [
    { fault: { ...COTENTIN_READ, kind: 'status', status: 503, retry_after_s: 2, times: 2 } },
    say(
      "Au moment de lire le troisième badge d'Élise, Open Badge Factory répond 503, « revenez dans 2 secondes ». " +
        'Tout Palier patiente, puis reprend où il en était.',
    ),
    ...third(cast.ELISE),
  ],
};
