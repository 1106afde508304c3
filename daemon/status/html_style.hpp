// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace apikeyd {

// The style sheet that the drift report and the status page have in common. Every text has at least WCAG's
// AA contrast in both schemes; no meaning rests on colour alone. On paper it is the light scheme,
// without the boxes.
inline constexpr std::string_view html_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --text: #1c2128; --soft: #57606a; --line: #dfe3e8; --well: #f1f3f5;
  --green: #17692f; --green-well: #e3f5e7; --amber: #7a4d00; --amber-well: #fff1d0;
  --red: #a8201a; --red-well: #fdeae8; --blue: #0b5394; --blue-well: #e4f0fb;
  --violet: #5b35a6; --violet-well: #f0eafb; --green-bar: #2a8a47; --amber-bar: #c07a08;
  --shadow: 0 1px 2px rgb(20 26 34 / 6%), 0 4px 16px rgb(20 26 34 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #171c23; --text: #e4e9ef; --soft: #9aa6b2; --line: #2a313a; --well: #212831;
    --green: #6fce85; --green-well: #14301c; --amber: #ecb652; --amber-well: #33270c;
    --red: #ff9a90; --red-well: #3b1917; --blue: #7dbcf5; --blue-well: #12293e;
    --violet: #c3abf7; --violet-well: #271d3d; --green-bar: var(--green); --amber-bar: var(--amber);
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: .9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 76rem; margin: 0 auto; padding: 1.75rem 1.5rem 3rem; }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
h1::first-letter { text-transform: uppercase; }
header.top { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem; color: var(--soft);
  font-size: .87rem; margin-bottom: .8rem; }
header.top b { color: var(--text); }
.banner { display: flex; gap: 1.1rem; align-items: center; background: var(--card); border: 1px solid var(--line);
  border-left: 6px solid var(--tone); border-radius: 12px; padding: 1.3rem 1.5rem; box-shadow: var(--shadow); }
.banner p { margin: .2rem 0 0; color: var(--soft); }
.mark { flex: none; width: 2.9rem; height: 2.9rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--well-tone); color: var(--tone); font-size: 1.5rem; font-weight: 700; line-height: 1; }
.green { --tone: var(--green); --well-tone: var(--green-well); }
.amber { --tone: var(--amber); --well-tone: var(--amber-well); }
.red { --tone: var(--red); --well-tone: var(--red-well); }
.blue { --tone: var(--blue); --well-tone: var(--blue-well); }
.violet { --tone: var(--violet); --well-tone: var(--violet-well); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem;
  margin: .9rem 0 0; padding: 0; }
.cards div { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; padding: .75rem 1rem .8rem; box-shadow: var(--shadow); }
.cards dt { color: var(--soft); font-size: .84rem; }
.cards dd { margin: 0; }
.cards .count { order: -1; font-size: 1.75rem; font-weight: 650; line-height: 1.25;
  font-variant-numeric: tabular-nums; color: var(--tone, var(--text)); }
.cards .zero { color: var(--soft); font-weight: 450; }
.cards .note { color: var(--soft); font-size: .78rem; }
.bar { display: flex; gap: 2px; height: 8px; margin-top: .9rem; border-radius: 4px; overflow: hidden; }
.bar span { background: var(--tone); min-width: 3px; }
.bar .green { background: var(--green-bar); }
.bar .amber { background: var(--amber-bar); }
.notice { background: var(--well-tone); border: 1px solid var(--tone); border-radius: 10px; padding: .75rem 1.1rem;
  margin-top: .9rem; }
.notice b { color: var(--tone); }
.notice p { margin: 0; }
.notice code { display: inline-block; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .1rem .4rem;
  user-select: all; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin-top: 1.1rem;
  box-shadow: var(--shadow); overflow: hidden; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; padding: .85rem 1.25rem .7rem; font-weight: 650; font-size: 1.02rem; }
caption .hint { font-weight: 400; font-size: .87rem; color: var(--soft); margin-left: .5rem; }
.badge { display: inline-block; border-radius: 999px; padding: 0 .6rem; margin-left: .3rem; font-size: .8rem;
  font-weight: 600; line-height: 1.5rem; background: var(--well-tone, var(--well)); color: var(--tone, var(--text)); }
thead th { text-align: left; font-size: .78rem; font-weight: 600; color: var(--soft); background: var(--well);
  padding: .4rem 1rem; border-block: 1px solid var(--line); }
tbody th, td { text-align: left; vertical-align: top; font-weight: 400; padding: .65rem 1rem;
  border-top: 1px solid var(--line); }
tbody tr:first-child > * { border-top: 0; }
thead th:first-child, tbody th:first-child { padding-left: 1.25rem; }
.key { display: flex; gap: .7rem; }
.key .name { font-weight: 600; overflow-wrap: anywhere; }
.key code { display: block; color: var(--soft); overflow-wrap: normal; }
.sign { flex: none; width: 1.5rem; height: 1.5rem; border-radius: 6px; display: grid; place-items: center;
  background: var(--well-tone); color: var(--tone); font: 700 .95rem/1 ui-monospace, "DejaVu Sans Mono", monospace; }
.field { overflow-wrap: anywhere; }
.field + .field { margin-top: .15rem; }
.field i { font-style: normal; color: var(--soft); margin-right: .35rem; }
.from, .to { display: inline-block; max-width: 100%; border-radius: 5px; padding: 0 .4rem; }
.from { background: var(--well); color: var(--soft); }
.to { background: var(--well-tone); color: var(--tone); font-weight: 600; }
.dim, time { color: var(--soft); }
td time { display: block; font-size: .8rem; white-space: nowrap; }
.errors { list-style: none; margin: 1.1rem 0 0; padding: 0; }
.errors li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--tone);
  border-radius: 8px; margin-top: .75rem; padding: .8rem 1.1rem; box-shadow: var(--shadow); }
.errors pre { margin: 0; white-space: pre; overflow-x: auto; }
footer { margin-top: 1.6rem; color: var(--soft); font-size: .84rem; }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
footer dt { font-weight: 600; }
footer dd { margin: 0; overflow-wrap: anywhere; }
@media (min-width: 52.01rem), print {
  table { table-layout: fixed; }
  thead th:first-child { width: 28%; }
  thead th:last-child { width: 13%; }
  .changes thead th:nth-child(3) { width: 15%; }
  .changes thead th:nth-child(4), .refusals thead th:nth-child(4), .doubts thead th:nth-child(3) { width: 16%; }
}
@media screen and (max-width: 52rem) {
  main { padding: 1rem .8rem 2rem; }
  h1 { font-size: 1.3rem; }
  .banner { padding: 1rem; gap: .8rem; }
  .cards { grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .5rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, tbody th, td, caption { display: block; }
  tbody tr { border-top: 1px solid var(--line); padding: .7rem 1rem; }
  tbody tr > *, tbody th:first-child { border: 0; padding: .2rem 0; }
  td { display: grid; grid-template-columns: 5.5rem 1fr; gap: .6rem; }
  .errors pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .82rem; }
  footer dl { grid-template-columns: 1fr; }
  footer dd + dt { margin-top: .4rem; }
}
@page { margin: 14mm; }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --well: #fff;
    --green: #17692f; --green-well: #fff; --amber: #7a4d00; --amber-well: #fff; --red: #a8201a; --red-well: #fff;
    --blue: #0b5394; --blue-well: #fff; --violet: #5b35a6; --violet-well: #fff; --shadow: none;
  }
  html { font-size: 11.5px; }
  body { font-size: 8.5pt; }
  .cards { grid-template-columns: repeat(7, 1fr); gap: .4rem; }
  .cards div { padding: .5rem .6rem; }
  main { max-width: none; padding: 0; }
  section { border: 0; border-radius: 0; overflow: visible; }
  .banner, .notice, .cards div, tr, .errors li, footer { break-inside: avoid; }
  caption { break-after: avoid; padding-left: 0; }
  thead { display: table-header-group; break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  thead th:first-child, tbody th:first-child { padding-left: 0; }
  thead th, tbody th, td { padding: .3rem .5rem; }
  .badge, .sign, .mark { border: 1px solid var(--tone, var(--line)); }
  .from { text-decoration: line-through; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

} // namespace apikeyd
