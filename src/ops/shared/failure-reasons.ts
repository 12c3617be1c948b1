import { failureCause, type FailureKind } from '../../queue/failures.js';
import type { QueueName } from '../../queue/jobs.js';
import { labelled, type Localized, localized, say } from './words.js';

/** A kind of failure in words: what happened, and what to do. */
interface ReasonWords {
  readonly happened: Localized;
  readonly next: Localized;
}

const NOTHING_TO_DO = say`Il n’y a rien à faire : ce badge ne comptera pas pour cette personne.
  There is nothing to do: this badge will not count for this person.`;

const AGAIN = say`Quand OBF répond de nouveau, renvoyez.
  Once OBF answers again, send again.`;

/** By kind; `{who}` is the organisation's name. */
export const REASONS: Readonly<Record<FailureKind, ReasonWords>> = {
  // Of badges that Open Badge Passport told of, and that are read at their address.
  'attestation-autre': {
    happened: say`Le badge annoncé est celui d’une autre personne
      The badge of the notice is somebody else’s`,
    next: NOTHING_TO_DO,
  },
  'attestation-refusee': {
    happened: say`Le badge annoncé n’est pas un badge d’OBF, ou il est falsifié
      The badge of the notice is none of OBF’s, or it was tampered with`,
    next: NOTHING_TO_DO,
  },
  'attestation-absente': {
    happened: say`Le badge annoncé n’est pas à l’adresse donnée
      The badge of the notice is not at its address`,
    next: say`Renvoyez une fois. Si l’échec revient, le badge n’existe plus dans OBF, et il n’y a rien à faire.
      Send it again once. If it fails once more, the badge is gone from OBF, and there is nothing to do.`,
  },
  'attestation-illisible': {
    happened: say`Le badge annoncé ne peut pas être lu : sa forme est inconnue
      The badge of the notice cannot be read: its form is unknown`,
    next: say`Montrez un de ces échecs à qui exploite Palier : OBF a peut-être changé la forme des badges.
      Show one of these to those who run Palier: OBF may have changed the form of badges.`,
  },
  // What OBF said, or did not say.
  cle: {
    happened: say`OBF refuse la clé d’API de « {who} »
      OBF refuses the API key of "{who}"`,
    next: say`Faites mettre à Palier une clé valable (elle se crée dans OBF), redémarrez-le, puis renvoyez.
      Have a valid key (made in OBF) set in Palier, restart it, then send again.`,
  },
  'sans-cle': {
    happened: say`Palier n’a pas de clé d’API pour « {who} »
      Palier holds no API key of "{who}"`,
    next: say`Nommez la clé dans partners.yaml (secret_env), redémarrez Palier, puis renvoyez. Sans clé, les badges de cet organisme n’arrivent que par Open Badge Passport.
      Name the key in partners.yaml (secret_env), restart Palier, then send again. Without a key, their badges come by Open Badge Passport only.`,
  },
  'adresse-obf': {
    happened: say`L’adresse d’OBF n’est pas la bonne : ce n’est pas OBF qui a répondu
      OBF’s address is wrong: it was not OBF that answered`,
    next: say`Faites corriger OBF_BASE_URL, puis renvoyez.
      Have OBF_BASE_URL mended, then send again.`,
  },
  beneficiaire: {
    happened: say`OBF refuse un bénéficiaire
      OBF refuses a recipient`,
    next: say`Vérifiez l’adresse de la personne avec son organisme. Un renvoi ne suffit que si OBF a changé d’avis.
      Check the person’s address with their organisation. Sending again helps only if OBF has changed its mind.`,
  },
  retrait: {
    happened: { fr: 'OBF refuse de retirer un badge', en: 'OBF refuses to revoke a badge' },
    next: say`Regardez le badge dans OBF : il y est peut-être déjà retiré. Sinon, renvoyez.
      Look at the badge in OBF: it may be revoked already. If not, send again.`,
  },
  evenement: {
    happened: say`OBF ne connaît pas l’événement annoncé
      OBF does not know the event of the notice`,
    next: say`L’avis est peut-être venu trop tôt : renvoyez une fois. Sinon, l’organisme a supprimé l’événement, et il n’y a rien à faire.
      The notice may have come too early: send it again once. If not, the organisation removed the event, and there is nothing to do.`,
  },
  destinataires: {
    happened: say`OBF ne dit pas à qui un badge a été remis
      OBF does not tell whom a badge was given to`,
    next: say`Renvoyez une fois. Si l’échec revient, demandez à l’organisme si l’événement existe encore dans OBF.
      Send it again once. If it fails once more, ask the organisation whether the event still is in OBF.`,
  },
  compte: {
    happened: say`OBF refuse l’accès à un compte, bien que la clé soit bonne
      OBF refuses access to an account, though the key is good`,
    next: say`Vérifiez dans OBF l’abonnement et les droits de la clé, puis renvoyez.
      Check the subscription and the rights of the key in OBF, then send again.`,
  },
  'compte-region': {
    happened: say`Le compte OBF de la Région ne peut pas être lu
      The Région’s OBF account cannot be read`,
    next: say`Vérifiez la clé de la Région, puis renvoyez.
      Check the Région’s key, then send again.`,
  },
  'obf-absent': {
    happened: say`OBF n’a pas répondu, malgré de nombreuses tentatives
      OBF did not answer, though it was tried many times`,
    next: AGAIN,
  },
  'obf-doute': {
    happened: say`La réponse d’OBF s’est perdue : on ne sait pas s’il a délivré
      OBF’s answer was lost: whether it issued is not known`,
    next: say`Renvoyez : Palier regarde d’abord dans OBF, et ne délivre rien deux fois.
      Send again: Palier looks in OBF first, and gives nothing twice.`,
  },
  // What went wrong on our side.
  redis: {
    happened: say`Redis, la mémoire de Palier, n’a pas répondu ou était plein
      Redis, Palier’s memory, did not answer or was full`,
    next: say`Faites vérifier Redis (« npx palier check »), puis renvoyez.
      Have Redis checked ("npx palier check"), then send again.`,
  },
  'cle-palier': {
    happened: say`PALIER_KEY a changé : une adresse chiffrée avant ne peut plus être lue
      PALIER_KEY has changed: an address that was sealed before cannot be read any more`,
    next: say`Faites remettre l’ancienne PALIER_KEY, puis renvoyez.
      Have the former PALIER_KEY put back, then send again.`,
  },
  'obf-ligne': {
    happened: say`OBF montre une ligne illisible : un champ y manque. Les autres badges de la même liste sont enregistrés
      OBF shows a row that cannot be read: a field is missing. The other badges of that list are stored`,
    next: say`Signalez-la à l’organisme, ou au support d’OBF ; « npx palier stats » dit laquelle. Renvoyez quand c’est réparé.
      Report it to the partner, or to OBF’s support; "npx palier stats" says which. Send again once it is mended.`,
  },
  'obf-illisible': {
    happened: say`OBF a répondu sous une forme inconnue
      OBF answered in an unknown form`,
    next: say`Renvoyez une fois. Si l’échec revient, montrez-le à qui exploite Palier : OBF a peut-être changé.
      Send it again once. If it fails once more, show it to those who run Palier: OBF may have changed.`,
  },
  arret: {
    happened: say`Le travail a été interrompu trop souvent : son processus s’arrêtait
      The work was broken off too often: its process stopped`,
    next: say`Faites vérifier que les processus « worker » tournent sans redémarrer, puis renvoyez.
      Have it checked that the worker processes run without restarting, then send again.`,
  },
  forme: {
    happened: say`Ce travail est écrit sous une forme que Palier ne connaît pas
      This work is written in a form that Palier does not know`,
    next: say`Il vient d’une autre version, ou d’une main : montrez-le à qui exploite Palier. Un renvoi n’y change rien.
      It comes from another version, or from a hand: show it to those who run Palier. Sending again changes nothing.`,
  },
  donnees: {
    happened: say`Ce que Palier a gardé d’une personne ne peut pas être lu
      What Palier kept of a person cannot be read`,
    next: say`Montrez un de ces échecs à qui exploite Palier.
      Show one of these to those who run Palier.`,
  },
};

const NEXT = say`Renvoyez une fois. Si l’échec revient, montrez ce texte à qui exploite Palier.
  Send it again once. If it fails once more, show this text to those who run Palier.`;

/** What has no words of its own: what it kept from happening. */
const OTHER: Readonly<Record<QueueName, Localized>> = {
  arrivals: say`Des annonces reçues n’ont pas pu être triées
    Notices that came in could not be sorted`,
  notices: { fr: 'Un avis n’a pas pu être lu', en: 'A notice could not be read' },
  earners: { fr: 'Une personne n’a pas pu être évaluée', en: 'A person could not be evaluated' },
  awards: { fr: 'Des badges n’ont pas pu être délivrés', en: 'Badges could not be given' },
  maintenance: { fr: 'Un travail d’entretien n’a pas abouti', en: 'A maintenance job could not be done' },
  mails: { fr: 'Un lien n’a pas pu être envoyé par e-mail', en: 'A link could not be sent by mail' },
};

/** Why jobs failed, for people; `key` is of `failureCause`. */
export interface Reason extends ReasonWords {
  readonly key: string;
}

/** So many different reasons that the rest is counted together. */
export const REST: Reason = {
  key: 'divers',
  happened: { fr: 'D’autres causes, trop diverses pour être distinguées', en: 'Other reasons' },
  next: say`Regardez-en quelques-uns, puis renvoyez tout depuis une date.
    Look at some of them, then send all again since a date.`,
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
  if (kind === null) return { key, happened: labelled(OTHER[queue], text === '' ? '?' : text), next: NEXT };
  const { happened, next } = REASONS[kind];
  const who = nameOf(client ?? '');
  return { key, happened: localized((lang) => happened[lang].replace('{who}', () => who)), next };
}
