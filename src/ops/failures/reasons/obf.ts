import type { ReasonTable } from './known.js';

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
  quota: {
    happened: () => ({
      fr: 'Le quota de badges de la Région est épuisé',
      en: 'The Région’s quota of badges is spent',
    }),
    next: {
      fr: 'Faites relever le quota dans l’abonnement OBF, puis renvoyez.',
      en: 'Have the quota of the OBF subscription raised, then send again.',
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
  'badge-region': {
    happened: () => ({
      fr: 'OBF ne connaît pas ce badge de la Région',
      en: 'OBF does not know this badge of the Région',
    }),
    next: {
      fr: 'Vérifiez dans OBF que le badge existe et n’est pas un brouillon, puis renvoyez.',
      en: 'Check in OBF that the badge is there and is no draft, then send again.',
    },
  },
  delivrance: {
    happened: () => ({ fr: 'OBF refuse de délivrer', en: 'OBF refuses to issue' }),
    next: {
      fr: 'Vérifiez l’abonnement et les droits de la clé de la Région dans OBF, puis renvoyez.',
      en: 'Check the subscription and the rights of the Région’s key in OBF, then send again.',
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
