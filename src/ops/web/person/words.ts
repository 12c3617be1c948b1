import type { Localized } from '../../shared/words.js';

export const PERSON = {
  title: { fr: 'Personne', en: 'Person' },
  search: { fr: 'Chercher une personne', en: 'Look for a person' },
  searchHelp: {
    fr: 'Adresse électronique, ou clé de 22 caractères. L’adresse n’apparaît ni dans celle de la page, ni dans les journaux.',
    en: 'E-mail address, or key of 22 characters. The address stands neither in that of the page nor in logs.',
  },
  searchLabel: { fr: 'Adresse de la personne', en: 'Address of the person' },
  searchButton: { fr: 'Chercher', en: 'Search' },
  notTyped: {
    fr: 'Ce n’est ni une adresse électronique, ni une clé de 22 caractères.',
    en: 'This is neither an e-mail address nor a key of 22 characters.',
  },
  another: { fr: 'Chercher une autre personne', en: 'Look for somebody else' },
  unknown: {
    fr: 'Personne inconnue : Palier ne garde rien à cette adresse.',
    en: 'Nobody is known: Palier holds nothing for this address.',
  },
  unknownWhy: {
    fr: 'Vérifiez l’adresse. Un badge délivré à l’instant peut mettre quelques minutes à être lu.',
    en: 'Check the address. A badge that was issued just now may take some minutes to be read.',
  },
  erasedOn: { fr: 'Tout a été effacé le', en: 'Everything was erased on' },
  erasing: {
    fr: 'L’effacement de cette personne a commencé et n’est pas terminé : effacez-la à nouveau pour l’achever.',
    en: 'The erasure of this person has begun and has not ended: erase them again to end it.',
  },
  paused: {
    fr: 'Les envois sont suspendus : rien n’est délivré avant qu’ils ne soient relancés, à l’accueil.',
    en: 'Issuing is paused: nothing is given until it is resumed, on the first page.',
  },
  evaluation: {
    waits: {
      fr: 'Une réévaluation est en cours : rechargez la page dans un instant.',
      en: 'An evaluation is under way: load the page again in a moment.',
    },
    failed: {
      fr: 'La dernière réévaluation a échoué : voyez la page Échecs.',
      en: 'The last evaluation failed: see the page Failures.',
    },
  },

  grid: { fr: 'Où en est la personne', en: 'Where the person stands' },
  gridCaption: {
    fr: 'Badges Région, par compétence et niveau',
    en: 'Awards, by competency and level',
  },
  competency: { fr: 'Compétence', en: 'Competency' },
  level: (level: number): Localized => ({ fr: `Niveau ${level}`, en: `Level ${level}` }),
  noLevel: { fr: 'aucun badge Région', en: 'no award' },
  noAward: { fr: 'Aucun badge Région au barème.', en: 'No award in the scheme.' },
  others: { fr: 'Autres badges Région', en: 'Other awards' },
  award: { fr: 'Badge Région', en: 'Award' },
  state: { fr: 'État', en: 'State' },

  why: { fr: 'Pourquoi, badge par badge', en: 'Why, award by award' },
  leftOut: { fr: 'Badges qui ne comptent pour aucun badge Région', en: 'Badges that count for no award' },

  timeline: { fr: 'Historique', en: 'History' },
  timelineCaption: {
    fr: 'Ce qui a été décidé et fait, du plus récent au plus ancien',
    en: 'What was decided and done, the newest first',
  },
  timelineMore: {
    fr: 'Seuls les 100 faits les plus récents sont montrés ; l’export les contient tous.',
    en: 'Only the latest 100 are shown; the export has all of them.',
  },
  when: { fr: 'Quand', en: 'When' },
  what: { fr: 'Ce qui s’est passé', en: 'What happened' },
  because: { fr: 'Pourquoi', en: 'Why' },
  details: { fr: 'Références', en: 'References' },
  event: { fr: 'événement OBF', en: 'OBF event' },
  version: { fr: 'barème', en: 'scheme' },
  noHistory: { fr: 'Rien n’a encore été décidé.', en: 'Nothing was decided yet.' },

  addresses: { fr: 'Adresses', en: 'Addresses' },
  addressesCaption: {
    fr: 'Adresses de cette personne, masquées',
    en: 'Addresses of this person, masked',
  },
  addressesShown: { fr: 'Adresses de cette personne', en: 'Addresses of this person' },
  address: { fr: 'Adresse', en: 'Address' },
  name: { fr: 'Nom', en: 'Name' },
  key: { fr: 'Clé', en: 'Key' },
  role: { fr: 'Rôle', en: 'Role' },
  own: { fr: 'principale', en: 'main' },
  linked: { fr: 'liée', en: 'linked' },
  notKept: { fr: 'non conservée', en: 'not kept' },
} as const;
