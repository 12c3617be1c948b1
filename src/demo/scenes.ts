import type { Fault } from '../sandbox/exchange.js';

/** The people of the story by their first names. All are invented. */
const GROUP = ['Amina', 'Bastien', 'Chloé', 'Driss', 'Élise', 'Farid', 'Gaëlle', 'Hugo', 'Jeanne'];
const ABSENT = 'Tom';
/** The nineteen who are there on both days. */
const PRESENT = (
  'Adèle Baptiste Camille Diego Emma Félix Grace Hana Ibrahim Jade ' +
  'Kévin Léa Mehdi Nina Oscar Paul Rania Salomé Yanis'
).split(' ');

export const emailOf = (name: string): string =>
  `${name
    .normalize('NFD')
    .replaceAll(/\P{ASCII}/gu, '')
    .toLowerCase()}@example.org`;

const names = new Map([...GROUP, ...PRESENT, ABSENT, 'Inès'].map((name) => [emailOf(name), name]));

/** Returns the person's name in the story. */
export const nameOf = (email: string): string => names.get(email) ?? email;

/** The Région's own client of Open Badge Factory. */
export const REGION = { id: 'REGION', name: 'Région (démonstration)' } as const;

/** An issuer in Open Badge Factory that takes no part in the scheme. */
export const STRANGER = {
  id: 'PHOTO_CLUB',
  name: 'Photo-club de la Risle',
  badge: { badgeId: 'PHC_ANIMER', name: 'Animer une soirée' },
} as const;

/** Names of people, by badge of the Région. */
export type ExpectedAwards = Readonly<Record<string, readonly string[]>>;

/** The awards that Palier must issue, each once, and no others. */
export const AWARDED: ExpectedAwards = {
  R_COMM_1: ['Amina', 'Bastien', 'Chloé', 'Driss', 'Élise', 'Jeanne'],
  R_ORGA_1: PRESENT,
  R_COMM_2: ['Inès'],
  R_GENERAL: ['Inès'],
};

/** The people who come close and must not receive the award. */
export const NOT_AWARDED: ExpectedAwards = { R_COMM_1: ['Farid', 'Gaëlle', 'Hugo'], R_ORGA_1: [ABSENT] };

/** Badges that the Région issued to Inès by hand before the story, in June of the year before. */
export const GIVEN_BEFORE = ['R_COMM_1', 'R_ORGA_2', 'R_ADAP_2'];
export const givenBeforeOnS = (nowMs: number): number =>
  Date.UTC(new Date(nowMs).getUTCFullYear() - 1, 5, 17) / 1000;

/** How often each client's events are read, in this story. */
export const POLL_EVERY_S = 10;

/** What a scene can do, one after the other. */
export interface Acts {
  readonly say: (text: string) => Promise<void>;
  /** Issues one badge to all of them, as one event, and sends its notice. */
  readonly give: (
    partner: string,
    badge: string,
    people: readonly string[],
    how?: GiveOptions,
  ) => Promise<void>;
  readonly revoke: (partner: string, badge: string, from: string) => Promise<void>;
  readonly fault: (fault: Fault) => void;
  /** Waits until the Région has issued it. */
  readonly holds: (person: string, badge: string) => Promise<void>;
}

interface GiveOptions {
  readonly issuedOnS?: number;
  readonly expiresOnS?: number;
  /** False: no notice. Default: true. */
  readonly webhook?: boolean;
}

export interface Scene {
  readonly title: string;
  /** The Région's badge that people work towards. */
  readonly toward: string;
  /** How often each notice is sent, at the same moment. */
  readonly times?: number;
  readonly play: (acts: Acts) => Promise<void>;
}

/** Gives the third badge towards Communiquer, and waits for the Région's. */
async function giveThird({ give, holds }: Acts, person: string): Promise<void> {
  await give('ATELIERS_COTENTIN', 'ADC_ECOUTER', [person]);
  await holds(person, 'R_COMM_1');
}

const day = (date: string): number => Date.parse(date) / 1000;

export const SCENES: readonly Scene[] = [
  {
    title: 'Deux ateliers, neuf personnes',
    toward: 'R_COMM_1',
    async play({ say, give }) {
      await say(
        "La Région remet « Communiquer : je pratique » à qui a réuni 3 badges, reçus d'au moins 2 organismes. " +
          'Amina, Bastien, Chloé, Driss, Élise, Farid, Gaëlle, Hugo et Jeanne suivent un atelier à la Mission locale des ' +
          'Trois Vallées, qui leur remet « Prendre la parole en groupe ».',
      );
      await give('ML_TROIS_VALLEES', 'ML_PAROLE', GROUP);
      await say('Puis le CFA des Métiers du Bocage leur remet « Écrire à un client ».');
      await give('CFA_BOCAGE', 'CFA_ECRIRE', GROUP);
      await say('Deux badges sur trois : rien ne part.');
    },
  },
  {
    title: 'Amina : le troisième badge',
    toward: 'R_COMM_1',
    async play(acts) {
      await acts.say(
        "Les Ateliers du Cotentin remettent « Écouter et reformuler » à Amina : c'est son troisième badge.",
      );
      await giveThird(acts, 'Amina');
      await acts.say("À la Région, personne n'a rien eu à faire.");
    },
  },
  {
    title: 'Bastien : une réponse se perd',
    toward: 'R_COMM_1',
    async play(acts) {
      acts.fault({ route: 'POST issue', clientId: REGION.id, kind: 'reply-lost' });
      await acts.say(
        'Bastien a lui aussi son troisième badge. Mais la connexion est coupée au mauvais moment : Open Badge ' +
          'Factory émet le badge de la Région, et sa réponse ne revient jamais.',
      );
      await giveThird(acts, 'Bastien');
      await acts.say(
        "Émettre de nouveau, à l'aveugle, ferait deux badges. Palier attend, puis relira le compte de la Région ; " +
          "l'histoire y reviendra.",
      );
    },
  },
  {
    title: 'Chloé : quatre fois le même webhook',
    toward: 'R_COMM_1',
    times: 4,
    async play(acts) {
      await acts.say('Pour le troisième badge de Chloé, le même webhook arrive quatre fois au même moment.');
      await giveThird(acts, 'Chloé');
      await acts.say('Quatre webhooks, un seul badge de la Région.');
    },
  },
  {
    title: 'Jeanne : le webhook qui ne vient pas',
    toward: 'R_COMM_1',
    async play({ say, give, holds }) {
      await say(
        'Le webhook du troisième badge de Jeanne se perd en route. Mais Palier relit aussi, de lui-même, ce que ' +
          `chaque organisme a émis : toutes les ${POLL_EVERY_S} secondes ici, toutes les 5 minutes d'ordinaire.`,
      );
      await give('ATELIERS_COTENTIN', 'ADC_ECOUTER', ['Jeanne'], { webhook: false });
      await holds('Jeanne', 'R_COMM_1');
    },
  },
  {
    title: "Driss : un organisme sans clé d'API",
    toward: 'R_COMM_1',
    async play({ say, give, holds }) {
      await say(
        "La Fabrique d'Albâtre n'a pas confié de clé d'API à la Région. Open Badge Factory envoie à Palier " +
          "l'adresse du badge de Driss ; Palier va l'y lire et vérifie de qui il vient, et qu'il est bien à Driss.",
      );
      await give('FABRIQUE_ALBATRE', 'FAB_RACONTER', ['Driss']);
      await holds('Driss', 'R_COMM_1');
    },
  },
  {
    title: 'Élise : Open Badge Factory en panne',
    toward: 'R_COMM_1',
    async play(acts) {
      const read = { route: 'GET event', clientId: 'ATELIERS_COTENTIN' } as const;
      acts.fault({ ...read, kind: 'status', status: 503, retryAfterS: 2, times: 2 });
      await acts.say(
        "Au moment de lire le troisième badge d'Élise, Open Badge Factory répond 503, « revenez dans 2 secondes ». " +
          'Tout Palier patiente, puis reprend où il en était.',
      );
      await giveThird(acts, 'Élise');
    },
  },
  {
    title: 'Farid, Gaëlle et Hugo : ce qui ne compte pas',
    toward: 'R_COMM_1',
    async play({ say, give, revoke }) {
      await say(
        'La Mission locale retire à Farid un badge remis par erreur ; puis il reçoit un troisième badge.',
      );
      await revoke('ML_TROIS_VALLEES', 'ML_PAROLE', 'Farid');
      await give('ATELIERS_COTENTIN', 'ADC_ECOUTER', ['Farid']);
      await say('Le troisième badge de Gaëlle a déjà expiré.');
      const dates = { issuedOnS: day('2024-05-13'), expiresOnS: day('2025-05-13') };
      await give('ATELIERS_COTENTIN', 'ADC_ECOUTER', ['Gaëlle'], dates);
      await say(`Celui de Hugo vient du ${STRANGER.name}, qui ne participe pas.`);
      await give(STRANGER.id, STRANGER.badge.badgeId, ['Hugo']);
      await say('Tous trois restent à deux badges sur trois.');
    },
  },
  {
    title: 'Une classe de vingt',
    toward: 'R_ORGA_1',
    async play({ say, give, holds }) {
      await say(
        "« Organiser : je pratique » demande 2 badges. Au CFA, les vingt apprentis reçoivent « À l'heure ».",
      );
      await give('CFA_BOCAGE', 'CFA_HORAIRES', [...PRESENT, ABSENT]);
      await say(`Le lendemain, ${ABSENT} est absent : les dix-neuf autres reçoivent « Tenir son atelier ».`);
      await give('CFA_BOCAGE', 'CFA_ATELIER', PRESENT);
      for (const one of PRESENT) await holds(one, 'R_ORGA_1');
      await say(`${ABSENT} n'en a qu'un sur deux ; avec le second, il aura le sien.`);
    },
  },
  {
    title: 'Inès : un badge en appelle un autre',
    toward: 'R_COMM_2',
    async play({ say, give, holds }) {
      await say(
        "L'an dernier, la Région a remis trois badges à Inès, à la main : elle pratique Communiquer, et maîtrise " +
          "Organiser et S'adapter. Palier l'a lu dans le compte de la Région.",
      );
      await give('ATELIERS_COTENTIN', 'ADC_TRANSMETTRE', ['Inès']);
      await give('ATELIERS_COTENTIN', 'ADC_DISCOURS', ['Inès']);
      await holds('Inès', 'R_COMM_2');
      await holds('Inès', 'R_GENERAL');
      await say(
        "Communiquer est la troisième compétence qu'elle maîtrise : le badge général a suivi de lui-même.",
      );
    },
  },
];
