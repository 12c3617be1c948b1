import { keepsOut } from './change.js';
import type { KeptAssertion, KeptPortfolio } from './kept.js';

/**
 * Pure. What is kept of an address, and what an older Palier kept of it, in one. Mostly one of them is
 * nothing. A revocation that either saw stays, and so does what an erasure keeps out.
 */
export function withFormer(
  kept: KeptPortfolio,
  former: KeptPortfolio,
  fingerprintOf: (id: KeptAssertion['id']) => string,
): KeptPortfolio {
  const { gone } = kept;
  const more = former.assertions.filter(({ id }) => gone === null || !keepsOut(gone, fingerprintOf(id)));
  return {
    contact: kept.contact ?? former.contact,
    assertions: union(kept.assertions, more),
    linkedTo: kept.linkedTo ?? former.linkedTo,
    linked: [...new Set([...kept.linked, ...former.linked])],
    touched: Math.max(kept.touched, former.touched),
    gone: joinedTombstone(kept.gone, former.gone),
  };
}

function union(kept: readonly KeptAssertion[], former: readonly KeptAssertion[]): readonly KeptAssertion[] {
  const all = new Map(former.map((one) => [one.id, one]));
  for (const one of kept)
    all.set(one.id, { ...one, revoked: one.revoked || all.get(one.id)?.revoked === true });
  return [...all.values()];
}

function joinedTombstone(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  const [[atA = '', ...ofA], [atB = '', ...ofB]] = [a.split(' '), b.split(' ')];
  return [String(Math.max(Number(atA), Number(atB))), ...new Set([...ofA, ...ofB])].join(' ');
}
