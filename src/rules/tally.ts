import type { Tally } from './verdict.js';

/**
 * Whether a tally reaches what it needs. A need of nothing is never reached: loading refuses one, and should
 * one ever get here, it may not give the award to everybody.
 */
export const reached = ({ have, need }: Tally): boolean => need > 0 && have >= need;
