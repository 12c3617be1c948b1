/** The languages of the command line; French unless asked otherwise. */
export const LANGS = ['fr', 'en'] as const;
export type Lang = (typeof LANGS)[number];

/** One text in both languages. */
export type Words = Readonly<Record<Lang, string>>;

/** `2 erreurs`, `1 error`. French counts 0 as one. */
export function counted(n: number, one: Words, many: Words): Words {
  return { fr: `${n} ${n < 2 ? one.fr : many.fr}`, en: `${n} ${n === 1 ? one.en : many.en}` };
}
