import express, { type Express, type Request, type Response } from 'express';
import type { VNode } from 'preact';
import type { ParcoursConfig } from '../config.js';
import { cookieJar, isSameOrigin, keyOfAddress, pageHeaders } from '../ops/shared/browser.js';
import { collectPersonalData, earnerJson } from '../ops/shared/personal-data.js';
import { systemClock } from '../platform/clock.js';
import { fieldOf } from '../platform/logger.js';
import { enqueueLink } from '../queue/enqueue.js';
import { type ParcoursGrant, ACCESS_MS, createAccess } from './access.js';
import { readParcours } from './progress.js';
import { AskView, EndedView, OpenView, ParcoursView, renderParcoursPage, SentView } from './view.js';

const LATE = 'Ce lien ne marche plus : il a servi, il a plus de 30 minutes, ou un plus récent a été envoyé.';
const OVER = 'Votre page est fermée. Elle se ferme au bout de 30 minutes.';
const FAILED = "Cela n'a pas marché. Essayez de nouveau dans une minute.";
const NO_ADDRESS = 'Écrivez une adresse complète, par exemple prenom.nom@exemple.fr.';

type Sources = Parameters<typeof collectPersonalData>[0];

/** What all routes share. */
interface RouteContext {
  readonly sources: Sources;
  /** The mail address for questions; null: none is configured. */
  readonly contact: string | null;
  readonly access: ReturnType<typeof createAccess>;
  readonly cookies: ReturnType<typeof cookieJar>;
  /** @param body a plain text says why there is no page */
  readonly send: (res: Response, status: number, title: string, body: VNode | string) => void;
}

/**
 * Makes the app « Mon parcours », to mount at `/parcours`: rendered on the server, without JavaScript.
 * @param sources their Redis connection stays the caller's
 */
export function createParcours(sources: Sources, parcours: ParcoursConfig): Express {
  const { publicUrl, trustProxy, contact } = parcours;
  const isSecure = publicUrl.startsWith('https:');
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('trust proxy', trustProxy);
  const setHeaders = pageHeaders();
  app.use((req, res, next) => {
    setHeaders(req, res, isSecure);
    next();
  });
  const frame = { scheme: sources.scheme.name, contact };
  const send: RouteContext['send'] = (res, status, title, body) => {
    const view = typeof body === 'string' ? <EndedView why={body} /> : body;
    res
      .status(status)
      .type('html')
      .send(renderParcoursPage(frame, title, view));
  };
  const access = createAccess(sources.redis, sources.prefix, sources.vault, sources.now);
  const cookies = cookieJar('palier_parcours', isSecure, '/');
  const context: RouteContext = { sources, contact, access, cookies, send };

  app.get(
    '/style.css',
    (_req, res) => void res.set('Cache-Control', 'public, max-age=3600').type('css').send(STYLE),
  );
  app.use((req, res, next) => {
    if (req.method !== 'POST' || isSameOrigin(req.headers, new URL(publicUrl).origin)) return next();
    send(res, 403, 'Formulaire refusé', 'Ce formulaire ne vient pas de notre page.');
  });
  app.use(express.urlencoded({ extended: false, limit: '4kb', inflate: false }));
  addSignInRoutes(app, context);
  addPersonalRoutes(app, context);
  app.use((_req, res) => send(res, 404, 'Page introuvable', "Cette page n'existe pas."));
  app.use((err: unknown, _req: Request, res: Response, _next: express.NextFunction) => {
    const status = statusOf(err);
    if (status >= 500) sources.log.error({ err }, 'a parcours page failed');
    if (res.headersSent) return void res.destroy();
    send(res.set('Retry-After', '30'), status, 'Un instant', FAILED);
  });
  return app;
}

/** Adds the routes from the typed address to the session that the mailed link opens. */
function addSignInRoutes(app: Express, { sources, access, cookies, send }: RouteContext): void {
  const sendForm = (res: Response, status: number, fault: string | null): void =>
    send(res, status, 'Où en sont mes badges ?', <AskView fault={fault} />);
  app.get('/', (_req, res) => sendForm(res, 200, null));
  app.post('/lien', async (req, res) => {
    const earner = keyOfAddress(field(req, 'adresse'), sources.vault);
    if (earner === null) return sendForm(res, 422, NO_ADDRESS);
    // Only the job looks the address up, so that timing does not reveal whether it is known.
    if (await access.mayAsk(earner, req.ip ?? '')) await enqueueLink(sources.queues.mails, earner);
    countStep(sources, 'asked');
    send(res, 200, 'Regardez vos messages', <SentView />);
  });
  app.get('/ouvrir', (req, res) =>
    send(res, 200, 'Votre page est prête', <OpenView token={textOf(req.query['jeton'])} />),
  );
  app.post('/ouvrir', async (req, res) => {
    const grant = await access.redeemToken(field(req, 'jeton'));
    if (grant === null || (await readParcours(sources, grant)) === null)
      return send(res, 410, 'Lien périmé', LATE);
    cookies.set(res, await access.startSession(grant.earner), ACCESS_MS);
    countStep(sources, 'opened');
    res.redirect(303, '/parcours/moi');
  });
}

function addPersonalRoutes(app: Express, { sources, contact, access, cookies, send }: RouteContext): void {
  const sessionOf = (req: Request): Promise<ParcoursGrant | null> => access.findSession(cookies.read(req));
  const sendEnded = (res: Response): void => send(res, 401, 'Page fermée', OVER);
  app.post('/fermer', async (req, res) => {
    await access.endSession(cookies.read(req));
    cookies.clear(res);
    res.redirect(303, '/parcours');
  });
  app.get('/moi', async (req, res) => {
    const session = await sessionOf(req);
    const parcours = session === null ? null : await readParcours(sources, session);
    if (parcours === null) return sendEnded(res);
    countStep(sources, 'viewed');
    void countView(sources);
    send(res, 200, 'Mon parcours', <ParcoursView parcours={parcours} contact={contact} />);
  });
  app.get('/moi.json', async (req, res) => {
    const session = await sessionOf(req);
    if (session === null || (await readParcours(sources, session)) === null) return sendEnded(res);
    countStep(sources, 'exported');
    const personalData = await collectPersonalData(sources, session.earner);
    res.attachment('mon-parcours.json').json(earnerJson(personalData, systemClock));
  });
}

const countStep = ({ meter }: Sources, step: 'asked' | 'opened' | 'viewed' | 'exported'): void =>
  meter.count('palier_parcours_total', { step });

async function countView({ journal, log, now }: Sources): Promise<void> {
  try {
    await journal.countView(Math.floor((await now()) / 1000));
  } catch (err) {
    log.warn({ err }, 'a view of a parcours page was not counted');
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const field = ({ body }: Request, name: string): string => textOf(fieldOf(body, name));

/** Keeps the 4xx of the body parser. Any other error is ours, most likely Redis: 503. */
function statusOf(error: unknown): number {
  const status = fieldOf(error, 'status');
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 503;
}

const STYLE = `
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--muted:#57606a;--line:#8b949e;--link:#0b4f9c;--full:#1a6b32;--soft:#eef2f6}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--text:#e6e9ed;--muted:#a5adb7;--line:#8b949e;--link:#9cc7f5;--full:#6fd68a;--soft:#1d242d}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:112.5%/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
main,footer,.top{max-width:42rem;margin:0 auto;padding:0 1rem}.top{padding-block:1rem;border-bottom:1px solid var(--line);font-weight:600}
h1{font-size:1.6rem;line-height:1.2;margin:1.5rem 0 1rem}h2{font-size:1.3rem;line-height:1.3;margin:2.5rem 0 .5rem}h3{font-size:1.05rem;margin:1.5rem 0 .25rem}
a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}
input,button{font:inherit;min-height:2.75rem;padding:.25rem .75rem;border:1px solid var(--line);border-radius:.25rem;background:var(--page);color:var(--text)}
input{width:100%}button{background:var(--link);color:var(--page);border-color:var(--link);cursor:pointer;margin-top:.75rem}
label{display:block;font-weight:600}ul{padding-left:1.25rem;margin:.25rem 0 .75rem}p{margin:.25rem 0 .75rem}
table{overflow-wrap:break-word;border-collapse:collapse;width:100%}caption{text-align:left;margin-bottom:.5rem}th,td{padding:.5rem .5rem .5rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
svg{display:block}.full{fill:var(--full)}.empty{fill:none;stroke:var(--line)}.error{border-left:.25rem solid currentColor;padding-left:.75rem}
footer{color:var(--muted);border-top:1px solid var(--line);margin-top:3rem;padding-block:1rem;font-size:.9rem}
.skip{position:absolute;left:-100vw}.skip:focus{left:1rem;background:var(--page)}
`;
