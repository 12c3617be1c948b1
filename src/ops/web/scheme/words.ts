import type { Localized } from '../../shared/words.js';

export const SCHEME = {
  title: { fr: 'Barème', en: 'Scheme' },
  noneYet: {
    fr: 'Aucun barème n’est encore en vigueur : le premier démarrage d’un worker en met un.',
    en: 'No scheme is in force yet: the first start of a worker puts one there.',
  },
  same: {
    fr: 'Le barème des fichiers est en vigueur pour tout le monde.',
    en: 'The scheme of the files is in force for everybody.',
  },
  changed: {
    fr: 'Les fichiers ont changé. Les badges qui arrivent sont déjà jugés par eux ; les personnes déjà connues attendent la mise en vigueur. Depuis le',
    en: 'The files have changed. Badges that arrive are judged by them already; people known before wait until they are put into force. Since',
  },
  differsHere: {
    fr: 'Ce serveur de pages a démarré avec d’autres fichiers que les workers : ce sont ceux des workers qui comptent, et qui sont montrés ici. Un déploiement est sans doute en cours.',
    en: 'This web server was started with other files than the workers: those of the workers count, and are shown here. A deploy is probably under way.',
  },
  unfinished: {
    fr: 'Une mise en vigueur, commencée le',
    en: 'Putting the scheme into force, begun',
  },
  unfinishedNext: {
    fr: 'n’est pas terminée. Calculez le plan, puis mettez en vigueur à nouveau : rien n’est délivré deux fois.',
    en: 'has not ended. Make the plan, then put it into force again: nothing is given twice.',
  },
  inForce: { fr: 'Barème en vigueur', en: 'The scheme in force' },
  unreadable: {
    fr: 'Le barème en vigueur ne peut plus être lu par cette version de Palier.',
    en: 'The scheme in force can no longer be read by this version of Palier.',
  },
  files: { fr: 'Voici celui des fichiers.', en: 'This is that of the files.' },
  others: { fr: 'Autres badges Région', en: 'Other awards' },
  level: (level: number): Localized => ({ fr: `niveau ${level}`, en: `level ${level}` }),
  active: { fr: 'actif', en: 'active' },
  inactive: { fr: 'inactif : rien n’est délivré', en: 'switched off: nothing is issued' },
  released: { fr: 'nouvelle règle déjà en vigueur', en: 'new rule in force already' },
  asks: { fr: 'Demande :', en: 'Asks for:' },

  versions: { fr: 'Versions', en: 'Versions' },
  versionsCaption: {
    fr: 'Versions avec lesquelles Palier a démarré, de la plus récente à la plus ancienne',
    en: 'Versions that Palier was started with, the newest first',
  },
  version: { fr: 'Version', en: 'Version' },
  first: { fr: 'Premier démarrage', en: 'First started with' },
  state: { fr: 'État', en: 'State' },
  isInForce: { fr: 'en vigueur', en: 'in force' },
  isFiles: { fr: 'fichiers, attend la mise en vigueur', en: 'files, wait to be put into force' },
  isFormer: { fr: 'ancienne', en: 'former' },
  noVersion: { fr: 'Aucune version n’est encore connue.', en: 'No version is known yet.' },

  moving: {
    fr: 'Cette page se recharge seule toutes les 2 secondes.',
    en: 'This page is loaded again by itself every 2 seconds.',
  },
  still: { fr: 'Ne plus la recharger', en: 'Stop that' },
} as const;
