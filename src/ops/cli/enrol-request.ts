import { asBadgeId, asClientId, type ClientId } from '../../ids.js';
import type { EnrolmentLine, NewPartner } from '../../rules/enrol.js';
import { calendarDay, isId } from '../../rules/parse/read.js';
import type { Localized } from '../shared/words.js';
import { PARTNER_ARGUMENT } from './arguments.js';
import type { Call, Command } from './context.js';
import { oneLine } from './obf-badges.js';
import { type Problem, wrongUsage } from './problem.js';

const DAY: Localized = { fr: 'AAAA-MM-JJ', en: 'YYYY-MM-DD' };
const ID: Localized = { fr: 'id', en: 'id' };

/** asked.ts reads them. */
const OPTIONS: Command['options'] = [
  {
    flag: '--competency',
    value: ID,
    about: {
      fr: 'la compétence, comme dans scheme.yaml (obligatoire)',
      en: 'the competency, as in scheme.yaml (required)',
    },
  },
  {
    flag: '--level',
    value: { fr: 'n', en: 'n' },
    about: { fr: 'le niveau, 1 ou 2 (obligatoire)', en: 'the level, 1 or 2 (required)' },
  },
  {
    flag: '--ability',
    value: ID,
    about: { fr: 'la capacité de cette compétence', en: 'the ability of that competency' },
  },
  {
    flag: '--name',
    value: { fr: 'nom', en: 'name' },
    about: { fr: "le nom du badge ; sinon, celui d'OBF", en: "the badge's name; otherwise, that of OBF" },
  },
  {
    flag: '--from',
    value: DAY,
    about: {
      fr: 'premier jour où le badge, délivré ce jour-là, compte',
      en: 'first day on which the badge, issued that day, counts',
    },
  },
  { flag: '--until', value: DAY, about: { fr: 'dernier jour', en: 'last day' } },
  {
    flag: '--replaces',
    value: { fr: 'id,id', en: 'id,id' },
    about: {
      fr: 'versions précédentes du même badge : ensemble, elles comptent une fois',
      en: 'earlier versions of the same badge: together they count once',
    },
  },
  {
    flag: '--partner-name',
    value: { fr: 'nom', en: 'name' },
    about: {
      fr: "le nom d'un organisme qui n'est pas encore inscrit",
      en: 'the name of a partner who is not there yet',
    },
  },
  {
    flag: '--secret-env',
    value: { fr: 'VARIABLE', en: 'VARIABLE' },
    about: {
      fr: "de cet organisme, la variable qui porte sa clé d'API",
      en: "that partner's variable with its API key",
    },
  },
];

/** `partner enrol` as its help has it. */
export const ENROL_HELP: Omit<Command, 'run'> = {
  name: 'partner enrol',
  summary: {
    fr: "inscrit un badge d'un partenaire dans partners.yaml",
    en: "enrols a partner's badge in partners.yaml",
  },
  details: [
    {
      fr: "Ajoute les lignes du badge, entre accolades ou clé par clé comme ses voisines ; les commentaires et tout ce qui est inscrit restent, seuls les espaces du fichier peuvent changer. Si quelque chose cloche, rien n'est écrit. « npx palier partner badges » montre les badges d'un partenaire.",
      en: 'Adds the lines of the badge, in braces or key by key like its neighbours; comments and all that is enrolled stay, only the spacing of the file may change. If anything is wrong, nothing is written. "npx palier partner badges" shows the badges of a partner.',
    },
    {
      fr: "Un organisme qui n'est pas encore dans le fichier y entre avec --partner-name et, si vous avez sa clé d'API, --secret-env.",
      en: 'A partner who is not in the file yet comes in with --partner-name and, if you have its API key, --secret-env.',
    },
  ],
  args: [
    PARTNER_ARGUMENT,
    {
      name: { fr: 'badge', en: 'badge' },
      about: { fr: "l'identifiant du badge dans OBF", en: 'the id of the badge in OBF' },
    },
  ],
  options: OPTIONS,
};

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
