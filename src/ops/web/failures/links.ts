import type { EarnerKey } from '../../../ids.js';
import type { JobRef } from '../../../queue/failures.js';
import { fieldsOf, type Wanted } from './asked.js';

export const LIST = '/ops/echecs';
/** Asks once, and sends again. */
export const CONFIRM = '/ops/echecs/renvoyer';

export const confirmHref = (wanted: Wanted): string =>
  `${CONFIRM}?${new URLSearchParams(fieldsOf(wanted)).toString()}`;
export const groupHref = (group: string, page = 1): string =>
  `/ops/echecs/cause/${encodeURIComponent(group)}${page === 1 ? '' : `?page=${page}`}`;
export const jobHref = ({ queue, id }: JobRef): string =>
  `/ops/echecs/travail/${queue}/${encodeURIComponent(id)}`;
export const replayHref = (id: string): string => `/ops/echecs/renvois/${encodeURIComponent(id)}`;
export const personHref = (earner: EarnerKey): string => `/ops/personne?cle=${encodeURIComponent(earner)}`;
