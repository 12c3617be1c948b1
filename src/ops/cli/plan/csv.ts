import type { Plan } from '../../../rules/plan-tally.js';

/** One line a person and award (RFC 4180): `gains`, or `loses_rule` for who keeps it without qualifying. */
export function* csvLines({ awards }: Pick<Plan, 'awards'>): Iterable<string> {
  yield 'award,earner,change';
  for (const { award, gains, losesRule } of awards) {
    for (const earner of gains) yield rowOf(award.id, earner, 'gains');
    for (const earner of losesRule) yield rowOf(award.id, earner, 'loses_rule');
  }
}

const rowOf = (...cells: readonly string[]): string => cells.map(quoted).join(',');

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
