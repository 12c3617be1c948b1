import { failureCause, type FailureKind } from '../../queue/failures.js';
import type { QueueName } from '../../queue/jobs.js';
import type { Localized } from './words.js';

/** A kind of failure in words. */
export interface KnownReason {
  /** @param who the organisation's name, where the reason tells of one */
  readonly happened: (who: string) => Localized;
  readonly next: Localized;
}

export type ReasonTable = Readonly<Record<string, KnownReason>>;

const NOTHING_TO_DO = {
  fr: 'Il n’y a rien à faire : ce badge ne comptera pas pour cette personne.',
  en: 'There is nothing to do: this badge will not count for this person.',
} as const;

/** Of badges that Open Badge Passport told of, and that are read at their address. */
export const CREDENTIAL_REASONS = {
  'attestation-autre': {
    happened: () => ({
      fr: 'Le badge annoncé est celui d’une autre personne',
      en: 'The badge of the notice is somebody else’s',
    }),
    next: NOTHING_TO_DO,
  },
  'attestation-refusee': {
    happened: () => ({
      fr: 'Le badge annoncé n’est pas un badge d’OBF, ou il est falsifié',
      en: 'The badge of the notice is none of OBF’s, or it was tampered with',
    }),
    next: NOTHING_TO_DO,
  },
  'attestation-absente': {
    happened: () => ({
      fr: 'Le badge annoncé n’est pas à l’adresse donnée',
      en: 'The badge of the notice is not at its address',
    }),
    next: {
      fr: 'Renvoyez une fois. Si l’échec revient, le badge n’existe plus dans OBF, et il n’y a rien à faire.',
      en: 'Send it again once. If it fails once more, the badge is gone from OBF, and there is nothing to do.',
    },
  },
  'attestation-illisible': {
    happened: () => ({
      fr: 'Le badge annoncé ne peut pas être lu : sa forme est inconnue',
      en: 'The badge of the notice cannot be read: its form is unknown',
    }),
    next: {
      fr: 'Montrez un de ces échecs à qui exploite Palier : OBF a peut-être changé la forme des badges.',
      en: 'Show one of these to whoever runs Palier: OBF may have changed the form of badges.',
    },
  },
} as const satisfies ReasonTable;

const AGAIN = {
  fr: 'Quand OBF répond de nouveau, renvoyez.',
  en: 'Once OBF answers again, send again.',
} as const;

/** What OBF said, or did not say. */
export const OBF_REASONS = {
  cle: {
    happened: (who) => ({
      fr: `OBF refuse la clé d’API de « ${who} »`,
      en: `OBF refuses the API key of "${who}"`,
    }),
    next: {
      fr: 'Faites mettre à Palier une clé valable (elle se crée dans OBF), redémarrez-le, puis renvoyez.',
      en: 'Have a valid key (made in OBF) set in Palier, restart it, then send again.',
    },
  },
  'sans-cle': {
    happened: (who) => ({
      fr: `Palier n’a pas de clé d’API pour « ${who} »`,
      en: `Palier holds no API key of "${who}"`,
    }),
    next: {
      fr: 'Nommez la clé dans partners.yaml (secret_env), redémarrez Palier, puis renvoyez. Sans clé, les badges de cet organisme n’arrivent que par Open Badge Passport.',
      en: 'Name the key in partners.yaml (secret_env), restart Palier, then send again. Without a key, their badges come by Open Badge Passport only.',
    },
  },
  'adresse-obf': {
    happened: () => ({
      fr: 'L’adresse d’OBF n’est pas la bonne : ce n’est pas OBF qui a répondu',
      en: 'OBF’s address is wrong: it was not OBF that answered',
    }),
    next: {
      fr: 'Faites corriger OBF_BASE_URL, puis renvoyez.',
      en: 'Have OBF_BASE_URL mended, then send again.',
    },
  },
  beneficiaire: {
    happened: () => ({
      fr: 'OBF refuse un bénéficiaire',
      en: 'OBF refuses a recipient',
    }),
    next: {
      fr: 'Vérifiez l’adresse de la personne avec son organisme. Un renvoi ne suffit que si OBF a changé d’avis.',
      en: 'Check the person’s address with their organisation. Sending again helps only if OBF has changed its mind.',
    },
  },
  retrait: {
    happened: () => ({ fr: 'OBF refuse de retirer un badge', en: 'OBF refuses to revoke a badge' }),
    next: {
      fr: 'Regardez le badge dans OBF : il y est peut-être déjà retiré. Sinon, renvoyez.',
      en: 'Look at the badge in OBF: it may be revoked already. If not, send again.',
    },
  },
  evenement: {
    happened: () => ({
      fr: 'OBF ne connaît pas l’événement annoncé',
      en: 'OBF does not know the event of the notice',
    }),
    next: {
      fr: 'L’avis est peut-être venu trop tôt : renvoyez une fois. Sinon, l’organisme a supprimé l’événement, et il n’y a rien à faire.',
      en: 'The notice may have come too early: send it again once. If not, the organisation removed the event, and there is nothing to do.',
    },
  },
  destinataires: {
    happened: () => ({
      fr: 'OBF ne dit pas à qui un badge a été remis',
      en: 'OBF does not tell whom a badge was given to',
    }),
    next: {
      fr: 'Renvoyez une fois. Si l’échec revient, demandez à l’organisme si l’événement existe encore dans OBF.',
      en: 'Send it again once. If it fails once more, ask the organisation whether the event still is in OBF.',
    },
  },
  compte: {
    happened: () => ({
      fr: 'OBF refuse l’accès à un compte, bien que la clé soit bonne',
      en: 'OBF refuses access to an account, though the key is good',
    }),
    next: {
      fr: 'Vérifiez dans OBF l’abonnement et les droits de la clé, puis renvoyez.',
      en: 'Check the subscription and the rights of the key in OBF, then send again.',
    },
  },
  'compte-region': {
    happened: () => ({
      fr: 'Le compte OBF de la Région ne peut pas être lu',
      en: 'The Région’s OBF account cannot be read',
    }),
    next: {
      fr: 'Vérifiez la clé de la Région, puis renvoyez.',
      en: 'Check the Région’s key, then send again.',
    },
  },
  'obf-absent': {
    happened: () => ({
      fr: 'OBF n’a pas répondu, malgré de nombreuses tentatives',
      en: 'OBF did not answer, though it was tried many times',
    }),
    next: AGAIN,
  },
  'obf-doute': {
    happened: () => ({
      fr: 'La réponse d’OBF s’est perdue : on ne sait pas s’il a délivré',
      en: 'OBF’s answer was lost: whether it issued is not known',
    }),
    next: {
      fr: 'Renvoyez : Palier regarde d’abord dans OBF, et ne délivre rien deux fois.',
      en: 'Send again: Palier looks in OBF first, and gives nothing twice.',
    },
  },
} as const satisfies ReasonTable;

/** What went wrong on our side. */
export const PALIER_REASONS = {
  redis: {
    happened: () => ({
      fr: 'Redis, la mémoire de Palier, n’a pas répondu ou était plein',
      en: 'Redis, Palier’s memory, did not answer or was full',
    }),
    next: {
      fr: 'Faites vérifier Redis (« npx palier check »), puis renvoyez.',
      en: 'Have Redis checked ("npx palier check"), then send again.',
    },
  },
  'cle-palier': {
    happened: () => ({
      fr: 'PALIER_KEY a changé : une adresse chiffrée avant ne peut plus être lue',
      en: 'PALIER_KEY has changed: an address that was sealed before cannot be read any more',
    }),
    next: {
      fr: 'Faites remettre l’ancienne PALIER_KEY, puis renvoyez.',
      en: 'Have the former PALIER_KEY put back, then send again.',
    },
  },
  'obf-ligne': {
    happened: () => ({
      fr: 'OBF montre une ligne illisible : un champ y manque. Les autres badges de la même liste sont enregistrés',
      en: 'OBF shows a row that cannot be read: a field is missing. The other badges of that list are stored',
    }),
    next: {
      fr: 'Signalez-la à l’organisme, ou au support d’OBF ; « npx palier stats » dit laquelle. Renvoyez quand c’est réparé.',
      en: 'Report it to the partner, or to OBF’s support; "npx palier stats" says which. Send again once it is mended.',
    },
  },
  'obf-illisible': {
    happened: () => ({
      fr: 'OBF a répondu sous une forme inconnue',
      en: 'OBF answered in an unknown form',
    }),
    next: {
      fr: 'Renvoyez une fois. Si l’échec revient, montrez-le à qui exploite Palier : OBF a peut-être changé.',
      en: 'Send it again once. If it fails once more, show it to whoever runs Palier: OBF may have changed.',
    },
  },
  arret: {
    happened: () => ({
      fr: 'Le travail a été interrompu trop souvent : son processus s’arrêtait',
      en: 'The work was broken off too often: its process stopped',
    }),
    next: {
      fr: 'Faites vérifier que les processus « worker » tournent sans redémarrer, puis renvoyez.',
      en: 'Have it checked that the worker processes run without restarting, then send again.',
    },
  },
  forme: {
    happened: () => ({
      fr: 'Ce travail est écrit sous une forme que Palier ne connaît pas',
      en: 'This work is written in a form that Palier does not know',
    }),
    next: {
      fr: 'Il vient d’une autre version, ou d’une main : montrez-le à qui exploite Palier. Un renvoi n’y change rien.',
      en: 'It comes from another version, or from a hand: show it to whoever runs Palier. Sending again changes nothing.',
    },
  },
  donnees: {
    happened: () => ({
      fr: 'Ce que Palier a gardé d’une personne ne peut pas être lu',
      en: 'What Palier kept of a person cannot be read',
    }),
    next: {
      fr: 'Montrez un de ces échecs à qui exploite Palier.',
      en: 'Show one of these to whoever runs Palier.',
    },
  },
} as const satisfies ReasonTable;

const NEXT: Localized = {
  fr: 'Renvoyez une fois. Si l’échec revient, montrez ce texte à qui exploite Palier.',
  en: 'Send it again once. If it fails once more, show this text to whoever runs Palier.',
};

/** What has no words of its own: what it kept from happening, and what to do all the same. */
export const OTHER: Readonly<Record<QueueName, { readonly happened: Localized; readonly next: Localized }>> =
  {
    arrivals: {
      happened: {
        fr: 'Des annonces reçues n’ont pas pu être triées',
        en: 'Notices that came in could not be sorted',
      },
      next: NEXT,
    },
    notices: {
      happened: { fr: 'Un avis n’a pas pu être lu', en: 'A notice could not be read' },
      next: NEXT,
    },
    earners: {
      happened: { fr: 'Une personne n’a pas pu être évaluée', en: 'A person could not be evaluated' },
      next: NEXT,
    },
    awards: {
      happened: { fr: 'Des badges n’ont pas pu être délivrés', en: 'Badges could not be given' },
      next: NEXT,
    },
    maintenance: {
      happened: { fr: 'Un travail d’entretien n’a pas abouti', en: 'A maintenance job could not be done' },
      next: NEXT,
    },
    mails: {
      happened: { fr: 'Un lien n’a pas pu être envoyé par e-mail', en: 'A link could not be sent by mail' },
      next: NEXT,
    },
  };

/** So many different reasons that the rest is counted together. */
export const REST = {
  key: 'divers',
  happened: { fr: 'D’autres causes, trop diverses pour être distinguées', en: 'Other reasons' },
  next: {
    fr: 'Regardez-en quelques-uns, puis renvoyez tout depuis une date.',
    en: 'Look at some of them, then send all again since a date.',
  },
} as const;

/** Why jobs failed, for people; `key` is of `failureCause`. */
export interface Reason {
  readonly key: string;
  readonly happened: Localized;
  readonly next: Localized;
}

export const REASONS: Readonly<Record<FailureKind, KnownReason>> = {
  ...CREDENTIAL_REASONS,
  ...OBF_REASONS,
  ...PALIER_REASONS,
};

/**
 * Puts into words why a job failed. Pure.
 * @param failedReason what BullMQ kept of the last attempt
 * @param nameOf how people call an organisation
 */
export function reasonOf(
  failedReason: string,
  queue: QueueName,
  nameOf: (client: string) => string = (client) => client,
): Reason {
  const { key, kind, client, text } = failureCause(failedReason, queue);
  if (kind !== null) {
    const { happened, next } = REASONS[kind];
    return { key, happened: happened(nameOf(client ?? '')), next };
  }
  const { happened, next } = OTHER[queue];
  const told = text === '' ? '?' : text;
  return { key, happened: { fr: `${happened.fr} : ${told}`, en: `${happened.en}: ${told}` }, next };
}
