/** `100 000`. */
export const number = (n: number, options?: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat('fr', options).format(n);

/** One of two texts: French counts 0 as one. */
export const pluralForm = (n: number, one: string, many: string): string => (n < 2 ? one : many);

/** `1 200 badges`. */
export const countedNoun = (n: number, one: string, many: string): string =>
  `${number(n)} ${pluralForm(n, one, many)}`;
