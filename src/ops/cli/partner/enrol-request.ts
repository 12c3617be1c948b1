import { asBadgeId, asClientId, type ClientId } from '../../../ids.js';
import { withoutMarks } from '../../../platform/invisible.js';
import type { EnrolmentLine, NewPartner } from '../../../rules/enrol.js';
import { calendarDay, isId } from '../../../rules/parse/read.js';
import type { Call } from '../context.js';
import { wrongUsage, type Problem } from '../problem.js';
import type { Localized } from '../../shared/words.js';

/** What `partner enrol` was asked for. What makes no sense beside the scheme is found when that is read. */
export interface EnrolRequest {
  readonly clientId: ClientId;
  readonly badge: EnrolmentLine;
  /** Of a partner who is new. */
  readonly partner: NewPartner;
}

/** @throws Problem when something is missing, or cannot be what it should be */
export function enrolRequestOf({ args, flags }: Call): EnrolRequest {
  const text = (flag: string): string | null => textOf(flags[flag]);
  const [clientId = '', badgeId = ''] = args;
  return {
    clientId: asClientId(idOf('client_id', clientId)),
    badge: {
      badgeId: asBadgeId(idOf('badge', badgeId)),
      name: text('name'),
      competency: idOf('--competency', text('competency') ?? missing('--competency')),
      level: levelOf(text('level') ?? missing('--level')),
      ability: text('ability'),
      from: dayOf('--from', text('from')),
      until: dayOf('--until', text('until')),
      replaces: (text('replaces')?.split(',') ?? []).map((id) => asBadgeId(idOf('--replaces', id.trim()))),
    },
    partner: { name: text('partnerName'), secretEnv: variableOf(text('secretEnv')) },
  };
}

/** On one line, and without marks that turn its direction; a name may come from anywhere. */
export const oneLine = (text: string): string =>
  withoutMarks(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();

function textOf(flag: unknown): string | null {
  const text = typeof flag === 'string' ? oneLine(flag) : '';
  return text === '' ? null : text;
}

function missing(flag: string): never {
  throw wrongUsage({
    fr: `Il manque : ${flag}. Aide : npx palier partner enrol --help`,
    en: `Missing: ${flag}. Help: npx palier --lang en partner enrol --help`,
  });
}

function idOf(what: string, typed: string): string {
  if (isId(typed)) return typed;
  throw notOf(what, {
    fr: 'un identifiant (lettres sans accent, chiffres, « _ » et « - »)',
    en: 'an id (letters without accents, digits, "_" and "-")',
  });
}

function levelOf(typed: string): number {
  if (/^[1-9]\d{0,3}$/.test(typed)) return Number(typed);
  throw notOf('--level', { fr: 'un nombre entier à partir de 1', en: 'a whole number from 1' });
}

function dayOf(flag: string, typed: string | null): string | null {
  if (typed === null || calendarDay(typed) !== null) return typed;
  throw notOf(flag, {
    fr: 'une date du calendrier, comme 2024-01-31',
    en: 'a date of the calendar, like 2024-01-31',
  });
}

/** What was typed is not shown: it may be the secret itself. */
function variableOf(typed: string | null): string | null {
  if (typed === null || /^[A-Z_][A-Z0-9_]*$/.test(typed)) return typed;
  throw notOf('--secret-env', {
    fr: "le nom d'une variable d'environnement (majuscules, chiffres, « _ »), jamais le secret lui-même",
    en: 'the name of an environment variable (capitals, digits, "_"), never the secret itself',
  });
}

const notOf = (what: string, expected: Localized): Problem =>
  wrongUsage({ fr: `${what} : attendu, ${expected.fr}.`, en: `${what}: expected ${expected.en}.` });
