/** A tag, with its attributes; what is code or typed stays as it is, to be copied. */
const PARTS = /<(code|textarea|pre)\b[^>]*>.*?<\/\1>|<[^">]*(?:"[^"]*"[^">]*)*>|[^<]+/gs;

/**
 * The spaces of a French page that no line ends at: within « » and before two-part marks. Words are written
 * with plain spaces; this is the one place that knows better. Attributes stay as they are.
 * @param html as preact renders it: attributes in double quotes, text escaped
 * @see Lexique des règles typographiques en usage à l'Imprimerie nationale
 */
export const typesetFrench = (html: string): string =>
  html.replaceAll(PARTS, (part) => (part.startsWith('<') ? part : spaced(part)));

const spaced = (text: string): string =>
  text
    .replaceAll('« ', '«\u00a0')
    .replaceAll(' »', '\u00a0»')
    .replaceAll(' :', '\u00a0:')
    .replaceAll(/ (?=[;?!])/g, '\u202f');
