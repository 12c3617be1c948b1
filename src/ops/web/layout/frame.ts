import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Lang, Localized } from '../../shared/words.js';
import type { Flash, User } from '../context.js';

/** One place of the navigation. */
export interface NavItem {
  /** The route's. */
  readonly name: string;
  readonly href: string;
  readonly words: Localized;
  readonly role: User['role'];
}

/** What every page has around it; parts ask for it with `useFrame()`. */
export interface Frame {
  readonly lang: Lang;
  /** Null: nobody is signed in. */
  readonly user: User | null;
  readonly nav: readonly NavItem[];
  /** The route's name, of which the navigation's place is marked. */
  readonly current: string;
  readonly name: string;
  readonly logoHref: string | null;
  readonly styleHref: string;
  /** This page in the other language. */
  readonly otherLangHref: string;
  /** The scheme's, in which instants are written. */
  readonly timeZone: string;
  readonly flash: Flash | null;
  readonly requestId: string;
}

export const FrameContext = createContext<Frame | null>(null);

/** @throws outside of a page */
export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (frame === null) throw new Error('There is no frame around this part');
  return frame;
}

/** What an operator may do, a reader may not. */
export const hasRole = (user: User | null, role: User['role']): boolean =>
  user !== null && (role === 'lecture' || user.role === 'operateur');
