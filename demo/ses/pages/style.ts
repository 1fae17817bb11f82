/** The style sheet of the mailbox, served at /mailbox.css (the build copies no .css files). */
export const css = `
:root {
  color-scheme: light dark;
  --back: #f6f7f4; --sheet: #ffffff; --ink: #1c2321; --soft: #56615d; --line: #d8ddd9;
  --accent: #0b6b5d; --accent-ink: #ffffff;
  --good: #0f6b3c; --good-back: #e0f3e8; --bad: #a3261d; --bad-back: #fbe6e3; --wait: #6d5200; --wait-back: #f8efd2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #151a18; --sheet: #1e2523; --ink: #e9eeeb; --soft: #a6b3ae; --line: #36413d;
    --accent: #6ad1be; --accent-ink: #0c211d;
    --good: #8fe0b2; --good-back: #173526; --bad: #ffb3aa; --bad-back: #452320; --wait: #ecd28a; --wait-back: #3a3116;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--sheet); padding: .25rem .75rem; z-index: 1; }
.top, main { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem 1rem; padding-block: .9rem; }
.top .name { font-weight: 700; color: var(--ink); text-decoration: none; }
.top p { margin: 0; color: var(--soft); font-size: .9rem; }
main { padding-block: .5rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0; }
.heading { display: flex; align-items: center; justify-content: space-between; gap: 1rem; margin-bottom: .75rem; }
.button { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 1rem; border: 1px solid var(--accent); border-radius: .4rem;
  background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; text-decoration: none; white-space: nowrap; cursor: pointer; }
.button.quiet { background: none; color: var(--accent); border-color: var(--line); }
.button:hover { border-color: var(--accent); }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 0 0 1rem; }
.facts dt { color: var(--soft); font-size: .85rem; }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.search { display: grid; grid-template-columns: minmax(0, 26rem) auto auto; justify-content: start; gap: .35rem .6rem; margin-bottom: 1rem; }
.search label { grid-column: 1 / -1; font-size: .9rem; color: var(--soft); }
.search input { min-width: 0; min-height: 2.75rem; padding: 0 .75rem; border: 1px solid var(--soft); border-radius: .4rem; background: var(--sheet); color: inherit; font: inherit; }
.emails { list-style: none; margin: 0; padding: 0; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; overflow: clip; }
.emails li + li { border-top: 1px solid var(--line); }
.emails a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .15rem .75rem; padding: .7rem .9rem; color: inherit; text-decoration: none; }
.emails a:hover { background: color-mix(in srgb, var(--accent) 8%, transparent); }
.emails a:focus-visible { outline-offset: -3px; }
.emails .to { grid-area: 1 / 1 / auto / span 2; font-weight: 600; overflow-wrap: anywhere; }
.emails .status { grid-area: 3 / 2; }
.emails .subject { grid-area: 2 / 1 / auto / span 2; overflow: hidden; overflow-wrap: anywhere; text-align: left;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.emails time { grid-area: 3 / 1; align-self: center; color: var(--soft); font-size: .85rem; }
time { font-variant-numeric: tabular-nums; }
.status { align-self: start; padding: .1rem .55rem; border-radius: 1rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.wait { color: var(--wait); background: var(--wait-back); }
.pages { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin-top: 1rem; font-variant-numeric: tabular-nums; }
.empty { margin: 0; padding: 1.25rem; background: var(--sheet); border: 1px dashed var(--line); border-radius: .5rem; color: var(--soft); }
.back { margin: 0 0 .5rem; }
.back a { display: inline-block; padding: .25rem 0; }
.about { margin: 0; padding: .4rem .9rem; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; }
.about div { padding: .35rem 0; }
.about div + div { border-top: 1px solid var(--line); }
.about dt { color: var(--soft); font-size: .85rem; }
.about dd { margin: 0; overflow-wrap: anywhere; }
section, details { margin-top: 1.75rem; }
section h2 { margin-bottom: .5rem; }
.heading h2 { margin: 0; }
iframe { display: block; width: 100%; height: min(85vh, 62rem); border: 1px solid var(--line); border-radius: .5rem; color-scheme: light dark; resize: vertical; }
pre { margin: 0; padding: .9rem; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; font: .9rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.source { max-height: 40rem; overflow: auto; }
.events { margin: 0; padding: .4rem .9rem; list-style: none; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; }
.events li { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .4rem 0; overflow-wrap: anywhere; }
.events li + li { border-top: 1px solid var(--line); }
.events time, .events em { color: var(--soft); font-style: normal; font-size: .9rem; }
summary { min-height: 2.75rem; padding: .5rem 0; font-weight: 700; cursor: pointer; }
@media (min-width: 48rem) {
  .emails a { grid-template-columns: minmax(0, 17rem) minmax(0, 1fr) 7rem auto; align-items: baseline; }
  .emails .to, .emails .status, .emails .subject, .emails time { grid-area: auto; align-self: auto; }
  .emails .status { justify-self: start; }
  .about div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 1rem; }
  .about dt { font-size: .95rem; }
}
@media (max-width: 30rem) {
  .search { grid-template-columns: minmax(0, 1fr) auto; }
  .search .quiet { grid-column: 1 / -1; justify-content: center; }
}
`;
