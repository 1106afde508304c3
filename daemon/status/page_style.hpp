// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace apikeyd {

// What the page needs besides the style sheet that it has in common with the drift report.
inline constexpr std::string_view page_style = R"css(
body { padding: 1.25rem 1.5rem 2.5rem; max-width: 104rem; margin: 0 auto; }
main { max-width: none; padding: 0; }
a { color: var(--blue); text-underline-offset: .15em; }
h2 { margin: 0; font-size: 1.02rem; font-weight: 650; }
p { margin: 0; }
ul, ol { list-style: none; margin: 0; padding: 0; }
.grey { --tone: var(--soft); --well-tone: var(--well); }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; border-radius: 4px; }
section:focus { outline: none; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.skip:focus { top: .5rem; }
.jump { display: none; }
[hidden] { display: none !important; }

.banner { border-left-width: 10px; padding: 1.5rem 1.75rem; margin: 0; overflow: visible; }
.banner .words { min-width: 0; flex: 1; }
.banner h1 { font-size: 2.3rem; color: var(--tone); }
.banner p { color: var(--text); overflow-wrap: anywhere; }
.banner .next { margin-top: .45rem; max-width: 68rem; }
.banner .since { color: var(--soft); font-size: .9rem; }
.banner #silence { color: var(--red); font-weight: 650; }
.mark { width: 4.6rem; height: 4.6rem; }
.mark svg { width: 62%; fill: none; stroke: currentColor; stroke-width: 2.4; stroke-linecap: round;
  stroke-linejoin: round; }
.silent .banner { --tone: var(--soft); --well-tone: var(--well); border-left-style: dashed; }
.silent .banner ~ * { filter: grayscale(1); }

.cards { grid-template-columns: repeat(7, minmax(0, 1fr)); }
.cards a { display: flex; flex-direction: column; height: 100%; background: var(--card); color: inherit;
  border: 1px solid var(--line); border-radius: 10px; padding: .75rem 1rem .8rem; box-shadow: var(--shadow);
  text-decoration: none; }
.cards a:hover { border-color: var(--tone, var(--soft)); }
.cards a[aria-current] { border-color: var(--tone, var(--soft)); box-shadow: inset 0 -3px 0 var(--tone, var(--soft)); }
.cards .count { order: 0; }
.cards .zero .count { color: var(--soft); font-weight: 450; }
.cards .label { color: var(--soft); font-size: .84rem; }
.cards .note { overflow-wrap: anywhere; }
.shares { display: block; width: 100%; height: 8px; margin-top: .9rem; border-radius: 4px; }
.shares rect { fill: var(--tone); }
.shares .green { fill: var(--green-bar); }
.shares .amber { fill: var(--amber-bar); }

.notice { padding: .9rem 1.25rem 1rem; }
.notice h2 { color: var(--tone); }
.notice p { overflow-wrap: anywhere; }
.notice .command { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-top: .6rem; }
.notice .command code { font-size: 1rem; padding: .35rem .7rem; }
.notice time { color: inherit; }
.copy, form button { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--soft);
  border-radius: 6px; padding: .3rem .9rem; cursor: pointer; }
.copy:hover, form button:hover { background: var(--well); }

.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.1rem; margin-top: 1.1rem; align-items: start; }
.columns section { margin: 0; }
.side { display: grid; gap: 1.1rem; align-items: start; grid-template-columns: minmax(0, 1fr); }
.side #coming:empty { display: none; }
.columns section > h2 { padding: .85rem 1.25rem .7rem; }
.empty { padding: 0 1.25rem 1.1rem; color: var(--soft); }
#results .empty { padding-top: 1rem; border-top: 1px solid var(--line); }
.more { padding: .6rem 1.25rem .9rem; color: var(--soft); font-size: .84rem; border-top: 1px solid var(--line); }

#search { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; padding: 0 1.25rem 1rem; }
#search div { display: grid; gap: .15rem; }
#search label { color: var(--soft); font-size: .84rem; }
#search .wide { flex: 1 1 14rem; }
#search input, #search select { font: inherit; font-size: .95rem; color: var(--text); background: var(--page);
  border: 1px solid var(--soft); border-radius: 6px; padding: .33rem .6rem; width: 100%; min-width: 0; }
#search input, #search select, #search button { height: 2.3rem; }
#search input::placeholder { color: var(--soft); opacity: 1; }

#keys table { table-layout: fixed; }
#keys caption { font-weight: 400; font-size: .84rem; color: var(--soft); padding: 0 1.25rem .5rem; }
#keys thead th { white-space: nowrap; padding-inline: .6rem; }
#keys thead th:first-child { width: 14.8rem; padding-left: 1.25rem; }
#keys thead th:nth-child(4) { width: 6.8rem; }
#keys thead th:last-child { width: 25%; }
#keys tbody td { padding-inline: .6rem; }
#keys tbody th { padding-right: .4rem; }
#keys thead a { color: inherit; text-decoration: none; }
#keys thead a:hover { text-decoration: underline; }
#keys .arrow { margin-left: .3rem; }
#keys th[aria-sort] { color: var(--text); }
#keys .key { display: block; }
#keys td time { white-space: normal; }
#keys .key .where { display: block; }
#keys .key code { display: inline-block; margin-right: .7rem; overflow-wrap: anywhere; }
.badge { margin: 0; white-space: nowrap; }
.why { color: var(--soft); font-size: .84rem; overflow-wrap: anywhere; margin-top: .2rem; }
.why time { display: inline !important; font-size: inherit; }
.switch { white-space: nowrap; }
.switch.on > span { color: var(--green); }
.switch.off > span { color: var(--soft); }
.switch.differs { font-weight: 650; background: var(--amber-well); color: var(--amber); border-radius: 5px;
  padding: 0 .4rem; margin-left: -.4rem; }
.switch.differs > span { color: inherit; }
.field .to { --tone: var(--amber); --well-tone: var(--amber-well); }
.pager { display: flex; flex-wrap: wrap; gap: .4rem 1.1rem; align-items: center; justify-content: center;
  padding: .8rem 1rem; border-top: 1px solid var(--line); }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.pager .off { color: var(--soft); }
.pager a, .pager .off { padding: .3rem .4rem; }

.side li { padding: .55rem 1.25rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.coming .what { color: var(--tone); }
.side .small { color: var(--soft); font-size: .82rem; }
.side time { font-size: .84rem; }
.side .name { font-weight: 600; color: var(--text); }
.coming li { display: flex; gap: .7rem; }
.side .timeline li { position: relative; padding-left: 2.4rem; }
.timeline li::before { content: ""; position: absolute; left: 1.25rem; top: 1.05rem; width: .6rem; height: .6rem;
  border-radius: 50%; background: var(--tone); }
.timeline li::after { content: ""; position: absolute; left: calc(1.55rem - 1px); top: 1.9rem; bottom: -.95rem;
  width: 2px; background: var(--line); }
.timeline li:last-child::after { display: none; }

figure { margin: 0; padding: 0 1.25rem .8rem; }
figcaption { color: var(--soft); font-size: .84rem; margin-top: .4rem; }
.legend { display: block; margin-top: .2rem; }
.swatch { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin: 0 .25em 0 .7em; }
.legend .swatch:first-child { margin-left: 0; }
.chart { display: block; width: 100%; max-width: 30rem; }
.chart text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.chart .axis { stroke: var(--line); fill: none; }
.chart .good { fill: var(--blue); } .swatch.good { background: var(--blue); }
.chart .failed { fill: var(--red-well); stroke: var(--red); stroke-width: 1; }
.swatch.failed { background: var(--red-well); box-shadow: inset 0 0 0 1.5px var(--red); }
.chart .slowest { fill: var(--well); stroke: var(--soft); stroke-width: .8; }
.swatch.slowest { background: var(--well); box-shadow: inset 0 0 0 1px var(--soft); }
.chart .average { fill: var(--text); } .swatch.average { background: var(--text); height: .2em; vertical-align: .25em; }
details summary { padding: .5rem 1.25rem .8rem; color: var(--blue); font-size: .84rem; cursor: pointer; }
.minutes { font-size: .84rem; table-layout: auto; }
.minutes th, .minutes td, .minutes tbody th:first-child { padding: .25rem .6rem !important; width: auto !important; }
.minutes td, .minutes thead th:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
footer { border-top: 1px solid var(--line); padding-top: 1rem; }

@media (prefers-reduced-motion: no-preference) {
  .turning { animation: turn 2.4s linear infinite; transform-origin: 12px 12px; }
  @keyframes turn { to { transform: rotate(360deg); } }
}
@media screen and (min-width: 48rem) and (max-width: 79.99rem) {
  .side { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media screen and (min-width: 80rem) {
  .columns { grid-template-columns: minmax(0, 1fr) 25rem; }
}
@media screen and (max-width: 60rem) {
  .cards { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .cards li:first-child { grid-column: span 2; }
}
@media screen and (max-width: 30rem) {
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media screen and (max-width: 52rem) {
  body { padding: .8rem .8rem 2rem; }
  .banner { padding: 1rem; border-left-width: 8px; }
  .banner h1 { font-size: 1.7rem; }
  .mark { width: 3.2rem; height: 3.2rem; }
  .cards { gap: .5rem; }
  .cards a { padding: .55rem .75rem; }
  .cards .count { font-size: 1.45rem; }
  .columns section > h2, #search, #keys caption, .side li, .empty, figure, .more { padding-inline: 1rem; }
  #keys thead { display: none; }
  #keys tbody td { padding-inline: 0; }
  #keys tbody tr { display: flex; flex-direction: column; padding: .6rem 1rem; }
  #keys td[data-label="state"] { order: 1; display: block; padding: .15rem 0 .2rem; }
  #keys td[data-label="state"]::before { content: none; }
  #keys td:not([data-label="state"]) { order: 2; }
  .why { display: inline; margin-left: .4rem; }
  #search div { flex: 1 1 8rem; }
  #search input, #search select, #search button, .copy, .pager a, .pager .off { min-height: 2.75rem; }
  .pager a, .pager .off { display: inline-flex; align-items: center; min-width: 2.75rem; justify-content: center;
    gap: .3rem; }
  .jump { display: flex; flex-wrap: wrap; gap: 0 1.3rem; margin-top: .9rem; }
  .jump a { padding: .6rem 0; }
  .chart text { font-size: 14px; }
  #keys td { grid-template-columns: 5.2rem minmax(0, 1fr); padding: .08rem 0; }
  .minutes, .minutes thead, .minutes tbody { display: table; width: 100%; }
  .minutes thead { position: static; clip-path: none; height: auto; width: 100%; }
  .minutes tr { display: table-row !important; }
  .minutes td, .minutes th { display: table-cell !important; }
  .minutes td::before { content: none; }
}
@media (forced-colors: active) {
  .cards a[aria-current] { outline: 3px solid Highlight; }
  .swatch, .timeline li::before { forced-color-adjust: none; }
}
@media print {
  .skip, .jump, #search, .copy, .pager, .arrow, details { display: none !important; }
  main, .columns, .side { display: block; }
  .columns section { margin-top: 1rem; }
  .columns section > h2, #keys caption { padding-inline: 0; break-after: avoid; }
  .side section, figure { break-inside: avoid; }
  .side section:has(.timeline) { break-inside: auto; }
  .side li { break-inside: avoid; }
  figure { padding-inline: 0; }
  .chart { max-width: 24rem; }
  .swatch, .timeline li::before, .chart { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .silent .banner ~ * { filter: none; }
}
)css";

} // namespace apikeyd
