/** A line of an explanation, and what stands under it. */
export interface Line {
  readonly text: string;
  readonly under: readonly Line[];
}

/** Pure. Lines that are indented, two spaces a level, as the tree that they tell. */
export function treeOf(lines: readonly string[]): readonly Line[] {
  const [first, ...rest] = lines;
  if (first === undefined) return [];
  const depth = depthOf(first);
  const end = rest.findIndex((line) => depthOf(line) <= depth);
  const under = end === -1 ? rest : rest.slice(0, end);
  return [{ text: first.trim(), under: treeOf(under) }, ...treeOf(rest.slice(under.length))];
}

const depthOf = (line: string): number => line.length - line.trimStart().length;
