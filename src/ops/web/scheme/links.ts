import type { AwardId } from '../../../ids.js';

export const SCHEME_PATH = '/ops/bareme';
export const PLAN_ACTION = '/ops/bareme/plan';
export const APPLY_ACTION = '/ops/bareme/appliquer';

/** The scheme, with the plan of all, or of one award alone. */
export const schemeHref = (only: AwardId | null): string =>
  only === null ? SCHEME_PATH : `${SCHEME_PATH}?badge=${encodeURIComponent(only)}`;

/** The same, without it being loaded again by itself. */
export const stillHref = (only: AwardId | null): string =>
  `${SCHEME_PATH}?${only === null ? '' : `badge=${encodeURIComponent(only)}&`}fige=1`;
