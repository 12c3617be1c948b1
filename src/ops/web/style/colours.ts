/** Each name's colour; what stands on what, and how well it can be read, is held by a test. */
export interface Palette {
  readonly page: string;
  readonly text: string;
  readonly muted: string;
  /** Edges of what can be used. */
  readonly edge: string;
  /** Between what is only read. */
  readonly line: string;
  readonly link: string;
  readonly focus: string;
  readonly good: string;
  readonly waiting: string;
  readonly bad: string;
  /** Under the brand's and the danger's white text. */
  readonly brand: string;
  readonly danger: string;
}

/** @param brand `OPS_COLOUR`, which white text can be read on, and so can it on white */
export const light = (brand: string): Palette => ({
  page: '#ffffff',
  text: '#1b1f24',
  muted: '#57606a',
  edge: '#6e7781',
  line: '#d0d7de',
  link: brand,
  focus: '#0b57d0',
  good: '#1a6b32',
  waiting: '#7a4d00',
  bad: '#a40e26',
  brand,
  danger: '#a40e26',
});

export const dark = (brand: string): Palette => ({
  page: '#12161c',
  text: '#e6e9ed',
  muted: '#a5adb7',
  edge: '#8b949e',
  line: '#3d444d',
  link: '#9cc7f5',
  focus: '#f0c060',
  good: '#6fd68a',
  waiting: '#f0c060',
  bad: '#ff9aa2',
  brand,
  danger: '#a40e26',
});

export const variablesOf = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
