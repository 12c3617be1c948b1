/** What pages are made of: see parts/. */
export const PARTS = `
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
figure { margin: 0 0 1.5rem; }
figure > svg { display: block; width: 100%; height: auto; }
svg text { fill: currentColor; font-size: 14px; }
svg rect { stroke: var(--link); stroke-width: 1.5; fill: var(--link); }
svg rect.bar-2 { fill: var(--page); }
svg rect.bar-3 { fill: var(--page); stroke-dasharray: 4 3; }
figcaption { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }

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
  .chart > figure { display: none; }
}
`;
