import { distance } from 'fastest-levenshtein';
import type { Place, Words, Node } from './fault.js';

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

interface NounWords {
  readonly fr: string;
  readonly en: string;
  readonly feminine: boolean;
  /** Said after the name of one that is unknown. */
  readonly whyFr?: string;
  readonly whyEn?: string;
}

/** A badge is unknown to the scheme when no partner's line names it. */
const NOBODY = { whyFr: ", que personne n'a inscrit", whyEn: ', which nobody enrolled' };

/** What a name can be the name of, with what French grammar needs. */
const NOUNS = {
  key: { fr: 'clé', en: 'key', feminine: true },
  competency: { fr: 'compétence', en: 'competency', feminine: true },
  ability: { fr: 'capacité', en: 'ability', feminine: true },
  award: { fr: 'badge Région', en: 'award', feminine: false },
  partner: { fr: 'partenaire', en: 'partner', feminine: false },
  badge: { fr: 'badge', en: 'badge', feminine: false },
  enrolled: { fr: 'badge', en: 'badge', feminine: false, ...NOBODY },
  value: { fr: 'valeur', en: 'value', feminine: true },
} as const satisfies Record<string, NounWords>;

export type Noun = keyof typeof NOUNS;

const MAX_SHOWN = 60;

/** A value as it may be shown: short, on one line, and never an address. */
export function shown(value: string): string {
  if (value.includes('@')) return '[...@...]';
  const line = value.replace(/[\s\p{Cc}]+/gu, ' ');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}...` : line;
}

const quoted = (value: string): Words => ({ fr: `« ${shown(value)} »`, en: `"${shown(value)}"` });

function found(node: Node): Words {
  if (node.kind === 'map') return { fr: 'une table (clé : valeur)', en: 'a map' };
  if (node.kind === 'list') return { fr: 'une liste', en: 'a list' };
  return node.value === null ? { fr: 'rien', en: 'nothing' } : quoted(node.text);
}

/** A value that is not of the kind that is allowed here. */
export function expected(what: Words, node: Node): Words {
  const instead = found(node);
  return {
    fr: `attendu : ${what.fr} ; trouvé : ${instead.fr}`,
    en: `expected ${what.en}, found ${instead.en}`,
  };
}

/** A name that is not among the known ones, with the one that was probably meant. */
export function unknown(noun: Noun, name: string, known: readonly string[]): Words {
  const { fr, en, feminine, whyFr = '', whyEn = '' }: NounWords = NOUNS[noun];
  const near = nearest(name, known);
  const list = shortList(name, known);
  const names = list.names.map(shown).join(', ');
  const e = feminine ? 'e' : '';
  const none = { fr: `aucun${e} n'est déclaré${e}`, en: 'none is declared' };
  const listed = {
    fr: `connu${e}s : ${names}${list.total === null ? '' : `, ... ${list.total} en tout`}`,
    en: `known: ${names}${list.total === null ? '' : `, ... ${list.total} in all`}`,
  };
  const all = known.length === 0 ? none : listed;
  return {
    fr: `${fr} inconnu${e} ${quoted(name).fr}${whyFr}${near === null ? '' : ` : vouliez-vous dire « ${shown(near)} » ?`} (${all.fr})`,
    en: `unknown ${en} ${quoted(name).en}${whyEn}${near === null ? '' : `: did you mean "${shown(near)}"?`} (${all.en})`,
  };
}

export const missingKey = (key: string): Words => ({
  fr: `la clé « ${key} » manque`,
  en: `the key "${key}" is missing`,
});

const where = ({ file, line }: Place): string => `${file}:${line}`;

/** A name that may stand once only, and where it stands already. */
export function already(noun: Noun, name: string, first: Place): Words {
  const { fr, en } = NOUNS[noun];
  return {
    fr: `${fr} ${quoted(name).fr} en double : déjà en ${where(first)}`,
    en: `${en} ${quoted(name).en} is given twice: already at ${where(first)}`,
  };
}

/** Things that stand on each other in a circle; `path` begins and ends with the same name. */
export function circle(verb: Words, path: readonly string[]): Words {
  return {
    fr: `boucle : ${path.map((name) => `« ${shown(name)} »`).join(` ${verb.fr} `)}`,
    en: `circle: ${path.map((name) => `"${shown(name)}"`).join(` ${verb.en} `)}`,
  };
}
