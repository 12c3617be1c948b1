import { sentIn, type Replay } from '../../../queue/replay.js';
import type { Localized } from '../../shared/words.js';
import { countWords, numberIn } from '../parts/text.js';

/** How often a page that moves is loaded again, seconds. */
export const EVERY_S = 3;

/** `12 travaux`. */
export const jobsWords = (n: number): Localized =>
  countWords(n, { fr: 'travail', en: 'job' }, { fr: 'travaux', en: 'jobs' });

export const FAILURES = {
  title: { fr: 'Échecs', en: 'Failures' },
  intro: {
    fr: 'Palier recommence de lui-même pendant un jour. Ce qui est ici ne repartira que si vous le renvoyez, une fois la cause réglée.',
    en: 'Palier tries again by itself for a day. What stands here starts again only when you send it, once its cause is mended.',
  },
  none: { fr: 'Rien n’est en échec.', en: 'Nothing stands in failed.' },
  caption: { fr: 'Travaux en échec, par cause', en: 'Failed jobs, by reason' },
  reason: { fr: 'Cause', en: 'Reason' },
  next: { fr: 'Que faire', en: 'What to do' },
  count: { fr: 'Combien', en: 'How many' },
  queue: { fr: 'File', en: 'Queue' },
  first: { fr: 'Depuis', en: 'Since' },
  last: { fr: 'Le dernier', en: 'The last one' },
  /** Below the groups: they are made of the newest. */
  more: (n: number): Localized => ({
    fr: `et ${numberIn(n, 'fr')} de plus, ${n < 2 ? 'plus ancien, qui n’est pas rangé' : 'plus anciens, qui ne sont pas rangés'} par cause ici ; un renvoi ${n < 2 ? 'le' : 'les'} prend aussi.`,
    en: `and ${numberIn(n, 'en')} more, older, not sorted by reason here; sending again takes them as well.`,
  }),
  reload: { fr: 'Recharger', en: 'Load again' },
  still: {
    fr: `Cette page se recharge toutes les ${EVERY_S} secondes.`,
    en: `This page is loaded again every ${EVERY_S} seconds.`,
  },
  stop: { fr: 'Ne plus la recharger', en: 'Load it no more' },
  expert: { fr: 'Voir les files en détail (experts)', en: 'See the queues in detail (experts)' },
  back: { fr: 'Revenir aux échecs', en: 'Back to the failures' },
} as const;

export const GROUP = {
  caption: { fr: 'Travaux en échec, le plus récent d’abord', en: 'Failed jobs, the newest first' },
  what: { fr: 'Ce qui était à faire', en: 'What was to be done' },
  whom: { fr: 'Personne', en: 'Person' },
  person: { fr: 'Voir la personne', en: 'See the person' },
  failed: { fr: 'Échoué le', en: 'Failed on' },
  attempts: { fr: 'Tentatives', en: 'Attempts' },
  empty: { fr: 'Ceux de cette page ne sont plus en échec.', en: 'Those of this page are failed no more.' },
  first: { fr: 'Le premier', en: 'The first one' },
  older: (more: number): Localized => ({
    fr: `Parmi ${jobsWords(more).fr} en échec de plus, plus ${more < 2 ? 'ancien' : 'anciens'}, certains ont peut-être la même cause ; un renvoi les prend tous.`,
    en: `Among ${numberIn(more, 'en')} more failed, older, some may have the same reason; sending again takes them all.`,
  }),
  where: (from: number, to: number, of: number): Localized => ({
    fr: `${numberIn(from, 'fr')} à ${numberIn(to, 'fr')} sur ${numberIn(of, 'fr')}`,
    en: `${numberIn(from, 'en')} to ${numberIn(to, 'en')} of ${numberIn(of, 'en')}`,
  }),
} as const;

export const JOB = {
  title: { fr: 'Un travail en échec', en: 'A failed job' },
  gone: {
    fr: 'Ce travail n’est plus en échec : il a été renvoyé, ou supprimé.',
    en: 'This job is failed no more: it was sent again, or removed.',
  },
  made: { fr: 'Demandé le', en: 'Asked for on' },
  attempts: (made: number, max: number): Localized => ({ fr: `${made} sur ${max}`, en: `${made} of ${max}` }),
  id: { fr: 'Numéro', en: 'Number' },
  data: { fr: 'Contenu', en: 'Content' },
  dataCaption: { fr: 'Ce que contient le travail', en: 'What the job holds' },
  field: { fr: 'Champ', en: 'Field' },
  value: { fr: 'Valeur', en: 'Value' },
  hidden: { fr: '[masqué]', en: '[hidden]' },
  noData: { fr: 'Rien.', en: 'Nothing.' },
  technical: { fr: 'Détail technique', en: 'Technical detail' },
} as const;

export const REPLAY = {
  title: { fr: 'Renvoyer au travail', en: 'Send back to work' },
  one: { fr: 'Renvoyer ce travail', en: 'Send this job again' },
  all: { fr: 'Tout renvoyer', en: 'Send all again' },
  allOf: (n: number): Localized => ({
    fr: n < 2 ? 'Renvoyer ce travail' : `Renvoyer ces ${jobsWords(n).fr}`,
    en: n === 1 ? 'Send this job again' : `Send these ${jobsWords(n).en} again`,
  }),
  since: { fr: 'Échoués depuis le', en: 'Failed since' },
  sinceHelp: { fr: 'Sans date : tous.', en: 'Without a date: all.' },
  hour: { fr: 'À partir de', en: 'From' },
  hourHelp: { fr: 'Une heure, comme 14:30.', en: 'A time, like 14:30.' },
  prepare: { fr: 'Préparer le renvoi', en: 'Prepare' },
  badInstant: {
    fr: 'Cette date ou cette heure ne se lit pas : une heure s’écrit 14:30, et la date ne peut pas être à venir.',
    en: 'This date or time cannot be read: a time is written 14:30, and the date cannot lie ahead.',
  },
  nothingAsked: {
    fr: 'Rien n’a été choisi : rien n’a été renvoyé.',
    en: 'Nothing was chosen: nothing was sent.',
  },
  whichOne: { fr: 'Travail', en: 'Job' },
  which: { fr: 'Lesquels', en: 'Which' },
  whichAll: { fr: 'Tous les travaux en échec', en: 'All failed jobs' },
  whichSince: { fr: 'Tous ceux qui ont échoué depuis le', en: 'All that failed since' },
  count: { fr: 'Combien', en: 'How many' },
  older: { fr: ', et les plus anciens pour la même cause', en: ', and the older ones for the same reason' },
  happens: [
    {
      fr: 'Ce qui est renvoyé retrouve toutes ses tentatives.',
      en: 'What is sent again has its full attempts.',
    },
    {
      fr: 'Rien n’est délivré deux fois : Palier vérifie d’abord ce que la personne a déjà.',
      en: 'Nothing is given twice: Palier first looks at what the person has already.',
    },
    {
      fr: 'Ce qui échoue encore reviendra dans la liste.',
      en: 'What fails once more comes back to the list.',
    },
  ],
  mended: {
    fr: 'La cause est-elle réglée ? Sinon, l’échec se répétera.',
    en: 'Is the cause mended? If not, it fails again.',
  },
  confirm: { fr: 'Oui, renvoyer', en: 'Yes, send again' },
  cancel: { fr: 'Ne rien renvoyer', en: 'Send nothing' },
  oneSent: {
    fr: 'Le travail a été renvoyé, avec toutes ses tentatives.',
    en: 'The job was sent back to work, with its full attempts.',
  },
  oneGone: {
    fr: 'Ce travail n’était plus en échec : rien n’a été renvoyé.',
    en: 'This job was failed no more: nothing was sent.',
  },
  noneSent: {
    fr: 'Rien de tel n’était plus en échec : rien n’a été renvoyé.',
    en: 'Nothing of the kind was failed any more: nothing was sent.',
  },
} as const;

export const PROGRESS = {
  title: { fr: 'Renvoi au travail', en: 'Sending back to work' },
  asked: { fr: 'demandé', en: 'asked for' },
  underWay: { fr: 'en cours', en: 'under way' },
  broken: { fr: 'interrompu', en: 'broken off' },
  done: { fr: 'terminé', en: 'done' },
  bar: { fr: 'Regardés :', en: 'Looked at:' },
  of: (looked: number, all: number): Localized => ({
    fr: `${numberIn(looked, 'fr')} sur ${jobsWords(all).fr}`,
    en: `${numberIn(looked, 'en')} of ${jobsWords(all).en}`,
  }),
  state: { fr: 'État', en: 'State' },
  sent: { fr: 'Renvoyés', en: 'Sent back' },
  gone: { fr: 'Renvoyés entre-temps par quelqu’un d’autre', en: 'Sent meanwhile by somebody else' },
  left: { fr: 'Qui n’ont pas pu l’être, et restent en échec', en: 'That could not be, and stay failed' },
  by: { fr: 'Par', en: 'By' },
  started: { fr: 'Demandé le', en: 'Asked for on' },
  ended: { fr: 'Terminé le', en: 'Ended on' },
  waits: {
    fr: 'Vous pouvez quitter cette page : le renvoi commence dès qu’un processus « worker » est libre.',
    en: 'You may leave this page: sending begins as soon as a worker process is free.',
  },
  goesOn: {
    fr: 'Vous pouvez quitter cette page : le renvoi continue.',
    en: 'You may leave this page: sending goes on.',
  },
  recent: { fr: 'Derniers renvois', en: 'Recently sent again' },
} as const;

/** What was done, on the page that follows. */
export function outcomeWords(replay: Replay): Localized {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  const [s, g, l] = [jobsWords(sent), jobsWords(gone), jobsWords(left)];
  const fr = [
    `${s.fr} ${sent < 2 ? 'renvoyé, avec toutes ses tentatives' : 'renvoyés, avec toutes leurs tentatives'}.`,
    ...(gone === 0 ? [] : [`${g.fr} : déjà repartis entre-temps.`]),
    ...(left === 0 ? [] : [`${l.fr} : impossible à renvoyer, restés en échec.`]),
    ...(isBroken ? ['Puis le renvoi a été interrompu : redemandez-le.'] : []),
  ];
  const en = [
    `${s.en} sent back, with the full attempts.`,
    ...(gone === 0 ? [] : [`${g.en}: gone already.`]),
    ...(left === 0 ? [] : [`${l.en}: could not be sent, still failed.`]),
    ...(isBroken ? ['Then sending was broken off: ask for it again.'] : []),
  ];
  return { fr: fr.join(' '), en: en.join(' ') };
}
