import { Document } from 'yaml';
import type { EnrolmentLine, NewPartner } from './enrol.js';
import type { Style } from './enrol-style.js';

/** The file's own width: what is longer stands key by key. */
const MAX_WIDTH = 110;

/** A value as YAML 1.2 reads it back, in braces or out of them: quoted only where it must be. */
export function scalar(value: string | number): string {
  const doc = new Document(null, { version: '1.2', schema: 'core' });
  doc.contents = doc.createNode([value], { flow: true });
  return doc.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd().slice(1, -1);
}

/** An id in the quotes of its neighbours; what is no id gets those that it needs. */
const quoted = (id: string, quote: Style['quote']): string =>
  /^[\w-]+$/.test(id) ? `${quote}${quote === '' ? scalar(id) : id}${quote}` : scalar(id);

/** `key: value`, in the order of the file's own explanation. */
function badgeFields(badge: EnrolmentLine, { quote }: Style): readonly string[] {
  const id = (text: string): string => quoted(text, quote);
  const fields: readonly (readonly [string, string | null])[] = [
    ['id', id(badge.badgeId)],
    ['name', badge.name === null ? null : scalar(badge.name)],
    ['competency', scalar(badge.competency)],
    ['level', scalar(badge.level)],
    ['ability', badge.ability === null ? null : scalar(badge.ability)],
    ['enrolled_from', badge.from === null ? null : scalar(badge.from)],
    ['enrolled_until', badge.until === null ? null : scalar(badge.until)],
    ['replaces', badge.replaces.length === 0 ? null : `[${badge.replaces.map(id).join(', ')}]`],
  ];
  return written(fields);
}

/** Only what is given. */
const written = (fields: readonly (readonly [string, string | null])[]): readonly string[] =>
  fields.flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}`]));

const braced = (fields: readonly string[], { padded }: Style): string =>
  padded ? `{ ${fields.join(', ')} }` : `{${fields.join(', ')}}`;

/** A badge in braces. */
export const badgeInBraces = (badge: EnrolmentLine, style: Style): string =>
  braced(badgeFields(badge, style), style);

/** The lines of a badge under a list's dash. */
export function badgeLines(badge: EnrolmentLine, style: Style, dash: number): readonly string[] {
  const line = `${indent(dash)}- ${badgeInBraces(badge, style)}`;
  if (style.braces && line.length <= MAX_WIDTH) return [line];
  return dashed(badgeFields(badge, style), dash);
}

const partnerFields = (clientId: string, { name, secretEnv }: NewPartner, { quote }: Style) =>
  written([
    ['client_id', quoted(clientId, quote)],
    ['name', name === null ? null : scalar(name)],
    ['secret_env', secretEnv === null ? null : scalar(secretEnv)],
  ]);

export function partnerInBraces(
  clientId: string,
  partner: NewPartner,
  badge: EnrolmentLine,
  style: Style,
): string {
  const badges = `badges: [${badgeInBraces(badge, style)}]`;
  return braced([...partnerFields(clientId, partner, style), badges], style);
}

/** The lines of a new partner, its first badge included, under a list's dash. */
export function partnerLines(
  clientId: string,
  partner: NewPartner,
  badge: EnrolmentLine,
  style: Style,
  dash: number,
): readonly string[] {
  const fields = [...partnerFields(clientId, partner, style), 'badges:'];
  return [...dashed(fields, dash), ...badgeLines(badge, style, dash + 2 + style.step)];
}

const dashed = (fields: readonly string[], dash: number): readonly string[] =>
  fields.map((field, at) => `${indent(dash)}${at === 0 ? '- ' : '  '}${field}`);

export const indent = (columns: number): string => ' '.repeat(columns);
