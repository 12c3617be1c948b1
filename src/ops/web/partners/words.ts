export const PARTNERS = {
  title: { fr: 'Organismes', en: 'Partners' },
  caption: { fr: 'Organismes inscrits dans partners.yaml', en: 'Partners in partners.yaml' },
  none: { fr: 'Aucun organisme inscrit.', en: 'No partner yet.' },
  name: { fr: 'Organisme', en: 'Partner' },
  clientId: { fr: 'Compte OBF', en: 'OBF account' },
  takesPart: { fr: 'Participation', en: 'Taking part' },
  active: { fr: 'actif', en: 'active' },
  inactive: { fr: 'ne participe plus', en: 'takes no part' },
  access: { fr: 'Accès', en: 'Access' },
  accesses: {
    key: { fr: 'clé d’API', en: 'API key' },
    key_missing: { fr: 'clé d’API absente', en: 'API key missing' },
    hosted: { fr: 'badges publiés', en: 'published credentials' },
  },
  enrolled: { fr: 'Badges inscrits', en: 'Enrolled badges' },
  last: { fr: 'Dernier badge délivré', en: 'Last badge issued' },
  never: { fr: 'jamais rien reçu', en: 'nothing ever' },
  silent: { fr: 'silencieux depuis 30 jours', en: 'silent for 30 days' },
  notEnrolled: { fr: 'Badges délivrés non inscrits', en: 'Issued, not enrolled' },
  where: (from: number, to: number, total: number) => ({
    fr: `${from} à ${to} sur ${total}`,
    en: `${from} to ${to} of ${total}`,
  }),

  strangers: { fr: 'Avis ignorés', en: 'Notices ignored' },
  strangersAbout: {
    fr: 'OBF a envoyé des avis pour ces comptes, qui ne participent pas : rien n’en a été lu. Un avis redit peut être compté deux fois.',
    en: 'OBF sent notices for these accounts, which take no part: nothing was read of them. A notice that is told again may be counted twice.',
  },
  strangersCaption: { fr: 'Comptes dont les avis sont ignorés', en: 'Accounts whose notices are ignored' },
  reason: { fr: 'Pourquoi', en: 'Why' },
  reasons: {
    unknown: { fr: 'compte inconnu de partners.yaml', en: 'unknown to partners.yaml' },
    inactive: { fr: 'ne participe plus', en: 'takes no part any more' },
  },
  notices: { fr: 'Avis', en: 'Notices' },
  lastTime: { fr: 'Le dernier', en: 'Last' },
  toMend: { fr: 'Pour y remédier', en: 'To mend it' },
  makeActive: {
    fr: 'retirez « active: false » dans partners.yaml',
    en: 'remove "active: false" in partners.yaml',
  },
  cannotEnrol: {
    fr: 'cet identifiant ne peut pas être inscrit',
    en: 'this id cannot be enrolled',
  },
} as const;

export const PARTNER = {
  variable: { fr: 'Variable de la clé', en: 'Variable of the key' },
  readAt: { fr: 'Compte OBF lu pour la dernière fois', en: 'OBF account last read' },
  notRead: { fr: 'jamais', en: 'never' },
  notReadable: {
    fr: 'sans objet : Palier n’a pas de clé',
    en: 'does not apply: Palier has no key',
  },
  event: { fr: 'événement', en: 'event' },
  keyRefused: {
    fr: 'OBF refuse la clé d’API de cet organisme : ses badges ne sont plus lus. Demandez-lui une nouvelle clé, mettez-la dans la variable, redémarrez Palier, puis relancez ce qui a échoué.',
    en: 'OBF refuses this partner’s API key: its badges are no longer read. Ask for a new one, put it into the variable, restart Palier, then replay what failed.',
  },
  keyMissing: {
    fr: 'partners.yaml nomme une variable pour la clé d’API, et ces pages ne l’ont pas. Mettez-y la clé, puis redémarrez Palier.',
    en: 'partners.yaml names a variable for the API key, and these pages do not have it. Put the key there, then restart Palier.',
  },
  failures: { fr: 'Voir les échecs', en: 'See what failed' },
  turnedAway: {
    fr: 'Avis ignorés, l’organisme ne participant plus',
    en: 'Notices ignored, since the partner takes no part',
  },
  enrolledCaption: { fr: 'Badges inscrits de cet organisme', en: 'Enrolled badges of this partner' },
  noBadge: { fr: 'Aucun badge inscrit.', en: 'No badge is enrolled.' },
  badge: { fr: 'Badge', en: 'Badge' },
  competency: { fr: 'Compétence', en: 'Competency' },
  level: { fr: 'Niveau', en: 'Level' },
  ability: { fr: 'Capacité', en: 'Ability' },
  period: { fr: 'Délivré', en: 'Issued' },
  anyTime: { fr: 'à toute date', en: 'at any time' },
  from: { fr: 'à partir du', en: 'from' },
  until: { fr: 'jusqu’au', en: 'until' },
  replaces: { fr: 'Remplace', en: 'Replaces' },

  notEnrolled: { fr: 'Badges délivrés, mais non inscrits', en: 'Badges issued, but not enrolled' },
  notEnrolledAbout: {
    fr: 'Ces badges ont été lus dans OBF et ne comptent pour aucun badge Région. Choisissez ce qu’ils valent : la commande est prête à copier.',
    en: 'These badges were read in OBF and count for no award. Choose what they are worth: the command is ready to copy.',
  },
  notEnrolledCaption: {
    fr: 'Badges non inscrits, les derniers délivrés d’abord',
    en: 'Badges that are not enrolled, the latest first',
  },
  noneNotEnrolled: {
    fr: 'Tous les badges reçus de cet organisme sont inscrits.',
    en: 'All badges that came from this partner are enrolled.',
  },
  times: { fr: 'Fois', en: 'Times' },
  command: { fr: 'Commande d’inscription', en: 'Command that enrols it' },
  elsewhere: { fr: 'inscrit pour', en: 'enrolled for' },
  choose: { fr: 'Préparer les commandes', en: 'Prepare the commands' },
  toChoose: { fr: 'à choisir', en: 'to choose' },
  all: { fr: 'Tous les organismes', en: 'All partners' },
} as const;
