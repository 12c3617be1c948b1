import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { h } from 'preact';
import type { Flash, Frame } from '../parts/frame.js';
import { LAYOUT, ProblemView, renderPage } from '../parts/layout.js';
import type { Answer, FileAnswer, PageAnswer, Redirect } from '../route.js';
import { knownProblem, OpsProblem } from './problem.js';
import { pathOf, type OpsRequest } from './request.js';

/** Sends a good answer. */
export async function send(request: OpsRequest, answer: Answer): Promise<void> {
  if (answer.kind === 'page') await sendPage(request, answer);
  else if (answer.kind === 'redirect') await sendOn(request, answer);
  else await sendFile(request, answer);
  logRequest(request);
}

/** Sends the page of an error; an unforeseen one is logged and told as `internal`. */
export async function refuse(request: OpsRequest, error: unknown): Promise<void> {
  const { res, log, lang, services } = request;
  const problem = (await knownProblem(error, services.storage)) ?? new OpsProblem('internal');
  if (problem.status >= 500) log.error({ err: error }, 'an ops page failed');
  if (res.headersSent) res.destroy();
  else {
    if (problem.retryAfterS !== null) res.setHeader('Retry-After', problem.retryAfterS);
    const body = h(ProblemView, { advice: problem.about.advice });
    const sheet = { title: problem.about.title[lang], onTo: null, body };
    sendHtml(request, problem.status, renderPage(frameOf(request, null), sheet));
  }
  logRequest(request, problem.code);
}

async function sendPage(request: OpsRequest, page: PageAnswer): Promise<void> {
  const { lang, services, signed, req, res } = request;
  const { status, title, body, onTo = null, refreshS } = page;
  const reads = signed !== null && req.method === 'GET' && status === 200 && onTo === null;
  const flash = reads ? await services.sessions.takeFlash(signed.id) : null;
  const shown = status < 400 ? title[lang] : `${LAYOUT.fault[lang]}${title[lang]}`;
  const html = renderPage(frameOf(request, flash), { title: shown, onTo, body });
  if (refreshS !== undefined) res.setHeader('Refresh', refreshS);
  sendHtml(request, status, html);
}

function sendHtml({ res }: OpsRequest, status: number, html: string): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(html));
  res.end(html);
}

async function sendOn({ res, services, signed }: OpsRequest, { to, flash }: Redirect): Promise<void> {
  if (flash !== null && signed !== null) await services.sessions.keepFlash(signed.id, flash);
  res.statusCode = 303;
  res.setHeader('Location', to);
  res.end();
}

async function sendFile({ req, res }: OpsRequest, { name, type, text }: FileAnswer): Promise<void> {
  res.setHeader('Content-Type', `${type}; charset=utf-8`);
  res.setHeader('Content-Disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`);
  if (req.method === 'HEAD') res.end();
  else await pipeline(Readable.from(typeof text === 'string' ? [text] : text), res);
}

function frameOf(request: OpsRequest, flash: Flash | null): Frame {
  const { req, services, signed, lang, route, requestId, query } = request;
  const { config, assets, nav } = services;
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
    timeZone: services.pipeline.scheme.timeZone,
    flash,
    requestId,
  };
}

/** One line a request: never an address, a form or a cookie. */
function logRequest({ req, res, log, route, signed, startedMs }: OpsRequest, code?: string): void {
  const durationMs = Math.round(performance.now() - startedMs);
  const user = signed?.user.name ?? null;
  const about = { method: req.method, route, status: res.statusCode, user, durationMs };
  log.info(code === undefined ? about : { ...about, code }, 'ops request');
}
