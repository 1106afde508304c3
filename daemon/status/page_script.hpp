// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace apikeyd {

// What the page does by itself: it shows times as ages, asks every two seconds whether there is anything new,
// and puts in place what changed. Without it everything is there, too, as of when it was fetched.
inline constexpr std::string_view page_script = R"js('use strict';
(() => {
  const every = 2000, anyway = 30000, patience = 10000; // milliseconds
  const body = document.body;
  const served = new Map(); // what the server sent, part by part: what stands in the page was changed since
  const parts = page => page.querySelectorAll('[data-part]');
  for (const part of parts(document)) served.set(part.id, part.innerHTML);

  // The server's clock, which needn't be this machine's.
  let clock = Date.parse(body.dataset.now), read = performance.now();
  const now = () => clock + performance.now() - read;

  const amount = s => s < 120 ? `${Math.floor(s)} s` : s < 7200 ? `${Math.floor(s / 60)} min`
    : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  let printing = false;
  function age(time) {
    const s = (now() - Date.parse(time.dateTime)) / 1000;
    if (time.dataset.wait !== undefined) return s >= -1 ? 'now' : `in ${amount(-s)}`;
    return s < 0 ? 'in the future' : s < 1 ? 'just now' : `${amount(s)} ago`;
  }
  function tick() {
    if (printing) return;
    for (const time of document.querySelectorAll('time[data-age], time[data-wait]')) {
      if (!time.title) time.title = time.textContent;
      const text = age(time);
      if (time.textContent !== text) time.textContent = text;
    }
  }

  const name = one => one.id ? `#${CSS.escape(one.id)}`
    : one.getAttribute('href') ? `${one.localName}[href="${CSS.escape(one.getAttribute('href'))}"]` : null;
  function put(part, html) {
    const focused = part.contains(document.activeElement) ? name(document.activeElement) : null;
    const open = [...part.querySelectorAll('details[open][id]')].map(one => one.id);
    part.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    if (focused) part.querySelector(focused)?.focus({preventScroll: true});
  }
  function apply(text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    if (!fresh.body.dataset.version) throw new Error('not the page');
    clock = Date.parse(fresh.body.dataset.now);
    read = performance.now();
    body.dataset.version = fresh.body.dataset.version;
    for (const part of parts(fresh)) {
      const here = document.getElementById(part.id);
      if (here && served.get(part.id) !== part.innerHTML) {
        served.set(part.id, part.innerHTML);
        put(here, part.innerHTML);
      }
    }
    document.title = fresh.title;
    const icon = fresh.getElementById('icon').getAttribute('href'), shown = document.getElementById('icon');
    if (shown.getAttribute('href') !== icon) shown.setAttribute('href', icon);
    const verdict = fresh.getElementById('verdict').className;
    document.getElementById('verdict').className = verdict;
    reveal();
    tick();
  }

  function silence(why) {
    const line = document.getElementById('silence');
    body.classList.toggle('silent', why !== null);
    line.hidden = why === null;
    const text = why === null ? '' : `The daemon ${why}. What stands here is from ` +
      `${new Date(clock).toISOString().slice(0, 19).replace('T', ' ')} UTC.`;
    if (line.textContent !== text) line.textContent = text;
  }

  let timer = 0, turn = 0, whole = performance.now();
  let asking = new AbortController();
  async function get(url) {
    const answer = await fetch(url, {signal: asking.signal, cache: 'no-store'});
    const text = await answer.text();
    if (!answer.ok) throw new Error(text.trim() || `HTTP ${answer.status}`, {cause: 'answer'});
    return text;
  }
  async function refresh(must) {
    clearTimeout(timer);
    const mine = ++turn, began = performance.now(); // whatever is under way is of no interest any more
    asking.abort();
    if (document.hidden) return; // begun anew once it is seen
    const mind = asking = new AbortController();
    const limit = setTimeout(() => mind.abort(), patience);
    try {
      const due = must || began - whole > anyway || body.classList.contains('silent');
      if (due || (await get('page.version')).trim() !== body.dataset.version) {
        const text = await get(location.pathname + location.search);
        if (mine !== turn) return;
        whole = performance.now();
        apply(text);
      }
      if (mine === turn) silence(null);
    } catch (error) {
      const why = error.name === 'AbortError' ? 'no answer in time' : error.message;
      if (mine === turn) silence(error.cause === 'answer' ? `answers: ${why}` : `does not answer (${why})`);
    }
    clearTimeout(limit);
    // Where an answer takes long, it is asked for less often.
    if (mine === turn) timer = setTimeout(refresh, Math.max(every, 10 * (performance.now() - began)));
  }
  document.addEventListener('visibilitychange', () => refresh(false));

  // The search as it is typed.
  const form = document.getElementById('search');
  let typing = 0;
  function search() {
    const query = new URLSearchParams();
    for (const [field, value] of new FormData(form)) {
      if (value && !(field === 'sort' && value === 'state')) query.set(field, value);
    }
    history.replaceState(null, '', `?${query}`);
    refresh(true);
  }
  form.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(search, 250);
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    clearTimeout(typing);
    search();
  });

  function reveal() {
    for (const button of document.querySelectorAll('button[data-copy]')) button.hidden = false;
  }
  async function copy(button) {
    const code = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch { // not allowed to: it is selected, for whoever copies by hand
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }
  document.addEventListener('click', event => {
    const button = event.target.closest('button[data-copy]');
    if (button) copy(button);
  });

  // What is on paper doesn't go on: times as such, not as ages.
  addEventListener('beforeprint', () => {
    printing = true;
    for (const time of document.querySelectorAll('time[title]')) time.textContent = time.title;
  });
  addEventListener('afterprint', () => {
    printing = false;
    tick();
  });

  reveal();
  tick();
  setInterval(() => document.hidden || tick(), 1000);
  timer = setTimeout(refresh, every);
})();
)js";

} // namespace apikeyd
