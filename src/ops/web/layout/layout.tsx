import type { ComponentChildren, VNode } from 'preact';
import { LANGS } from '../../shared/words.js';
import { Alert } from '../parts/alert.js';
import { hasRole, useFrame } from './frame.js';
import { LAYOUT } from './words.js';

interface LayoutProps {
  readonly title: string;
  /** Where the browser goes on to by itself, at once. */
  readonly onTo: string | null;
  readonly children: ComponentChildren;
}

/** A whole page, around its content. */
export function Layout({ title, onTo, children }: LayoutProps): VNode {
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
          {flash !== null && <Alert kind={flash.kind}>{flash.text[lang]}</Alert>}
          {children}
        </main>
        <Footer />
      </body>
    </html>
  );
}

function Header(): VNode {
  const { name, logoHref, user } = useFrame();
  return (
    <header>
      <div class="bar">
        <a class="brand" href="/ops">
          {logoHref !== null && <img src={logoHref} alt="" height={32} />}
          <span>{name}</span>
        </a>
        {user !== null && <Account />}
      </div>
      {user !== null && <Nav />}
    </header>
  );
}

function Account(): VNode {
  const { lang, user } = useFrame();
  return (
    <section class="account" aria-label={LAYOUT.account[lang]}>
      <span>
        {user?.name} ({LAYOUT.roles[user?.role ?? 'lecture'][lang]})
      </span>
      <form method="post" action="/ops/deconnexion">
        <button type="submit" class="quiet">
          {LAYOUT.signOut[lang]}
        </button>
      </form>
    </section>
  );
}

function Nav(): VNode {
  const { lang, nav, current, user } = useFrame();
  return (
    <nav aria-label={LAYOUT.nav[lang]}>
      <ul>
        {nav
          .filter(({ role }) => hasRole(user, role))
          .map(({ name, href, words }) => (
            <li key={name}>
              <a href={href} aria-current={currentOf(name, current)}>
                {words[lang]}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  );
}

/** Where somebody is: on that page, or on one of the same part (`failures-job` and `failures`). */
function currentOf(name: string, current: string): 'page' | 'true' | undefined {
  if (name === current) return 'page';
  return partOf(name) === partOf(current) ? 'true' : undefined;
}

const partOf = (route: string): string => route.split('-')[0] ?? route;

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
