import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { z } from 'zod';
import type { Role } from '../../../config.js';

/** Somebody who is signed in. */
export interface User {
  /** Unique; what logs and the journal say. Never an address. */
  readonly name: string;
  /** As the configuration says now, not at sign-in. */
  readonly role: Role;
}

/** A message for the page that follows an action. */
export const flashForm = z.object({ kind: z.enum(['good', 'bad']), text: z.string() }).readonly();
export type Flash = z.output<typeof flashForm>;

/** One place of the navigation. */
export interface NavItem {
  /** The route's. */
  readonly name: string;
  readonly href: string;
  readonly words: string;
}

/** What every page has around it; parts ask for it with `useFrame()`. */
export interface Frame {
  /** Null: nobody is signed in. */
  readonly user: User | null;
  readonly nav: readonly NavItem[];
  /** The route's name, whose place in the navigation is marked. */
  readonly current: string;
  readonly name: string;
  readonly hasLogo: boolean;
  /** The scheme's, for instants. */
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

/** An operator has a reader's rights too. */
export const hasRole = (user: User | null, role: Role): boolean =>
  user !== null && (role === 'lecture' || user.role === 'operateur');

/** Whether the one who looks may change anything. */
export const useIsOperator = (): boolean => hasRole(useFrame().user, 'operateur');
