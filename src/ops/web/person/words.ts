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
  gridCaption: { fr: 'Badges Région, par compétence et niveau', en: 'Awards, by competency and level' },
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
  addressesCaption: { fr: 'Adresses de cette personne, masquées', en: 'Addresses of this person, masked' },
  addressesShown: { fr: 'Adresses de cette personne', en: 'Addresses of this person' },
  address: { fr: 'Adresse', en: 'Address' },
  name: { fr: 'Nom', en: 'Name' },
  key: { fr: 'Clé', en: 'Key' },
  role: { fr: 'Rôle', en: 'Role' },
  own: { fr: 'principale', en: 'main' },
  linked: { fr: 'liée', en: 'linked' },
  notKept: { fr: 'non conservée', en: 'not kept' },
} as const;

/** What can be done to a person, what it does, and what is said afterwards. */
export const DO = {
  title: { fr: 'Actions', en: 'Actions' },
  show: {
    label: { fr: 'Afficher l’adresse', en: 'Show the address' },
    help: { fr: 'Votre nom est noté dans les journaux.', en: 'Your name is written into the logs.' },
  },
  unblock: {
    label: (award: string): Localized => ({ fr: `Débloquer « ${award} »`, en: `Unblock "${award}"` }),
    confirm: {
      fr: 'Ce badge a été révoqué à la main dans OBF. Débloqué, il est délivré à nouveau dès que sa règle est remplie : tout de suite, si elle l’est. La personne reçoit un e-mail d’OBF.',
      en: 'This award was revoked by hand in OBF. Unblocked, it is given again as soon as its rule is met: at once, if it is. OBF sends the person an e-mail.',
    },
    done: {
      fr: 'Le blocage est levé. Le badge est délivré à nouveau dès que sa règle est remplie.',
      en: 'The block is lifted. The award is given again as soon as its rule is met.',
    },
    not: {
      fr: 'Ce badge n’était pas bloqué : rien n’a été changé.',
      en: 'This award was not blocked: nothing was changed.',
    },
  },
  evaluate: {
    label: { fr: 'Réévaluer', en: 'Evaluate again' },
    confirm: {
      fr: 'Palier relit ce qu’il sait de la personne et délivre ce qui lui est dû. Rien n’est donné deux fois.',
      en: 'Palier looks again at what it knows of the person, and gives what is due. Nothing is given twice.',
    },
    done: {
      fr: 'La réévaluation est demandée ; ce qui est dû part dans quelques instants.',
      en: 'The evaluation is asked for; what is due leaves in a few moments.',
    },
  },
  sendLink: {
    label: { fr: 'Envoyer le lien à la personne', en: 'Send the person the link' },
    confirm: {
      fr: 'La personne reçoit par e-mail, à son adresse principale, le lien vers sa page « Mon parcours » : elle y voit ses badges et ce qui lui manque. Il marche une seule fois, pendant 30 minutes. Votre nom est noté dans les journaux.',
      en: 'The person gets the link to their own page by e-mail, at their main address: it shows their badges and what they lack. It works once, for 30 minutes. Your name is written into the logs.',
    },
    done: {
      fr: 'L’envoi du lien est demandé : l’e-mail part dans quelques instants.',
      en: 'The link is asked for: the e-mail leaves in a few moments.',
    },
    not: {
      fr: 'Palier ne garde pas l’adresse de cette personne : rien n’a été envoyé.',
      en: 'Palier does not hold this person’s address: nothing was sent.',
    },
  },
  link: {
    label: { fr: 'Lier une autre adresse', en: 'Link another address' },
    field: { fr: 'Autre adresse de la même personne', en: 'Another address of the same person' },
    confirm: {
      fr: 'Les badges des deux adresses comptent alors ensemble, et ce qui est déjà donné ne l’est pas une seconde fois. Assurez-vous qu’il s’agit bien de la même personne.',
      en: 'The badges of both addresses then count together, and what was given is not given again. Make sure that it is the same person.',
    },
    done: {
      fr: 'Les adresses sont liées : elles sont une seule personne, réévaluée maintenant.',
      en: 'The addresses are linked: they are one person, who is evaluated now.',
    },
    already: { fr: 'Ces adresses étaient déjà liées.', en: 'These addresses were linked already.' },
    same: { fr: 'C’est deux fois la même adresse.', en: 'This is the same address twice.' },
    unknown: {
      fr: 'Personne n’est connu à cette autre adresse : rien n’a été changé.',
      en: 'Nobody is known by that other address: nothing was changed.',
    },
  },
  unlink: {
    label: (address: string): Localized => ({
      fr: `Séparer l’adresse ${address}`,
      en: `Part the address ${address}`,
    }),
    confirm: {
      fr: 'Cette adresse redevient une personne à part, avec les badges reçus à cette adresse. Les deux sont réévaluées aussitôt. Le compte OBF de la Région est relu : cela prend quelques secondes.',
      en: 'This address is a person of its own again, with the badges that came under it. Both are evaluated at once. The Région’s OBF account is read: it takes some seconds.',
    },
    done: {
      fr: 'Les adresses sont séparées : ce sont deux personnes, réévaluées maintenant.',
      en: 'The addresses are parted: they are two people, evaluated now.',
    },
    not: {
      fr: 'Ces adresses n’étaient pas liées : rien n’a été changé.',
      en: 'These addresses were not linked: nothing was changed.',
    },
  },
  export: {
    label: { fr: 'Exporter (JSON)', en: 'Export (JSON)' },
    confirm: {
      fr: 'Tout ce que Palier garde de la personne, adresses et noms compris : à remettre à elle seule, après s’être assuré de son identité. Votre nom est noté dans les journaux.',
      en: 'All that Palier holds of the person, addresses and names included: for them alone, once you are sure who they are. Your name is written into the logs.',
    },
  },
  erase: {
    label: { fr: 'Effacer la personne', en: 'Erase the person' },
    field: {
      fr: 'Tapez l’adresse de la personne pour confirmer',
      en: 'Type the person’s address to confirm',
    },
    confirm: {
      fr: 'Tout ce que Palier garde d’elle est effacé, sous toutes ses adresses, et ne peut pas être rétabli. Restent des empreintes illisibles, pour que rien ne revienne ni ne soit délivré deux fois. OBF et Open Badge Passport gardent ce qu’ils ont.',
      en: 'All that Palier holds of them is erased, under all of their addresses, and cannot be restored. What stays are fingerprints that nobody can read, so that nothing comes back and nothing is given twice. OBF and Open Badge Passport keep what they have.',
    },
    not: {
      fr: 'Ce n’est pas une adresse de cette personne : rien n’a été effacé.',
      en: 'This is no address of this person: nothing was erased.',
    },
    nothing: { fr: 'Il n’y avait rien à effacer.', en: 'There was nothing to erase.' },
  },
  noAddress: { fr: 'Ce n’est pas une adresse électronique.', en: 'This is no e-mail address.' },
  underWay: {
    fr: 'Un badge de cette personne est en cours d’envoi ou de retrait, ou ce qui vient d’arriver pour elle est encore en traitement : rien n’a été changé. Recommencez dans une minute.',
    en: 'An award of this person is being issued or taken back, or what has just come in for them is still being dealt with: nothing was changed. Try again in a minute.',
  },
  unreadable: {
    fr: 'Le compte OBF de la Région ne peut pas être lu maintenant : rien n’a été changé. Voyez l’accueil, puis recommencez.',
    en: 'The Région’s OBF account cannot be read now: nothing was changed. See the first page, then try again.',
  },
} as const;

export const erasedWords = (addresses: number, assertions: number, entries: number): Localized => ({
  fr: `La personne est effacée. Adresses : ${addresses} ; badges : ${assertions} ; faits de l’historique : ${entries}.`,
  en: `The person is erased. Addresses: ${addresses}; badges: ${assertions}; entries of the history: ${entries}.`,
});
