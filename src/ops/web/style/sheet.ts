import { dark, light, variablesOf } from './colours.js';
import { PAGE } from './page.js';
import { PARTS } from './parts.js';

/** What pages of ours need besides; a page that needs a style of its own has a file here. */
const SHEETS: readonly string[] = [PAGE, PARTS];

/** Small, neutral, our own: no font, picture or script from anywhere. @param brand `OPS_COLOUR` */
export const styleSheet = (brand: string): string =>
  [
    `:root { color-scheme: light dark; ${variablesOf(light(brand))} }`,
    `@media (prefers-color-scheme: dark) { :root { ${variablesOf(dark(brand))} } }`,
    ...SHEETS,
  ].join('\n');
