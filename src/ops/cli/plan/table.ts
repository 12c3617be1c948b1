/**
 * Lines of a table: the first column to the left, the others, numbers, to the right.
 * @param rows each as long as the heading
 */
export function tableLines(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [heading, ...rows];
  const widths = heading.map((_, at) => Math.max(...all.map((row) => lengthOf(row[at] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, at) => padded(cell, widths[at] ?? 0, at > 0))
      .join('  ')
      .trimEnd(),
  );
}

/** As people count letters: an accent that stands apart is none. */
const lengthOf = (text: string): number => text.normalize('NFC').length;

function padded(cell: string, width: number, right: boolean): string {
  const room = ' '.repeat(Math.max(0, width - lengthOf(cell)));
  return right ? room + cell : cell + room;
}
