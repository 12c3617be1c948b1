import { distance } from 'fastest-levenshtein';

/** Case, accents and the choice of dash are what people get wrong most, and weigh nothing here. */
const folded = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[\s_]/g, '-');

/** The longest word that is worth comparing: the cost grows with the square of its length. */
const MAX_LENGTH = 100;

/** The known names, nearest first; equally near ones keep their order. */
function byNearness(name: string, known: readonly string[]): { name: string; far: number }[] {
  const word = folded(name.slice(0, MAX_LENGTH));
  return known
    .map((candidate) => ({ name: candidate, far: distance(word, folded(candidate.slice(0, MAX_LENGTH))) }))
    .toSorted((a, b) => a.far - b.far);
}

/** The known name that was probably meant: at most a third of its letters differ; else null. */
export function nearest(name: string, known: readonly string[]): string | null {
  const [best] = byNearness(name, known);
  if (best === undefined || name.length < 2) return null;
  return best.far <= Math.ceil(best.name.length / 3) && best.far < best.name.length ? best.name : null;
}

const MAX_LISTED = 12;

/** The known names to show to a reader: all when they are few, else the nearest, and how many there are. */
export function shortList(
  name: string,
  known: readonly string[],
): { names: readonly string[]; total: number | null } {
  if (known.length <= MAX_LISTED) return { names: known, total: null };
  const near = byNearness(name, known).slice(0, MAX_LISTED);
  return { names: near.map((candidate) => candidate.name), total: known.length };
}
