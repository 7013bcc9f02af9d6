/** The style of a report: one column on a phone, two of figures on a screen, light or dark as the reader's system is. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --quiet: #59636e; --line: #d9dee4; --box: #f5f7f9;
  --right: #9fcbee; --wrong: #f6b68a; --bar: #cfe4f6;
  --series-0: #0b6bb8; --series-1: #c2500a; --series-2: #177a53; --series-3: #a23e8c; --series-4: #6b6f00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e6e9ed; --quiet: #a3adb8; --line: #343b43;
  --box: #1d2127; --right: #1f5a89; --wrong: #8a4315; --bar: #234664;
  --series-0: #62b3f2; --series-1: #f09a5e; --series-2: #4cc495; --series-3: #e08fcc; --series-4: #c9cb52; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: .5rem 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.2rem; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p, ul, ol { margin: .5rem 0; }
code { overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .5rem; margin: 1rem 0; }
.facts div { padding: .5rem .75rem; border-radius: .4rem; background: var(--box); }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; }
.figures + .scroll { margin-top: 1.5rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; }
figure svg { display: block; width: 100%; max-width: 36rem; height: auto; font-size: 13px; }
svg text { fill: var(--quiet); text-anchor: middle; } svg text.y { text-anchor: end; }
.grid, .mark, .diagonal, .line { fill: none; stroke-width: 1; }
.grid { stroke: var(--line); } .mark { stroke: var(--quiet); stroke-dasharray: 1 3; }
.diagonal { stroke: var(--quiet); stroke-dasharray: 4 4; }
.line { stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line.dashed { stroke-dasharray: 7 5; } .line.dotted { stroke-dasharray: 1 5; }
.band { fill: currentColor; opacity: .25; } circle { fill: currentColor; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0; list-style: none; font-size: .9rem; }
.key { display: inline-block; width: 1.6rem; margin-right: .35rem; border-top: 3px solid; vertical-align: middle; }
.key.dashed { border-top-style: dashed; } .key.dotted { border-top-style: dotted; }
.s0 { color: var(--series-0); } .s1 { color: var(--series-1); } .s2 { color: var(--series-2); }
.s3 { color: var(--series-3); } .s4 { color: var(--series-4); }
.scroll { max-width: 100%; max-height: 36rem; overflow: auto; }
details .scroll { max-height: 20rem; }
summary { color: var(--quiet); font-size: .9rem; cursor: pointer; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: var(--paper); color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 400; }
.number { text-align: right; }
.bar { display: block; min-width: 5rem; padding: 0 .25rem;
  background: linear-gradient(to right, var(--bar) var(--share), transparent var(--share)); }
.matrix th, .matrix td { padding: .25rem .4rem; border: 1px solid var(--line); }
.matrix thead th { position: static; vertical-align: bottom; }
.matrix thead span { display: inline-block; max-height: 12rem; writing-mode: vertical-rl; transform: rotate(180deg); }
.matrix td { min-width: 2.6rem; text-align: right; }
.matrix .right { background: color-mix(in srgb, var(--right) var(--share, 0%), var(--paper)); font-weight: 600; }
.matrix .wrong { background: color-mix(in srgb, var(--wrong) var(--share, 0%), var(--paper)); }
.matrix .none { color: var(--quiet); font-weight: 400; }
.mistakes { padding-left: 2rem; }
.mistakes li { margin: 0 0 1rem; }
.mistakes p { margin: 0; }
.text { padding: .4rem .6rem; border-radius: .4rem; background: var(--box); white-space: pre-wrap;
  overflow-wrap: anywhere; }
.score { color: var(--quiet); font-variant-numeric: tabular-nums; }
.settings td { white-space: pre-wrap; overflow-wrap: anywhere; }
@media print { .scroll, details .scroll { max-height: none; } section { break-inside: avoid-page; } }
`;
