export const SIGN_IN = {
  title: { fr: 'Connexion', en: 'Sign in' },
  name: { fr: 'Nom', en: 'Name' },
  password: { fr: 'Mot de passe', en: 'Password' },
  submit: { fr: 'Se connecter', en: 'Sign in' },
  oidc: {
    fr: 'Se connecter avec le compte de votre organisation',
    en: 'Sign in with your organisation’s account',
  },
  or: { fr: 'ou', en: 'or' },
  wrong: { fr: 'Nom ou mot de passe incorrect.', en: 'The name or the password is wrong.' },
  idpAway: {
    fr: 'Le service d’identité de votre organisation ne répond pas. Recommencez dans un instant.',
    en: 'Your organisation’s identity service does not answer. Try again in a moment.',
  },
  idpRefused: {
    fr: 'La connexion par votre organisation n’a pas abouti : recommencez depuis cette page.',
    en: 'Signing in with your organisation did not work: start again from this page.',
  },
  unlisted: {
    fr: 'Votre organisation vous connaît, mais aucun accès à ces pages ne vous a été donné.',
    en: 'Your organisation knows you, but you were given no access to these pages.',
  },
  signedIn: { fr: 'Vous êtes connecté', en: 'You are signed in' },
  moment: { fr: 'Un instant', en: 'One moment' },
  goOn: { fr: 'Continuer', en: 'Go on' },
  signedOut: { fr: 'Vous êtes déconnecté.', en: 'You are signed out.' },
} as const;
