import type { Localized } from '../../shared/words.js';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { numberWords } from '../parts/told.js';
import { jobsWords } from './words.js';

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
    fr: `${numberWords(looked, 'fr')} sur ${jobsWords(all).fr}`,
    en: `${numberWords(looked, 'en')} of ${jobsWords(all).en}`,
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
  none: { fr: 'Aucun.', en: 'None.' },
} as const;

/** What was done, on the page that follows. */
export function outcomeWords(replay: Replay): Localized {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  const some = [jobsWords(sent), jobsWords(gone), jobsWords(left)];
  const [s, g, l] = some.map(({ fr }) => fr);
  const [es, eg, el] = some.map(({ en }) => en);
  const fr = [
    `${s} ${sent < 2 ? 'renvoyé, avec toutes ses tentatives' : 'renvoyés, avec toutes leurs tentatives'}.`,
    ...(gone === 0 ? [] : [`${g} : déjà repartis entre-temps.`]),
    ...(left === 0 ? [] : [`${l} : impossible à renvoyer, restés en échec.`]),
    ...(isBroken ? ['Puis le renvoi a été interrompu : redemandez-le.'] : []),
  ];
  const en = [
    `${es} sent back, with the full attempts.`,
    ...(gone === 0 ? [] : [`${eg}: gone already.`]),
    ...(left === 0 ? [] : [`${el}: could not be sent, still failed.`]),
    ...(isBroken ? ['Then sending was broken off: ask for it again.'] : []),
  ];
  return { fr: fr.join(' '), en: en.join(' ') };
}
