import { type ComponentChildren, type FunctionComponent, h } from 'preact';
import { z } from 'zod';
import type { Role } from '../../config.js';
import type { JournalKind } from '../../earners/journal-entry.js';
import type { ClientId, EarnerKey } from '../../ids.js';
import type { OpsRequest } from './http/request.js';

/** Addresses that several pages lead to. */
export const TO = {
  failures: '/ops/echecs',
  scheme: '/ops/bareme',
  queues: '/ops/queues',
  journal: '/ops/journal',
  partners: '/ops/organismes',
  people: '/ops/personne',
  failureGroup: (key: string): string => `/ops/echecs/cause/${encodeURIComponent(key)}`,
  partner: (clientId: ClientId): string => `/ops/organismes/${encodeURIComponent(clientId)}`,
  /** People are in addresses by their key alone. */
  person: (earner: EarnerKey): string => `/ops/personne/${encodeURIComponent(earner)}`,
  journalOf: (kind: JournalKind): string => `/ops/journal?sorte=${kind}`,
} as const;

/** What a route answers with. A refusal is thrown: see `OpsProblem`. */
export type Answer = PageAnswer | Redirect | FileAnswer;

export interface PageAnswer {
  readonly kind: 'page';
  readonly status: number;
  readonly title: string;
  readonly body: ComponentChildren;
  /** The browser goes on to it at once. */
  readonly onTo?: string;
  /** The browser loads the page again and again; slow readers and screen readers can stop that. */
  readonly reload?: { readonly everyS: number; readonly stopHref: string };
}

/** A message for the page that follows an action. */
export const flashForm = z.object({ kind: z.enum(['good', 'bad']), text: z.string() }).readonly();
export type Flash = z.output<typeof flashForm>;

/** 303, so that a reload repeats nothing. */
export class Redirect {
  readonly kind = 'redirect';
  /** @param to a path of ours, or an address of the identity provider */
  constructor(
    readonly to: string,
    readonly flash: Flash | null = null,
  ) {}
}

/** A download, streamed as it is made. */
interface FileAnswer {
  readonly kind: 'file';
  readonly name: string;
  readonly type: 'text/csv' | 'application/json' | 'application/x-ndjson';
  readonly text: Iterable<string> | AsyncIterable<string>;
}

export const goTo = (to: string): Redirect => new Redirect(to);
/** The action was done. */
export const done = (to: string, text: string): Redirect => new Redirect(to, { kind: 'good', text });
/** It was not, and why. */
export const notDone = (to: string, text: string): Redirect => new Redirect(to, { kind: 'bad', text });

export interface PageRoute {
  /** In logs and in the navigation. */
  readonly name: string;
  /** Below `/ops`, as Express writes it: `/personne/:earner`. */
  readonly path: string;
  /** Its words in the navigation; without, it is not there. */
  readonly nav?: string | undefined;
  readonly method: 'GET' | 'POST';
  /** Whom it is for, at least; `nobody`: it needs no session, as signing in. */
  readonly role: Role | 'nobody';
  readonly handle: (request: OpsRequest) => Answer | Promise<Answer>;
}

/** A page with what was read, as an answer. @param view pure; the rest of the request is `useFrame()`'s */
export const show = <Model extends object>(
  title: string,
  view: FunctionComponent<Model>,
  model: Model,
  status = 200,
): PageAnswer => ({ kind: 'page', status, title, body: h<Model>(view, model) });

interface PageOptions extends Pick<PageRoute, 'nav'> {
  /** While its model moves, it is loaded again after so many seconds. */
  readonly everyS?: number;
}

/**
 * The route of a page, for all who are signed in.
 * @param title or what makes it of the model
 * @param read what it shows; a redirect is answered in place of the page. @throws OpsProblem `not_found`
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
    const moves = 'moves' in model && model.moves === true && !request.query.has('fige');
    const stopped = new URLSearchParams([...request.query, ['fige', '']]).toString();
    return moves && everyS !== undefined ? { ...shown, reload: { everyS, stopHref: `?${stopped}` } } : shown;
  },
});

/** The route of a form's target: it answers `done`, `notDone`, or a page again, with its status. */
export const action = (
  name: string,
  path: string,
  handle: PageRoute['handle'],
  role: PageRoute['role'] = 'operateur',
): PageRoute => ({ name, path, method: 'POST', role, handle });

/** The route of a download. */
export const file = (name: string, path: string, handle: PageRoute['handle']): PageRoute => ({
  ...action(name, path, handle, 'lecture'),
  method: 'GET',
});
