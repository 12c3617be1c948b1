import { dark, light, styleSheet, type Palette } from '../../src/ops/web/parts/style.js';

/** WCAG 2.1's contrast ratio of two colours. */
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const part = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

const WHITE = '#ffffff';
/** The lightest that OPS_COLOUR may be, and others. */
const BRANDS = ['#1d4f72', '#767676', '#000000', '#0b5fff', '#c00000'];

const SCHEMES = BRANDS.flatMap((brand): readonly [string, Palette][] => [
  [`light, ${brand}`, light(brand)],
  [`dark, ${brand}`, dark(brand)],
]);

test.each(SCHEMES)('%s: text, edges and focus can be seen', (_, palette) => {
  const text = (['text', 'muted', 'link', 'good', 'waiting', 'bad'] as const).filter(
    (name) => contrast(palette[name], palette.page) < 4.5,
  );
  const edges = (['edge', 'focus'] as const).filter((name) => contrast(palette[name], palette.page) < 3);
  const underWhite = (['brand', 'danger'] as const).filter((name) => contrast(palette[name], WHITE) < 4.5);
  expect([text, edges, underWhite]).toEqual([[], [], []]);
});

const sheet = styleSheet('#1d4f72');

test('every colour has a name, and every name a colour', () => {
  const used = new Set([...sheet.matchAll(/var\(--(\w+)\)/g)].map(([, name]) => name));
  expect([...used].filter((name) => !(name !== undefined && name in light('#000000')))).toEqual([]);
  // Beside white on the brand, and black on paper, nothing is coloured but by name.
  const rules = sheet.replaceAll(/--\w+: [^;]+;/g, '');
  expect(
    [...rules.matchAll(/#[0-9a-f]{3,8}\b/gi)].map(([colour]) => colour).filter((one) => one !== '#fff'),
  ).toEqual([]);
});

test('nothing is fetched from anywhere', () => {
  expect(sheet).not.toMatch(/url\(|@import|@font-face|https?:/i);
});

test('it knows the dark, small windows, paper and the keyboard', () => {
  for (const part of ['prefers-color-scheme: dark', '@media (max-width', '@media print', ':focus-visible'])
    expect(sheet).toContain(part);
});

test('no width stands in the way of a window of 320 pixels', () => {
  const narrow = sheet.replaceAll(/@media \(width >= \d+rem\) \{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '');
  const widths = [...narrow.matchAll(/min-width:\s*([\d.]+)(rem|px)/g)];
  expect(widths).toEqual([]);
});
