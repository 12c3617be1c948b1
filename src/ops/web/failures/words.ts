import { sentIn, type Replay } from '../../../queue/replay.js';
import { counted, plural } from '../words.js';

/** `12 travaux`. */
export const jobsWords = (n: number): string => counted(n, 'travail', 'travaux');

/** What a replay has done. */
export function outcomeWords(replay: Replay): string {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  const asNew = plural(
    sent,
    'renvoyé, avec toutes ses tentatives.',
    'renvoyés, avec toutes leurs tentatives.',
  );
  return [
    `${jobsWords(sent)} ${asNew}`,
    ...(gone === 0 ? [] : [`${jobsWords(gone)} : déjà repartis entre-temps.`]),
    ...(left === 0 ? [] : [`${jobsWords(left)} : impossible à renvoyer, restés en échec.`]),
    ...(isBroken ? ['Puis le renvoi a été interrompu : redemandez-le.'] : []),
  ].join(' ');
}
