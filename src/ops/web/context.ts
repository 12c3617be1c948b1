import type { Role } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { Lang, Localized } from '../shared/words.js';

/** Whoever is signed in. */
export interface User {
  /** Theirs alone; what logs and the account say. Never an address. */
  readonly name: string;
  /** As the configuration says now, not when they signed in. */
  readonly role: Role;
}

/** All that a page, or an action, is given. */
export interface PageContext {
  readonly pipeline: Pipeline;
  readonly user: User;
  readonly lang: Lang;
  /** What follows `?` in the address. */
  readonly query: URLSearchParams;
  /** What was posted; empty on a GET. */
  readonly form: URLSearchParams;
  /** The named parts of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  /** Its lines carry the request's id. */
  readonly log: Logger;
  readonly clock: Clock;
}

/** What an action has to say on the page that follows it. */
export interface Flash {
  readonly kind: 'good' | 'bad';
  readonly text: Localized;
}
