export const LAYOUT = {
  skip: { fr: 'Aller au contenu', en: 'Skip to the content' },
  nav: { fr: 'Navigation principale', en: 'Main navigation' },
  roles: {
    lecture: { fr: 'lecture', en: 'reader' },
    operateur: { fr: 'opérateur', en: 'operator' },
  },
  account: { fr: 'Votre compte', en: 'Your account' },
  signOut: { fr: 'Se déconnecter', en: 'Sign out' },
  otherLang: { fr: 'English', en: 'Français' },
  request: { fr: 'Demande n°', en: 'Request no.' },
  /** Before the title of a form that was filled in wrongly. */
  fault: { fr: 'Erreur : ', en: 'Error: ' },
  home: { fr: 'Revenir à l’accueil', en: 'Back to the first page' },
  signIn: { fr: 'Se connecter', en: 'Sign in' },
} as const;
