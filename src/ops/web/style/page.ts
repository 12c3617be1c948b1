/** The page and its text. */
export const PAGE = `
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
  footer a { display: none; }
  main, footer { max-width: none; padding-inline: 0; }
}
`;
