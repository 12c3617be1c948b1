import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { h } from 'preact';
import type { Answer, FileAnswer, GoTo, PageAnswer } from '../answer.js';
import type { Flash } from '../context.js';
import type { Frame } from '../layout/frame.js';
import { ProblemView } from '../layout/problem-view.js';
import { renderPage } from '../layout/render.js';
import { LAYOUT } from '../layout/words.js';
import { knownProblem } from './known-error.js';
import { OpsProblem } from './problem.js';
import { pathOf, type Visit } from './visit.js';

/** The one place where good answers leave. */
export async function send(visit: Visit, answer: Answer): Promise<void> {
  if (answer.kind === 'page') await sendPage(visit, answer);
  else if (answer.kind === 'goto') await sendOn(visit, answer);
  else await sendFile(visit, answer);
  line(visit);
}

/** The one place where those leave that say no. */
export async function refuse(visit: Visit, error: unknown): Promise<void> {
  const { res, log } = visit;
  const problem = knownProblem(error) ?? new OpsProblem('internal');
  if (problem.status >= 500) log.error({ err: error }, 'an ops page failed');
  if (res.headersSent) res.destroy();
  else sendProblem(visit, problem);
  line(visit, problem);
}

function sendProblem(visit: Visit, problem: OpsProblem): void {
  const { res, lang } = visit;
  if (problem.retryAfterS !== null) res.setHeader('Retry-After', problem.retryAfterS);
  const body = h(ProblemView, { problem });
  sendHtml(
    visit,
    problem.status,
    renderPage(frameOf(visit, null), { title: problem.about.title[lang], onTo: null, body }),
  );
}

async function sendPage(visit: Visit, page: PageAnswer): Promise<void> {
  const { lang, services, signed, req } = visit;
  const { status, title, body } = page;
  const onTo = page.onTo ?? null;
  const reads = signed !== null && req.method === 'GET' && status === 200 && onTo === null;
  const flash = reads ? await services.sessions.takeFlash(signed.id) : null;
  const shown = status < 400 ? title[lang] : `${LAYOUT.fault[lang]}${title[lang]}`;
  sendHtml(visit, status, renderPage(frameOf(visit, flash), { title: shown, onTo, body }));
}

function sendHtml({ res }: Visit, status: number, html: string): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(html));
  res.end(html);
}

async function sendOn({ res, services, signed }: Visit, { to, flash }: GoTo): Promise<void> {
  if (flash !== null && signed !== null) await services.sessions.tell(signed.id, flash);
  res.statusCode = 303;
  res.setHeader('Location', to);
  res.end();
}

async function sendFile({ req, res }: Visit, { name, type, text }: FileAnswer): Promise<void> {
  res.setHeader('Content-Type', `${type}; charset=utf-8`);
  res.setHeader('Content-Disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`);
  if (req.method === 'HEAD') res.end();
  else await pipeline(Readable.from(typeof text === 'string' ? [text] : text), res);
}

function frameOf(visit: Visit, flash: Flash | null): Frame {
  const { req, services, signed, lang, route, requestId, query } = visit;
  const { config, assets, nav, pipeline: read } = services;
  const other = new URLSearchParams(query);
  other.set('lang', lang === 'fr' ? 'en' : 'fr');
  return {
    lang,
    user: signed?.user ?? null,
    nav,
    current: route,
    name: config.name,
    logoHref: assets.logo?.href ?? null,
    styleHref: assets.style.href,
    // What was posted cannot be asked for again.
    otherLangHref:
      req.method === 'GET' ? `${pathOf(req)}?${other.toString()}` : `/ops?lang=${other.get('lang') ?? ''}`,
    timeZone: read.scheme.timeZone,
    flash,
    requestId,
  };
}

/** What a log may say of a request: never an address, a form or a cookie. */
function line({ req, res, log, route, signed, startedMs }: Visit, problem: OpsProblem | null = null): void {
  log.info(
    {
      method: req.method,
      route,
      status: res.statusCode,
      ...(problem === null ? {} : { code: problem.code }),
      user: signed?.user.name ?? null,
      durationMs: Math.round(performance.now() - startedMs),
    },
    'ops request',
  );
}
