import { availableAt } from './helpful-facts.js';
import { picks } from './selector.js';
import type { BadgesCondition, Condition, Enrolment, Scheme } from './types.js';

/** Badges that the same conditions pick. */
export interface Kind {
  readonly pickedBy: ReadonlySet<Condition>;
  readonly badges: readonly Enrolment[];
}

const remembered = new WeakMap<Scheme, { readonly nowS: number; readonly kinds: readonly Kind[] }>();

/**
 * The badges that can be issued at `nowS` (Unix seconds), by what picks them. Remembered: everybody is asked
 * about at one instant.
 */
export function kindsAt(scheme: Scheme, nowS: number): readonly Kind[] {
  const known = remembered.get(scheme);
  if (known?.nowS === nowS) return known.kinds;
  const conditions = scheme.awards.flatMap(({ rule }) => conditionsIn(rule));
  const byPick = new Map<string, { pickedBy: Set<Condition>; badges: Enrolment[] }>();
  for (const badge of availableAt(scheme, nowS)) {
    const picked = conditions.map((condition) => picks(condition.selector, badge));
    const name = picked.map(Number).join('');
    const kind = byPick.get(name);
    const pickedBy = (): Set<Condition> => new Set(conditions.filter((_, at) => picked[at] === true));
    if (kind === undefined) byPick.set(name, { pickedBy: pickedBy(), badges: [badge] });
    else kind.badges.push(badge);
  }
  const kinds = [...byPick.values()];
  remembered.set(scheme, { nowS, kinds });
  return kinds;
}

function conditionsIn(rule: Condition): readonly BadgesCondition[] {
  if (rule.kind === 'holds') return [];
  return rule.kind === 'badges' ? [rule] : rule.of.flatMap(conditionsIn);
}
