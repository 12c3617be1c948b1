import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { h, type ComponentChildren, type VNode } from 'preact';
import type { Role } from '../../config.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { OpsRequest } from './http/request.js';
import type { Flash, User } from './parts/frame.js';
import type { Services } from './services.js';
import type { French, Translate } from './words.js';

/** All that a page or an action is given: of the request, and of what is made once a process. */
export interface PageContext
  extends
    Pick<OpsRequest, 'form' | 'log' | 'query' | 't'>,
    Pick<Services, 'clock' | 'hasParcours' | 'pipeline' | 'storage'> {
  readonly user: User;
  /** The named parts of the route's path. */
  readonly params: Readonly<Record<string, string>>;
}

/** What a route answers with. A refusal is thrown: see `OpsProblem`. */
export type Answer = PageAnswer | Redirect | FileAnswer;

export interface PageAnswer {
  readonly kind: 'page';
  readonly status: number;
  readonly title: string;
  readonly body: ComponentChildren;
  /** The browser goes on to it at once. */
  readonly onTo?: string;
  /** The browser loads the page again after so many seconds. */
  readonly refreshS?: number;
}

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
export interface FileAnswer {
  readonly kind: 'file';
  readonly name: string;
  readonly type: 'text/csv' | 'application/json' | 'application/x-ndjson';
  readonly text: string | AsyncIterable<string>;
}

export const goTo = (to: string): Redirect => new Redirect(to);
/** The action was done. */
export const done = (to: string, text: string): Redirect => new Redirect(to, { kind: 'good', text });
/** It was not, and why. */
export const notDone = (to: string, text: string): Redirect => new Redirect(to, { kind: 'bad', text });
export const download = (name: string, type: FileAnswer['type'], text: FileAnswer['text']): FileAnswer => ({
  kind: 'file',
  name,
  type,
  text,
});

interface Named {
  /** In logs and in the navigation. */
  readonly name: string;
  /** Below `/ops`, as Express writes it: `/personne/:earner`. */
  readonly path: string;
  /** Its words in the navigation; without, it is not there. */
  readonly nav?: French | undefined;
}

/** A route for people who are signed in and have at least that role. */
export interface SignedRoute extends Named {
  readonly method: 'GET' | 'POST';
  readonly role: Role;
  readonly handle: (context: PageContext, request: OpsRequest) => Answer | Promise<Answer>;
}

/** A route without a session: signing in. */
export interface OpenRoute extends Named {
  readonly method: 'GET' | 'POST';
  readonly role: 'nobody';
  /** Failed calls are counted, and refused above a limit. */
  readonly limited?: boolean;
  readonly handle: (request: OpsRequest) => Answer | Promise<Answer>;
}

export type Route = SignedRoute | OpenRoute;

/** Another program's pages, below a path of ours and behind our sign-in. */
export interface Mount extends Named {
  readonly role: Role;
  /** Who may send this write; all others are refused. Paths are below the mount's. */
  readonly mayWrite: (method: string, path: string) => Role | 'nobody';
  /** @param userOf who sent a request that came through our checks */
  readonly build: (pipeline: Pipeline, userOf: (req: IncomingMessage) => User) => RequestHandler;
}

/** Pure: what was read, and the language. The rest of the request is `useFrame()`'s. */
export type View<Model> = (props: ViewProps<Model>) => VNode;

export interface ViewProps<Model> {
  readonly model: Model;
  readonly t: Translate;
}

/** A page's title, or what makes it. */
type Title<Model> = French | ((model: Model, t: Translate) => string);

/** A page with what was read, as an answer. */
export const show = <Model>(
  title: Title<Model>,
  view: View<Model>,
  model: Model,
  t: Translate,
  status = 200,
): PageAnswer => ({
  kind: 'page',
  status,
  title: typeof title === 'function' ? title(model, t) : t(title),
  body: h(view, { model, t }),
});

interface PageOptions<Model> {
  readonly nav?: French;
  /** `lecture` by default. */
  readonly role?: Role;
  /** Seconds after which the page is loaded again; null: never. */
  readonly refreshS?: (model: Model) => number | null;
}

/**
 * The route of a page.
 * @param read what it shows; a redirect is answered in place of the page. @throws OpsProblem `not_found`
 */
export const page = <Model>(
  name: string,
  path: string,
  title: Title<Model>,
  read: (context: PageContext) => Model | Redirect | Promise<Model | Redirect>,
  view: View<Model>,
  { nav, role = 'lecture', refreshS }: PageOptions<Model> = {},
): SignedRoute => ({
  name,
  path,
  nav,
  method: 'GET',
  role,
  async handle(context) {
    const model = await read(context);
    if (model instanceof Redirect) return model;
    const afterS = refreshS?.(model) ?? null;
    return { ...show(title, view, model, context.t), ...(afterS === null ? {} : { refreshS: afterS }) };
  },
});

type Act = (context: PageContext) => Answer | Promise<Answer>;

/** The route of a form's target: it answers `done`, `notDone`, or a page again, with its status. */
export const action = (name: string, path: string, act: Act, role: Role = 'operateur'): SignedRoute => ({
  name,
  path,
  method: 'POST',
  role,
  handle: act,
});

/** The route of a download. */
export const file = (name: string, path: string, act: Act): SignedRoute => ({
  name,
  path,
  method: 'GET',
  role: 'lecture',
  handle: act,
});
