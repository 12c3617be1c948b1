import type { ComponentChildren } from 'preact';
import type { Localized } from '../shared/words.js';
import type { Flash } from './context.js';

/** What a route answers with. A refusal is thrown: see `OpsProblem`. */
export type Answer = PageAnswer | GoTo | FileAnswer;

export interface PageAnswer {
  readonly kind: 'page';
  readonly status: number;
  readonly title: Localized;
  /** What stands below the page's title. */
  readonly body: ComponentChildren;
  /** Where the browser goes on to by itself, at once. */
  readonly onTo?: string;
}

/** 303: the browser asks for `to`, and a reload does nothing twice. */
export interface GoTo {
  readonly kind: 'goto';
  /** A path of ours, or the whole address of the identity provider. */
  readonly to: string;
  readonly flash: Flash | null;
}

/** Something to keep, such as an export; it is sent as it is made. */
export interface FileAnswer {
  readonly kind: 'file';
  /** As it will be called. */
  readonly name: string;
  readonly type: string;
  readonly text: string | AsyncIterable<string>;
}

/** After an action: on to a page, which says what happened. */
export const goTo = (to: string, flash: Flash | null = null): GoTo => ({ kind: 'goto', to, flash });

/** It was done. */
export const done = (to: string, text: Localized): GoTo => goTo(to, { kind: 'good', text });

/** It was not, and why. */
export const notDone = (to: string, text: Localized): GoTo => goTo(to, { kind: 'bad', text });

export const download = (
  name: string,
  type: 'text/csv' | 'application/json' | 'application/x-ndjson',
  text: FileAnswer['text'],
): FileAnswer => ({ kind: 'file', name, type, text });
