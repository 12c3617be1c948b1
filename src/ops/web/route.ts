import { type ComponentChildren, type FunctionComponent, h } from 'preact';
import { z } from 'zod';
import type { Role } from '../../config.js';
import type { JournalKind } from '../../earners/journal-entry.js';
import type { ClientId, EarnerKey } from '../../ids.js';
import type { OpsRequest } from './http/request.js';

/** Paths that several pages link to. */
export const PATHS = {
  failures: '/ops/echecs',
  scheme: '/ops/bareme',
  queues: '/ops/queues',
  journal: '/ops/journal',
  partners: '/ops/organismes',
  people: '/ops/personne',
  failureGroup: (key: string): string => `/ops/echecs/cause/${encodeURIComponent(key)}`,
  partner: (clientId: ClientId): string => `/ops/organismes/${encodeURIComponent(clientId)}`,
  /** A person's path has their key, never an e-mail address. */
  person: (earner: EarnerKey): string => `/ops/personne/${encodeURIComponent(earner)}`,
  journalOf: (kind: JournalKind): string => `/ops/journal?sorte=${kind}`,
} as const;

/** A route's answer. Refusals are thrown as `OpsProblem`. */
export type Answer = PageAnswer | Redirect | FileAnswer;

export interface PageAnswer {
  readonly kind: 'page';
  readonly status: number;
  readonly title: string;
  readonly body: ComponentChildren;
  /** The page sends the browser on to this URL at once. */
  readonly refreshTo?: string;
  /** The browser reloads the page at this interval; `stopHref` stops that, for slow and screen readers. */
  readonly reload?: { readonly everyS: number; readonly stopHref: string };
}

/** A message on the page that follows an action. */
export const flashForm = z.object({ kind: z.enum(['good', 'bad']), text: z.string() }).readonly();
export type Flash = z.output<typeof flashForm>;

/** A 303 redirect: reloading the page does not repeat the action. */
export class Redirect {
  readonly kind = 'redirect';
  /** @param to a path of ours, or a URL of the identity provider */
  constructor(
    readonly to: string,
    readonly flash: Flash | null = null,
  ) {}
}

/** A download, streamed while it is produced. */
interface FileAnswer {
  readonly kind: 'file';
  readonly name: string;
  readonly type: 'text/csv' | 'application/json' | 'application/x-ndjson';
  readonly text: Iterable<string> | AsyncIterable<string>;
}

export const goTo = (to: string): Redirect => new Redirect(to);
/** Redirects with a message of success. */
export const done = (to: string, text: string): Redirect => new Redirect(to, { kind: 'good', text });
/** Redirects with a message of failure. */
export const notDone = (to: string, text: string): Redirect => new Redirect(to, { kind: 'bad', text });

export interface PageRoute {
  /** Used in logs and in the navigation. */
  readonly name: string;
  /** Express' path below `/ops`, such as `/personne/:earner`. */
  readonly path: string;
  /** Label in the navigation; a route without one is not listed. */
  readonly nav?: string | undefined;
  readonly method: 'GET' | 'POST';
  /** The least role that may use it; `nobody`: no session is needed, as for signing in. */
  readonly role: Role | 'nobody';
  readonly handle: (request: OpsRequest) => Answer | Promise<Answer>;
}

/** Returns the answer that renders a model. @param view pure; gets the rest from `useFrame()` */
export const show = <Model extends object>(
  title: string,
  view: FunctionComponent<Model>,
  model: Model,
  status = 200,
): PageAnswer => ({ kind: 'page', status, title, body: h<Model>(view, model) });

interface PageOptions extends Pick<PageRoute, 'nav'> {
  /** Reload interval while the model is `inProgress`, seconds. */
  readonly everyS?: number;
}

/**
 * Returns the GET route of a page, for every signed-in user.
 * @param title fixed, or computed from the model
 * @param read returns the model, or a redirect instead of the page; throws OpsProblem `not_found`
 */
export const page = <Model extends object>(
  name: string,
  path: string,
  title: string | ((model: Model) => string),
  read: (request: OpsRequest) => Model | Redirect | Promise<Model | Redirect>,
  view: FunctionComponent<Model>,
  { nav, everyS }: PageOptions = {},
): PageRoute => ({
  name,
  path,
  nav,
  method: 'GET',
  role: 'lecture',
  async handle(request) {
    const model = await read(request);
    if (model instanceof Redirect) return model;
    const shown = show(typeof title === 'string' ? title : title(model), view, model);
    const isLive = 'inProgress' in model && model.inProgress === true && !request.query.has('fige');
    const stopped = new URLSearchParams([...request.query, ['fige', '']]).toString();
    return isLive && everyS !== undefined ? { ...shown, reload: { everyS, stopHref: `?${stopped}` } } : shown;
  },
});

/** Returns the POST route of a form. It answers `done`, `notDone`, or the page again with an error status. */
export const action = (
  name: string,
  path: string,
  handle: PageRoute['handle'],
  role: PageRoute['role'] = 'operateur',
): PageRoute => ({ name, path, method: 'POST', role, handle });

/** Returns the GET route of a download. */
export const file = (name: string, path: string, handle: PageRoute['handle']): PageRoute => ({
  ...action(name, path, handle, 'lecture'),
  method: 'GET',
});
