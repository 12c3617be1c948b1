import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { stripFormatMarks } from '../../../platform/invisible.js';
import { typesetFrench } from '../../shared/browser.js';
import type { PageAnswer } from '../route.js';
import { Alert, LinkLine, P, FrameContext, useFrame, type Frame } from './text.js';

type PageContent = Pick<PageAnswer, 'title' | 'body' | 'refreshTo' | 'reload'>;

/** Returns the HTML of a page. Text is escaped, and has no marks that change the direction of other text. */
export function renderPage(frame: Frame, content: PageContent): string {
  const html = renderToString(
    <FrameContext.Provider value={frame}>
      <Layout {...content} />
    </FrameContext.Provider>,
  );
  return `<!doctype html>${typesetFrench(stripFormatMarks(html))}`;
}

function Layout({ title, refreshTo, reload, body }: PageContent): VNode {
  const { name, flash, requestId } = useFrame();
  return (
    <html lang="fr">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refreshTo !== undefined && <meta http-equiv="refresh" content={`0; url=${refreshTo}`} />}
        <title>{`${title} – ${name}`}</title>
        <link rel="stylesheet" href="/ops/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip" href="#contenu">
          Aller au contenu
        </a>
        <Header />
        <main id="contenu" tabIndex={-1}>
          <h1>{title}</h1>
          {flash !== null && <Alert kind={flash.kind}>{flash.text}</Alert>}
          {reload !== undefined && (
            <p class="muted">
              Cette page se recharge toutes les {reload.everyS} secondes.{' '}
              <a href={reload.stopHref}>Ne plus la recharger</a>
            </p>
          )}
          {body}
        </main>
        <footer>
          <span>
            Demande n° <code>{requestId}</code>
          </span>
        </footer>
      </body>
    </html>
  );
}

function Header(): VNode {
  const { name, hasLogo, user } = useFrame();
  return (
    <header>
      <div class="bar">
        <a class="brand" href="/ops">
          {hasLogo && <img src="/ops/logo" alt="" height={32} />}
          <span>{name}</span>
        </a>
        {user !== null && (
          <section class="account" aria-label="Votre compte">
            <span>
              {user.name} ({user.role === 'lecture' ? 'lecture' : 'opérateur'})
            </span>
            <form method="post" action="/ops/deconnexion">
              <button type="submit" class="quiet">
                Se déconnecter
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
  const { nav, current } = useFrame();
  /** `page` on the page itself; `true` on another of its section, as `failures-job` of `failures`. */
  const currentOf = (name: string): 'page' | 'true' | undefined => {
    if (name === current) return 'page';
    return sectionOf(name) === sectionOf(current) ? 'true' : undefined;
  };
  return (
    <nav aria-label="Navigation principale">
      <ul>
        {nav.map(({ name, href, words }) => (
          <li key={name}>
            <a href={href} aria-current={currentOf(name)}>
              {words}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The body of a refusal. */
export function ProblemView({ advice }: { readonly advice: string }): VNode {
  const { user } = useFrame();
  return (
    <>
      <P say={advice} />
      <LinkLine href="/ops" say={user === null ? 'Se connecter' : 'Revenir à l’accueil'} />
    </>
  );
}
