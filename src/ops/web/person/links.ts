import type { EarnerKey } from '../../../ids.js';

export const SEARCH = '/ops/personne';

/** A person stands in an address by their key alone. */
export const personHref = (earner: EarnerKey): string => `${SEARCH}/${encodeURIComponent(earner)}`;
