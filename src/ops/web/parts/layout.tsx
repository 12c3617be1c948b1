import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { withoutMarks } from '../../../platform/invisible.js';
import { LANGS, type Localized } from '../../shared/words.js';
import { FrameContext, hasRole, useFrame, type Frame } from './frame.js';
import { Alert } from './text.js';

export const LAYOUT = {
  skip: { fr: 'Aller au contenu', en: 'Skip to the content' },
  nav: { fr: 'Navigation principale', en: 'Main navigation' },
  roles: { lecture: { fr: 'lecture', en: 'reader' }, operateur: { fr: 'opérateur', en: 'operator' } },
  account: { fr: 'Votre compte', en: 'Your account' },
  signOut: { fr: 'Se déconnecter', en: 'Sign out' },
  otherLang: { fr: 'English', en: 'Français' },
  request: { fr: 'Demande n°', en: 'Request no.' },
  /** Before the title of a form that was filled in wrongly. */
  fault: { fr: 'Erreur : ', en: 'Error: ' },
  home: { fr: 'Revenir à l’accueil', en: 'Back to the first page' },
  signIn: { fr: 'Se connecter', en: 'Sign in' },
} as const;

interface Sheet {
  readonly title: string;
  /** The browser goes on to it at once. */
  readonly onTo: string | null;
  readonly body: ComponentChildren;
}

/** A page as it is sent: all text is escaped, and turns no other text around. */
export function renderPage(frame: Frame, sheet: Sheet): string {
  const html = withoutMarks(
    renderToString(
      <FrameContext.Provider value={frame}>
        <Layout {...sheet} />
      </FrameContext.Provider>,
    ),
  );
  return `<!doctype html>${frame.lang === 'fr' ? typesetFrench(html) : html}`;
}

function Layout({ title, onTo, body }: Sheet): VNode {
  const { lang, name, styleHref, flash } = useFrame();
  return (
    <html lang={lang}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {onTo !== null && <meta http-equiv="refresh" content={`0; url=${onTo}`} />}
        <title>{`${title} – ${name}`}</title>
        <link rel="stylesheet" href={styleHref} />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip" href="#contenu">
          {LAYOUT.skip[lang]}
        </a>
        <Header />
        <main id="contenu" tabIndex={-1}>
          <h1>{title}</h1>
          {flash !== null && <Alert kind={flash.kind}>{flash.text}</Alert>}
          {body}
        </main>
        <Footer />
      </body>
    </html>
  );
}

function Header(): VNode {
  const { lang, name, logoHref, user } = useFrame();
  return (
    <header>
      <div class="bar">
        <a class="brand" href="/ops">
          {logoHref !== null && <img src={logoHref} alt="" height={32} />}
          <span>{name}</span>
        </a>
        {user !== null && (
          <section class="account" aria-label={LAYOUT.account[lang]}>
            <span>
              {user.name} ({LAYOUT.roles[user.role][lang]})
            </span>
            <form method="post" action="/ops/deconnexion">
              <button type="submit" class="quiet">
                {LAYOUT.signOut[lang]}
              </button>
            </form>
          </section>
        )}
      </div>
      {user !== null && <Nav />}
    </header>
  );
}

const sectionOf = (route: string): string => route.split('-')[0] ?? route;

function Nav(): VNode {
  const { lang, nav, current, user } = useFrame();
  /** On that page, or on one of the same section (`failures-job` and `failures`). */
  const currentOf = (name: string): 'page' | 'true' | undefined => {
    if (name === current) return 'page';
    return sectionOf(name) === sectionOf(current) ? 'true' : undefined;
  };
  return (
    <nav aria-label={LAYOUT.nav[lang]}>
      <ul>
        {nav
          .filter(({ role }) => hasRole(user, role))
          .map(({ name, href, words }) => (
            <li key={name}>
              <a href={href} aria-current={currentOf(name)}>
                {words[lang]}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  );
}

function Footer(): VNode {
  const { lang, otherLangHref, requestId } = useFrame();
  const other = LANGS.find((one) => one !== lang);
  return (
    <footer>
      <a href={otherLangHref} lang={other} hreflang={other}>
        {LAYOUT.otherLang[lang]}
      </a>
      <span>
        {LAYOUT.request[lang]} <code>{requestId}</code>
      </span>
    </footer>
  );
}

/** The body of a refusal. */
export function ProblemView({ advice }: { readonly advice: Localized }): VNode {
  const { lang, user } = useFrame();
  return (
    <>
      <p>{advice[lang]}</p>
      <p>
        <a href="/ops">{user === null ? LAYOUT.signIn[lang] : LAYOUT.home[lang]}</a>
      </p>
    </>
  );
}

/** A tag with its attributes, code and typed text (they stay as they are, to be copied), or plain text. */
const PARTS = /<(code|textarea|pre)\b[^>]*>.*?<\/\1>|<[^">]*(?:"[^"]*"[^">]*)*>|[^<]+/gs;

/**
 * Makes the spaces within « » and before two-part marks unbreakable. Attributes stay as they are.
 * @param html as preact renders it: attributes in double quotes, text escaped
 * @see Lexique des règles typographiques en usage à l'Imprimerie nationale
 */
export const typesetFrench = (html: string): string =>
  html.replaceAll(PARTS, (part) => (part.startsWith('<') ? part : spaced(part)));

const spaced = (text: string): string =>
  text
    .replaceAll('« ', '«\u00a0')
    .replaceAll(' »', '\u00a0»')
    .replaceAll(' :', '\u00a0:')
    .replaceAll(/ (?=[;?!])/g, '\u202f');
