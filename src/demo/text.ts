const NO_BREAK = '\u00a0';

/** Keeps French signs with their words when a line is broken. */
const bound = (text: string): string =>
  text.replaceAll(/ ([:;!?»])/g, `${NO_BREAK}$1`).replaceAll('« ', `«${NO_BREAK}`);

/**
 * Breaks a text into lines of at most `width` characters, between words; a longer word stands alone.
 * @returns at least one line
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of bound(text).split(/[ \n]+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') lines.push(line);
    line = longer.length > width ? word : longer;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK, ' '));
}

/** `un`, `un et deux`, `un, deux et trois`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} et ${last}`;
}

/** `de Farid`, `d'Amina`. */
export const ofPerson = (name: string): string =>
  /^[aeiouyéèêâîô]/i.test(name) ? `d'${name}` : `de ${name}`;

/** `3 badges`, `1 badge`, `0 badge`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count < 2 ? one : many}`;
