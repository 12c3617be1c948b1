/** Returns each colour for light and dark; a test checks contrasts. @param brand must contrast with white */
export const coloursOf = (brand: string) =>
  ({
    page: ['#ffffff', '#12161c'],
    text: ['#1b1f24', '#e6e9ed'],
    muted: ['#57606a', '#a5adb7'],
    /** Edges of controls. */
    edge: ['#6e7781', '#8b949e'],
    /** Lines between texts. */
    line: ['#d0d7de', '#3d444d'],
    link: [brand, '#9cc7f5'],
    focus: ['#0b57d0', '#f0c060'],
    good: ['#1a6b32', '#6fd68a'],
    waiting: ['#7a4d00', '#f0c060'],
    bad: ['#a40e26', '#ff9aa2'],
    /** Both are backgrounds of white text. */
    brand: [brand, brand],
    danger: ['#a40e26', '#a40e26'],
  }) as const;

const PAGE = `
*, *::before, *::after { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere; }
main, footer, .bar, nav > ul { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
main { padding-block: 1.5rem 3rem; }
main:focus { outline: none; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2rem 0 .75rem; }
p { max-width: 44rem; margin: 0 0 1rem; }
a { color: var(--link); text-decoration: underline; text-underline-offset: .15em; }
a:hover { text-decoration-thickness: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
small, .muted { color: var(--muted); font-size: .875rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }

.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--page); }
.skip:focus { left: 0; top: 0; z-index: 1; }

header { background: var(--brand); color: #fff; --focus: #fff; }
header a { color: #fff; }
.bar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  padding-block: .75rem; }
.brand { display: inline-flex; align-items: center; gap: .75rem; font-size: 1.125rem; font-weight: 600;
  text-decoration: none; }
.brand img { height: 2rem; width: auto; }
.account { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; }
.account form { margin: 0; }

nav > ul { display: flex; flex-wrap: wrap; list-style: none; }
header nav a { display: block; padding: .5rem .75rem; border-bottom: 4px solid transparent; text-decoration: none; }
header nav a:hover { text-decoration: underline; }
header nav a[aria-current] { border-bottom-color: #fff; font-weight: 600; }

footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem 1rem; padding-block: 1rem;
  border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }

@media print {
  :root { --page: #fff; --text: #000; --muted: #333; --link: #000; }
  header, .skip, form, .pager, details.confirm { display: none; }
  main, footer { max-width: none; padding-inline: 0; }
}
`;

const PARTS = `
button, .button { font: inherit; font-weight: 600; display: inline-block; min-height: 2.75rem;
  padding: .5rem 1rem; border: 1px solid var(--edge); border-radius: .25rem; background: var(--brand); color: #fff;
  text-decoration: none; cursor: pointer; }
button:hover, .button:hover { text-decoration: underline; }
button.danger { background: var(--danger); }
button.quiet { background: transparent; border-color: #fff; min-height: 2rem; padding: .125rem .75rem;
  font-weight: 400; }

.field { margin: 0 0 1rem; max-width: 32rem; }
.field label { display: block; font-weight: 600; }
.field label small { font-weight: 400; }
.field p { margin: 0 0 .25rem; color: var(--muted); font-size: .875rem; }
.field p.fault { margin: .25rem 0 0; color: var(--bad); font-weight: 600; }
input, select, textarea { font: inherit; width: 100%; min-height: 2.75rem; padding: .375rem .75rem;
  border: 1px solid var(--edge); border-radius: .25rem; background: var(--page); color: var(--text); }
input[aria-invalid] { border: 2px solid var(--bad); }
.narrow { max-width: 24rem; }
form.filter { display: flex; flex-wrap: wrap; align-items: end; gap: 0 1rem; }
form.filter > * { margin-bottom: 1rem; }
form.action { margin: .5rem 0; }

details.confirm { margin: .5rem 0; }
details.confirm > summary { display: inline-block; padding: .375rem .75rem; border: 1px solid var(--edge);
  border-radius: .25rem; font-weight: 600; cursor: pointer; }
details.confirm[open] { padding: .75rem; border: 1px solid var(--edge); border-radius: .25rem; max-width: 44rem; }
details.confirm + .scroll { margin-top: 1.5rem; }
details.confirm[open] > summary { border: 0; padding: 0 0 .5rem; }

.alert { margin: 0 0 1.5rem; padding: .75rem 1rem; border: 1px solid var(--edge); border-left-width: .5rem;
  max-width: 44rem; }
.alert > :last-child { margin-bottom: 0; }
.alert.good { border-color: var(--good); }
.alert.bad { border-color: var(--bad); }

.state { display: inline-block; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem;
  font-size: .875rem; font-weight: 600; white-space: nowrap; }
.state.good { color: var(--good); }
.state.waiting { color: var(--waiting); }
.state.bad { color: var(--bad); }
.state.neutral { color: var(--muted); }

.scroll { overflow-x: auto; margin: 0 0 1.5rem; }
table { border-collapse: collapse; width: 100%; overflow-wrap: normal; }
/* Where its table is wider than the window, it is not. */
caption { position: sticky; left: 0; max-width: calc(100vw - 2rem); text-align: left; font-weight: 600;
  padding: 0 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--edge); vertical-align: bottom; }
tbody th { font-weight: 600; }
tbody th small { font-weight: 400; }
td > ul { margin: 0; padding-left: 1.25rem; }
th.number, td.number { text-align: right; padding-right: 1.5rem; font-variant-numeric: tabular-nums; }

dl { margin: 0 0 1.5rem; }
dl > div { display: grid; grid-template-columns: minmax(8rem, 16rem) 1fr; gap: 0 1rem; padding: .375rem 0;
  border-bottom: 1px solid var(--line); }
dt { color: var(--muted); }
dd { margin: 0; }

.pager { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; margin: 0 0 1.5rem; }

.chart { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0 2rem; }
.chart > svg { display: block; width: 100%; height: auto; }
svg text { fill: currentColor; font-size: 14px; }
svg rect { stroke: var(--link); stroke-width: 1.5; fill: var(--link); }
svg rect.bar-2 { fill: var(--page); }

progress { width: 7.5rem; max-width: 100%; height: .75rem; vertical-align: middle;
  appearance: none; border: 1px solid var(--link); background: var(--page); }
progress::-webkit-progress-bar { background: var(--page); }
progress::-webkit-progress-value { background: var(--link); }
progress::-moz-progress-bar { background: var(--link); }

/* There is room: what names a row, and an instant, need not be broken into three lines. */
@media (width >= 60rem) {
  tbody th { min-width: 12rem; }
  td time, th time { white-space: nowrap; }
}
@media (max-width: 30rem) {
  th, td, th.number, td.number { padding-right: .5rem; }
  .state { white-space: normal; }
  dl > div { grid-template-columns: 1fr; }
  /* Its words would be too small there; the table beside it says the same. */
  .chart > svg { display: none; }
}
`;

/** Returns the only style sheet, which fetches nothing. @param brand `OPS_COLOUR` */
export function styleSheet(brand: string): string {
  const colours = Object.entries(coloursOf(brand));
  const light = colours.map(([name, [colour]]) => `--${name}: ${colour};`).join(' ');
  const dark = colours.map(([name, [, colour]]) => `--${name}: ${colour};`).join(' ');
  return [
    `:root { color-scheme: light dark; ${light} }`,
    `@media (prefers-color-scheme: dark) { :root { ${dark} } }`,
    PAGE,
    PARTS,
  ].join('\n');
}
