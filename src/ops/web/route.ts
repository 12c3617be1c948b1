import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { h, type VNode } from 'preact';
import type { Role } from '../../config.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { Lang, Localized } from '../shared/words.js';
import type { Answer, PageAnswer } from './answer.js';
import type { PageContext, User } from './context.js';
import type { Visit } from './http/visit.js';

interface Named {
  /** Its name in logs, and in the navigation. */
  readonly name: string;
  /** Below `/ops`, as Express writes it: `/personne/:earner`. */
  readonly path: string;
  /** Its words in the navigation; without, it does not stand there. */
  readonly nav?: Localized;
}

/** A route for whoever is signed in, and has at least that role. */
export interface SignedRoute extends Named {
  readonly method: 'GET' | 'POST';
  readonly role: Role;
  readonly handle: (context: PageContext, visit: Visit) => Answer | Promise<Answer>;
}

/** A route for anybody: signing in. */
export interface OpenRoute extends Named {
  readonly method: 'GET' | 'POST';
  readonly role: 'nobody';
  /** Each call is counted, and refused above a number of them. */
  readonly limited: boolean;
  readonly handle: (visit: Visit) => Answer | Promise<Answer>;
}

export type Route = SignedRoute | OpenRoute;

/** Another program's pages, under a path of ours and behind our sign-in: it answers whatever it is let. */
export interface Mount extends Named {
  readonly role: Role;
  /** Which of its writes are let through, and for whom; all others are refused. Paths are below the mount's. */
  readonly mayWrite: (method: string, path: string) => Role | 'nobody';
  /** @param whoOf who is signed in, of a request that came through our door */
  readonly build: (pipeline: Pipeline, whoOf: (req: IncomingMessage) => User) => RequestHandler;
}

/** A view is pure: what was read, and the language. Everything else about the request is `useFrame()`'s. */
export type View<Model> = (props: { readonly model: Model; readonly lang: Lang }) => VNode;

/** A page: what is read, and how it is shown. */
export interface Page<Model> extends Named {
  readonly title: Localized | ((model: Model) => Localized);
  /** `lecture` unless it says otherwise. */
  readonly role?: Role;
  /** @throws OpsProblem `not_found`, when there is no such thing */
  readonly read: (context: PageContext) => Model | Promise<Model>;
  readonly view: View<Model>;
}

/** Something done by a form. It answers with `done`, `notDone`, or the page again: `show(PAGE, model, lang, 422)`. */
export interface Action extends Named {
  /** `operateur` unless it says otherwise, which a test must know of. */
  readonly role?: Role;
  readonly act: (context: PageContext) => Answer | Promise<Answer>;
}

/** A page with this in it. */
export const show = <Model>(page: Page<Model>, model: Model, lang: Lang, status = 200): PageAnswer => ({
  kind: 'page',
  status,
  title: typeof page.title === 'function' ? page.title(model) : page.title,
  body: h(page.view, { model, lang }),
});

/** The route of a page. */
export const page = <Model>(one: Page<Model>): SignedRoute => ({
  ...named(one),
  method: 'GET',
  role: one.role ?? 'lecture',
  handle: async (context) => show(one, await one.read(context), context.lang),
});

/** The route of something that is read as a file: an export. */
export const file = (one: Action): SignedRoute => ({
  ...action(one),
  method: 'GET',
  role: one.role ?? 'lecture',
});

/** The route of an action. */
export const action = (one: Action): SignedRoute => ({
  ...named(one),
  method: 'POST',
  role: one.role ?? 'operateur',
  handle: one.act,
});

const named = ({ name, path, nav }: Named): Named => ({ name, path, ...(nav === undefined ? {} : { nav }) });
