import { asBadgeId, asClientId, type ClientId } from '../../../ids.js';
import type { EnrolmentLine, NewPartner } from '../../../rules/enrol.js';
import { calendarDay, isId } from '../../../rules/parse/value.js';
import { say } from '../../shared/words.js';
import { PARTNER_ARGUMENT } from '../arguments.js';
import { oneLine } from './partner-badges.js';
import { type Call, type Command, wrongUsage } from '../command.js';

/** `partner enrol` as its help has it. */
export const ENROL_HELP: Omit<Command, 'run'> = {
  name: 'partner enrol',
  help: [
    say`inscrit un badge d'un partenaire dans partners.yaml
      enrols a partner's badge in partners.yaml`,
    say`Ajoute les lignes du badge, entre accolades ou clé par clé comme ses voisines ; les commentaires et tout ce qui est inscrit restent, seuls les espaces du fichier peuvent changer. Si quelque chose cloche, rien n'est écrit. « npx palier partner badges » montre les badges d'un partenaire.
      Adds the lines of the badge, in braces or key by key like its neighbours; comments and all that is enrolled stay, only the spacing of the file may change. If anything is wrong, nothing is written. "npx palier partner badges" shows the badges of a partner.`,
    say`Un organisme qui n'est pas encore dans le fichier y entre avec --partner-name et, si vous avez sa clé d'API, --secret-env.
      A partner who is not in the file yet comes in with --partner-name and, if you have its API key, --secret-env.`,
  ],
  args: {
    ...PARTNER_ARGUMENT,
    badge: say`l'identifiant du badge dans OBF
      the id of the badge in OBF`,
  },
  options: {
    '--competency <id>': say`la compétence, comme dans scheme.yaml (obligatoire)
      the competency, as in scheme.yaml (required)`,
    '--level <n>': say`le niveau, 1 ou 2 (obligatoire)
      the level, 1 or 2 (required)`,
    '--ability <id>': say`la capacité de cette compétence
      the ability of that competency`,
    '--name <nom|name>': say`le nom du badge ; sinon, celui d'OBF
      the badge's name; otherwise, that of OBF`,
    '--from <AAAA-MM-JJ|YYYY-MM-DD>': say`premier jour où le badge, délivré ce jour-là, compte
      first day on which the badge, issued that day, counts`,
    '--until <AAAA-MM-JJ|YYYY-MM-DD>': say`dernier jour
      last day`,
    '--replaces <id,id>': say`versions précédentes du même badge : ensemble, elles comptent une fois
      earlier versions of the same badge: together they count once`,
    '--partner-name <nom|name>': say`le nom d'un organisme qui n'est pas encore inscrit
      the name of a partner who is not there yet`,
    '--secret-env <VARIABLE>': say`de cet organisme, la variable qui porte sa clé d'API
      that partner's variable with its API key`,
  },
};

/** What `partner enrol` was asked for. What makes no sense beside the scheme is found when that is read. */
export interface EnrolRequest {
  readonly clientId: ClientId;
  readonly badge: EnrolmentLine;
  /** Of a partner who is new. */
  readonly partner: NewPartner;
}

/** @throws Problem when something is missing, or cannot be what it should be */
export function enrolRequestOf({ args, text: typed }: Call): EnrolRequest {
  const text = (option: string): string | null => oneLine(typed(option) ?? '') || null;
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

function missing(flag: string): never {
  throw wrongUsage(say`Il manque : ${flag}. Aide : npx palier partner enrol --help
    Missing: ${flag}. Help: npx palier --lang en partner enrol --help`);
}

function idOf(what: string, typed: string): string {
  if (isId(typed)) return typed;
  throw notOf(what)`un identifiant (lettres sans accent, chiffres, « _ » et « - »)
      an id (letters without accents, digits, "_" and "-")`;
}

function levelOf(typed: string): number {
  if (/^[1-9]\d{0,3}$/.test(typed)) return Number(typed);
  throw notOf('--level')`un nombre entier à partir de 1
    a whole number from 1`;
}

function dayOf(flag: string, typed: string | null): string | null {
  if (typed === null || calendarDay(typed) !== null) return typed;
  throw notOf(flag)`une date du calendrier, comme 2024-01-31
      a date of the calendar, like 2024-01-31`;
}

/** What was typed is not shown: it may be the secret itself. */
function variableOf(typed: string | null): string | null {
  if (typed === null || /^[A-Z_][A-Z0-9_]*$/.test(typed)) return typed;
  throw notOf(
    '--secret-env',
  )`le nom d'une variable d'environnement (majuscules, chiffres, « _ »), jamais le secret lui-même
      the name of an environment variable (capitals, digits, "_"), never the secret itself`;
}

const notOf =
  (what: string) =>
  (...words: Parameters<typeof say>) => {
    const expected = say(...words);
    return wrongUsage(say`${what} : attendu, ${expected}.
      ${what}: expected ${expected}.`);
  };
