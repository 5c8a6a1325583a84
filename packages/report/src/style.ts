// The look of the HTML report: one column, wide tables scroll by themselves, print is light and does not cut a figure.

export const STYLE = `
:root { --back: #ffffff; --text: #1f2328; --quiet: #57606a; --rule: #d7dce2; --soft: #f4f6f8; }
@media screen and (prefers-color-scheme: dark) {
  :root { --back: #15181d; --text: #e6e9ee; --quiet: #a5afbb; --rule: #363d47; --soft: #1e232a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 36px 0 12px; padding-top: 12px; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 20px 0 8px; overflow-wrap: anywhere; }
p { overflow-wrap: anywhere; }
.answer { font-size: 1.1rem; border-left: 4px solid #0072b2; padding-left: 14px; margin: 0 0 12px; }
.question { margin: 0 0 8px; color: var(--quiet); }
.note { color: var(--quiet); font-size: 0.85rem; }
figure { margin: 20px 0; }
img { display: block; max-width: 100%; height: auto; }
figcaption { font-size: 0.8rem; margin-top: -4px; }
a { color: #0072b2; }
@media screen and (prefers-color-scheme: dark) { a { color: #56b4e9; } }
details { margin: 8px 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
#status { margin: 0; padding: 6px 20px; text-align: right; }
#progress { max-width: 760px; margin: 0 auto; padding: 0 20px; overflow-wrap: anywhere; }
#progress ul { margin: 0; padding: 10px 10px 10px 28px; background: var(--soft); border-radius: 6px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 12px; }
.card { display: flex; gap: 10px; border: 1px solid var(--rule); border-radius: 6px; padding: 10px; min-width: 0; }
.card img { width: 72px; height: 72px; flex: none; image-rendering: pixelated; border-radius: 4px; }
.card .absent { width: 72px; height: 72px; flex: none; font-size: 0.7rem; color: var(--quiet); background: var(--soft); padding: 6px; }
.card > div:last-child { min-width: 0; overflow-wrap: anywhere; font-size: 0.85rem; }
.card small { display: inline; white-space: normal; }
.card ul { list-style: none; padding: 0; margin: 4px 0; }
.right { color: #00795a; } .wrong { color: var(--quiet); }
@media screen and (prefers-color-scheme: dark) { .right { color: #3fc79a; } }
@media screen { figure.drawn picture { display: none; } }
@media print { .live, figcaption, #status, #progress { display: none; } }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; vertical-align: bottom; }
thead th { white-space: normal; }
small { display: block; color: var(--quiet); font-weight: 400; white-space: nowrap; }
.facts th, .facts td { text-align: left; }
pre { background: var(--soft); border-radius: 6px; padding: 12px; margin: 0; font-size: 0.8rem; line-height: 1.45;
  white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 600px) { main { padding: 16px 14px 32px; } th, td { padding: 4px 7px; }
  td:first-child, .facts th, td small { white-space: normal; } }
@page { margin: 14mm; }
@media print {
  main { max-width: none; padding: 0; }
  figure, tr, .card { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  th, td { padding: 2px 5px; font-size: 0.75rem; }
}
`;
