import type { SchemeFault } from '../../src/rules/parse/messages.js';
import { parseScheme, type ParseResult } from '../../src/rules/parse/parse-scheme.js';
import type { Scheme } from '../../src/rules/types.js';

/** Marks, in a text, the place where a fault must be told. */
const MARK = '§';

const SCHEME = 'config/scheme.yaml';
const PARTNERS = 'config/partners.yaml';

export const parse = (scheme: string, partners = GOOD_PARTNERS, timeZone = 'Europe/Paris'): ParseResult =>
  parseScheme(
    {
      scheme: { name: SCHEME, text: scheme.replace(MARK, '') },
      partners: { name: PARTNERS, text: partners.replace(MARK, '') },
    },
    timeZone,
  );

/** `file:line:column` of the mark. */
export function markedPlace(scheme: string, partners = ''): string {
  const [file, text] = scheme.includes(MARK) ? [SCHEME, scheme] : [PARTNERS, partners];
  const before = text.slice(0, text.indexOf(MARK)).split('\n');
  if (!text.includes(MARK)) throw new Error('The text marks no place');
  return `${file}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

export const placeOf = ({ file, line, column }: SchemeFault): string => `${file}:${line}:${column}`;

export function faultsOf(result: ParseResult): readonly SchemeFault[] {
  return result.ok ? [] : result.faults;
}

export function schemeOf(result: ParseResult): Scheme {
  if (!result.ok) throw new Error(result.faults.map((fault) => `${placeOf(fault)} ${fault.en}`).join('\n'));
  return result.scheme;
}

export const GOOD_PARTNERS = `partners:
  - client_id: P1
    badges:
      - { id: B1, competency: communiquer, level: 1, ability: interagir, replaces: [B0] }
      - { id: B0, competency: communiquer, level: 1, enrolled_until: 2023-12-31 }
      - { id: B2, competency: communiquer, level: 2 }
  - client_id: P2
    badges:
      - { id: B3, competency: communiquer, level: 1 }
      - { id: B4, competency: organiser, level: 1 }
`;

/** A good scheme but for what is put in. */
export const schemeWith = (
  parts: {
    rule?: string;
    award?: string;
    more?: string;
    competencies?: string;
  } = {},
): string => `scheme: Essai
competencies:
  communiquer:
    name: Communiquer
    abilities: { interagir: Interagir, transmettre: Transmettre }
  organiser: { name: Organiser }
${parts.competencies ?? ''}
awards:
  communiquer-1:
    badge: R1
    rule: ${parts.rule ?? '{ at_least: 1, of: { competency: communiquer } }'}
    ${parts.award ?? 'level: 1'}
  communiquer-2: { badge: R2, rule: { holds: communiquer-1 } }
${parts.more ?? ''}
`;

/** The good partners, with one more badge of P2, and one more partner. */
export const partnersWith = (parts: { badge?: string; partner?: string }): string =>
  `${GOOD_PARTNERS}${parts.badge === undefined ? '' : `      - ${parts.badge}\n`}${
    parts.partner === undefined ? '' : `  - ${parts.partner}\n`
  }`;
