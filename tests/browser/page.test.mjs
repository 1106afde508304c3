// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {accessible, cardOf, close, launch, look, names, noSidewaysScrolling, verdict} from './looking.mjs';
import {BILLING, LEGACY, MOBILE, World, ids, threeKeys, token, waitFor} from './world.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A world for one test, gone at its end however it ends.
function scene(name, options, run) {
  test(name, async () => {
    const world = await World.start(options);
    try {
      await run(world);
    } finally {
      await world.stop();
    }
  });
}

async function picture(page, name) {
  const folder = process.env.APIKEYD_SCREENSHOTS;
  if (folder) await page.screenshot({path: path.join(folder, `${name}.png`)});
}

// Light on a desk, and dark on a phone.
async function looksRight(page, what) {
  await page.emulateMedia({colorScheme: 'light', reducedMotion: 'reduce'});
  await noSidewaysScrolling(page);
  await accessible(page, `${what}, light`);
  const size = page.viewportSize();
  await page.emulateMedia({colorScheme: 'dark', reducedMotion: 'reduce'});
  await page.setViewportSize({width: 360, height: 740});
  await noSidewaysScrolling(page);
  await accessible(page, `${what}, dark, on a phone`);
  await page.setViewportSize(size);
  await page.emulateMedia({colorScheme: 'light', reducedMotion: null});
}

// Most of the time goes by with waiting for a page to look again.
describe('the status page', {concurrency: 2}, () => {

describe('verdicts', {concurrency: 2}, () => {
  scene('in sync: said by word, sentence, title and icon', {keys: threeKeys}, async world => {
    const page = await look(browser, world);
    await verdict(page, 'In sync');
    assert.equal(await page.title(), 'In sync · apikeyd');
    assert.match(await page.locator('#icon').getAttribute('href'), /verdict=in_sync$/);
    assert.match(await page.locator('#verdict-words p').textContent(), /^3 keys, no answer older than /);
    assert.match(await page.locator('#verdict-since').textContent(), /since (just now|\d+ s ago)/);
    assert.match(await cardOf(page, 'in sync').textContent(), /^3 /);
    assert.deepEqual(await names(page), ['billing-service', 'mobile-app', 'legacy-import']);
    await page.getByText('requests, none of them failed').first().waitFor();
    await looksRight(page, 'in sync');
    await close(page);
  });

  scene('converging: while requests are under way, and in sync by itself after them',
    {keys: ids(200).map(id => ({id, enabled: true})), sandbox: ['--count', '200', '--latency', '1000']}, async world => {
      const page = await look(browser, world);
      await verdict(page, 'Converging');
      await cardOf(page, 'in doubt').filter({hasText: /[1-9]/}).waitFor();
      await page.getByText('sent, and not answered so far').first().waitFor();
      await page.emulateMedia({reducedMotion: 'reduce'});
      const turning = () => page.locator('.turning').evaluate(one => getComputedStyle(one).animationName);
      assert.equal(await turning(), 'none');
      await page.emulateMedia({reducedMotion: 'no-preference'});
      assert.equal(await turning(), 'turn');
      await looksRight(page, 'converging');
      await world.latency(0);
      await verdict(page, 'In sync');
      await close(page);
    });

  scene('held: which keys, and the command that lets them go', {sandbox: ['--count', '20']}, async world => {
    const keys = ids(20).map((id, n) => ({id, name: `service-${n + 1}`, enabled: true}));
    world.save(keys);
    await world.event('reconcile_finished', {result: 'converged'});
    world.save(keys.map((key, n) => ({...key, enabled: n >= 12, name: n === 19 ? 'reports' : key.name})));
    await world.event('plan_held');
    const page = await look(browser, world, {permissions: ['clipboard-read', 'clipboard-write']});
    await verdict(page, 'Held');
    await page.getByRole('heading', {name: '12 disables wait for approval'}).waitFor();
    const command = await page.locator('#approve').textContent();
    assert.match(command, /^apikeyd approve [0-9a-f]{12}$/);
    await page.getByRole('button', {name: 'Copy'}).click();
    await page.getByRole('button', {name: 'Copied'}).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
    await picture(page, 'status-held');
    await looksRight(page, 'held');
    await page.getByRole('link', {name: 'Which keys these are'}).click();
    await page.getByText('1–12 of 12 keys').waitFor();
    assert.equal(await page.locator('#results tbody .badge', {hasText: 'held'}).count(), 12);
    await world.command(...command.split(' ').slice(1));
    await verdict(page, 'In sync');
    assert.equal(await page.locator('#approve').count(), 0);
    await close(page);
  });

  scene('denied, degraded, suspended and rejected, each with its reason, and gone with it', {keys: threeKeys},
    async world => {
      await world.event('reconcile_finished', {result: 'converged'});
      const page = await look(browser, world);
      await verdict(page, 'In sync');

      await world.command('suspend', '--for', '2h', '--reason', 'an <audit>');
      await verdict(page, 'Suspended');
      await page.getByText('an <audit>').first().waitFor();
      await page.getByText('apikeyd resume').waitFor();
      await looksRight(page, 'suspended');
      await world.command('resume');
      await verdict(page, 'In sync');

      await world.faults(`500=BAD_USER_INPUT*inf@${MOBILE}`);
      world.save([threeKeys[0], {id: MOBILE, name: 'a name nobody likes'}, threeKeys[2]]);
      await verdict(page, 'Not converged');
      await page.locator('#results tbody tr').first().filter({hasText: 'BAD_USER_INPUT'}).waitFor();
      await looksRight(page, 'rejected');
      await world.faults('');
      world.save(threeKeys);
      await verdict(page, 'In sync');

      world.saveText('version: 1\nkeys:\n  - id: 12\n    enabled: "<b>"\n');
      await verdict(page, 'Degraded');
      await page.locator('#verdict-words', {hasText: 'what the file said before is in force'}).waitFor();
      await page.locator('.next', {hasText: 'apikeyd validate shows every error'}).waitFor();
      assert.deepEqual(await names(page), ['billing-service', 'mobile-app', 'legacy-import']);
      await looksRight(page, 'degraded');

      world.save([{...threeKeys[0], enabled: false}, threeKeys[1], threeKeys[2]]);
      await verdict(page, 'In sync');
      await world.newToken('another');
      world.save(threeKeys);
      await verdict(page, 'Denied');
      assert.equal(await page.title(), 'Denied · apikeyd');
      await page.locator('.next', {hasText: 'Put another token in place'}).waitFor();
      await cardOf(page, 'drifted').filter({hasText: '1'}).waitFor();
      await looksRight(page, 'denied');
      await close(page);
    });

  scene('no desired file yet: what is missing, and no key', {}, async world => {
    const page = await look(browser, world);
    await verdict(page, 'Degraded');
    await page.locator('#verdict-words', {hasText: 'keys.yaml'}).waitFor();
    await page.getByText('No desired file was good so far').waitFor();
    await page.getByText('No requests in the last hour.').waitFor();
    await looksRight(page, 'empty');
    world.save(threeKeys);
    await verdict(page, 'In sync');
    await page.getByText('1–3 of 3 keys').waitFor();
    await close(page);
  });
});

describe('many keys', {concurrency: 2}, () => {
  let world;
  const count = 1234;
  before(async () => {
    const keys = ids(count).map((id, n) => ({id, name: `service-${String(n + 1).padStart(4, '0')}`, enabled: n % 10 !== 0}));
    world = await World.start({keys, sandbox: ['--count', String(count)], daemon: ['--max-disable', '100%']});
    await world.event('reconcile_finished', {result: 'converged'});
  });
  after(() => world.stop());

  test('search as one types: by name and by id; the address follows, and the focus stays', async () => {
    const page = await look(browser, world);
    await page.getByText('1–50 of 1,234 keys').waitFor();
    const search = page.getByRole('searchbox', {name: 'Search'});
    await search.pressSequentially('SERVICE-012');
    await page.getByText('1–10 of 10 keys').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('q'), 'SERVICE-012');
    assert.ok(await search.evaluate(one => one === document.activeElement));
    await search.fill(ids(300)[299]);
    await page.getByText('1–1 of 1 key').waitFor();
    assert.deepEqual(await names(page), ['service-0300']);
    await search.fill('nobody');
    await page.getByText('No key is like that').waitFor();
    await page.reload(); // what the address says is what is shown
    assert.equal(await search.inputValue(), 'nobody');
    await page.getByRole('link', {name: 'Show all keys'}).click();
    await page.getByText('1–50 of 1,234 keys').waitFor();
    await close(page);
  });

  test('an answer that is no page is told as what it is', async () => {
    const page = await look(browser, world);
    await page.getByRole('searchbox').fill('鍵'.repeat(200)); // as many as fit in, and more bytes than may be
    await page.getByText('The daemon answers: q: longer than 400 bytes').waitFor();
    await page.getByRole('searchbox').fill('service-0300');
    await page.getByText('1–1 of 1 key').waitFor();
    await page.locator('#silence').waitFor({state: 'hidden'});
    assert.match(page.troubles.join(), /^console: Failed to load resource: .* 400 [^,]*$/); // the browser tells it, too
    page.troubles.length = 0;
    await close(page);
  });

  test('filter by a count or a list, and sort by a column or a list', async () => {
    const page = await look(browser, world);
    await cardOf(page, 'drifted').click();
    await page.getByText('No key is like that').waitFor();
    assert.equal(await cardOf(page, 'drifted').getAttribute('aria-current'), 'true');
    assert.equal(await page.getByLabel('Show', {exact: true}).inputValue(), 'drifted');
    await cardOf(page, 'in sync').click();
    await page.getByText('1–50 of 1,234 keys').waitFor();
    await page.getByRole('columnheader', {name: 'Key'}).getByRole('link').click();
    await page.locator('th[aria-sort="ascending"]', {hasText: 'Key'}).waitFor();
    assert.equal((await names(page))[0], 'service-0001');
    await page.getByRole('columnheader', {name: 'Key'}).getByRole('link').click();
    await page.locator('th[aria-sort="descending"]', {hasText: 'Key'}).waitFor();
    assert.equal((await names(page))[0], 'service-1234');
    await page.getByLabel('Sort by').selectOption('newest answer first');
    await page.locator('th[aria-sort="descending"]', {hasText: 'Answered'}).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('state'), 'in_sync'); // kept
    await page.getByLabel('Show', {exact: true}).selectOption('held');
    await page.getByText('No key is like that').waitFor();
    await close(page);
  });

  test('pages: each key on one of them', async () => {
    const page = await look(browser, world, {target: '?sort=name'});
    const pages = page.getByRole('navigation', {name: 'Pages of keys'});
    assert.equal(await pages.getByRole('link', {name: 'previous page'}).count(), 0);
    await pages.getByRole('link', {name: 'next page'}).click();
    await page.getByText('51–100 of 1,234 keys').waitFor();
    assert.equal((await names(page))[0], 'service-0051');
    await pages.getByRole('link', {name: 'last page'}).click();
    await page.getByText('1,201–1,234 of 1,234 keys').waitFor();
    assert.equal((await names(page)).at(-1), 'service-1234');
    assert.equal(await pages.getByRole('link', {name: 'next page'}).count(), 0);
    await pages.getByRole('link', {name: 'previous page'}).click();
    await page.getByText('1,151–1,200 of 1,234 keys').waitFor();
    await looksRight(page, 'many keys');
    await close(page);
  });

  test('without script everything is there: times in full, search, filter, order, pages', async () => {
    const page = await look(browser, world, {javaScriptEnabled: false});
    await verdict(page, 'In sync');
    assert.match(await page.locator('#verdict-since').textContent(), /^since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    assert.ok(await page.locator('button[data-copy]').evaluateAll(all => all.every(one => one.hidden)));
    await page.getByRole('searchbox', {name: 'Search'}).fill('service-1');
    await page.getByLabel('Show', {exact: true}).selectOption('in sync');
    await page.getByLabel('Sort by').selectOption('name, backwards');
    await page.getByRole('button', {name: 'Search'}).click();
    await page.getByText('1–50 of 235 keys').waitFor();
    assert.equal((await names(page))[0], 'service-1234');
    await page.getByRole('link', {name: 'next page'}).click();
    await page.getByText('51–100 of 235 keys').waitFor();
    await page.getByRole('columnheader', {name: 'Key'}).getByRole('link').click();
    await page.getByText('1–50 of 235 keys').waitFor();
    assert.equal((await names(page))[0], 'service-1000');
    await close(page);
  });

  test('the keyboard: to the keys at once, every control in reach and seen to be', async () => {
    const page = await look(browser, world);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'To the keys');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'q');
    const unseen = [];
    for (let n = 0; n < 8; ++n) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
        return {what: one.outerHTML.slice(0, 80), is: style.outlineStyle !== 'none' && box.width > 0 && one !== document.body};
      });
      if (!seen.is) unseen.push(seen.what);
    }
    assert.deepEqual(unseen, []);
    await close(page);
  });
});

describe('names', {concurrency: 2}, () => {
  const hostile = '<script>alert(1)</script>';
  const keys = [
    {id: BILLING, name: hostile, enabled: true},
    {id: MOBILE, name: '"><img src=x onerror=alert(2)> &amp; \u05d0\u05d1\u05d2', enabled: true},
    {id: LEGACY, name: 'an-endless-name-'.repeat(16), enabled: true},
  ];
  // Everything that a field can hold: it knows no line breaks, and no NUL comes through HTML.
  const typed = ['a\\b', '\\\\', '"quoted" \'too\'', '<b>&amp;</b>', '100 % %41 a+b', '鍵 é 🔑', '\u202egnihton\u200b',
    '\ta\tb\t', '\x01\x08\x1b[31m\x7f\x85', ' spaces  inside and around '];
  scene('typed into the search come back as they were typed, with and without script', {keys}, async world => {
    for (const javaScriptEnabled of [true, false]) {
      const page = await look(browser, world, {javaScriptEnabled});
      const search = page.getByRole('searchbox', {name: 'Search'});
      for (const value of typed) {
        await search.fill(value);
        await page.getByRole('button', {name: 'Search'}).click();
        await page.waitForURL(url => url.searchParams.get('q') === value);
        await page.reload();
        assert.equal(await search.inputValue(), value);
        assert.equal(await search.getAttribute('value'), value); // not what the browser remembers of the field
      }
      await close(page);
    }
  });

  scene('of any kind are shown as they are, and do nothing', {keys}, async world => {
    await world.event('reconcile_finished', {result: 'converged'});
    const page = await look(browser, world, {target: `?q=${encodeURIComponent(hostile)}`});
    assert.deepEqual(await names(page), [hostile]);
    assert.equal(await page.getByRole('searchbox').inputValue(), hostile);
    await page.goto(world.url);
    assert.deepEqual((await names(page)).sort(), keys.map(key => key.name).sort());
    await page.getByRole('link', {name: hostile}).first().click(); // in the last changes
    await page.getByText('1–1 of 1 key').waitFor();
    assert.deepEqual(await names(page), [hostile]);
    await page.goto(world.url);
    await looksRight(page, 'hostile names');
    await close(page);
  });

  scene('without an end are cut, and said to be', {}, async world => {
    await world.admin(`keys/${LEGACY}`, 'PUT', JSON.stringify({name: 'W'.repeat(10_000)}));
    await world.admin(`keys/${MOBILE}`, 'PUT', JSON.stringify({name: 'words and words '.repeat(1000)}));
    world.save([{id: LEGACY, enabled: false}, {id: MOBILE, enabled: false}]);
    await world.event('reconcile_finished', {result: 'converged'});
    const page = await look(browser, world, {width: 360, height: 740});
    await page.locator('#results .name', {hasText: '(10000 characters)'}).waitFor();
    await page.locator('#changes .name', {hasText: '(16000 characters)'}).first().waitFor();
    const heights = await page.locator('#results tbody tr, #changes li').evaluateAll(all => all.map(one => one.offsetHeight));
    assert.ok(Math.max(...heights) < 740, `each is less than a screen: ${heights}`);
    await looksRight(page, 'endless names');
    await close(page);
  });

  // The file can't have such characters; the API's answers can.
  scene('with characters that hide are made visible', {}, async world => {
    await world.admin(`keys/${LEGACY}`, 'PUT', JSON.stringify({name: 'evil\u202egpj.exe\u200b'}));
    world.save([{id: LEGACY, enabled: true}]);
    await world.event('reconcile_finished', {result: 'converged'});
    const page = await look(browser, world);
    assert.deepEqual(await names(page), ['evil\\u202egpj.exe\\u200b']);
    await close(page);
  });
});

describe('by itself', {concurrency: 2}, () => {
  scene('an edit of the file shows, and search, place and focus stay',
    {sandbox: ['--count', '60'], daemon: ['--max-disable', '100%']}, async world => {
      const keys = ids(60).map((id, n) => ({id, name: `service-${n + 1}`, enabled: true}));
      world.save(keys);
      await world.event('reconcile_finished', {result: 'converged'});
      const page = await look(browser, world, {target: '?q=service&sort=id'});
      await verdict(page, 'In sync');
      const link = page.getByRole('columnheader', {name: 'Answered'}).getByRole('link');
      await link.focus();
      await page.getByText('As a table').click();
      await link.focus();
      await page.evaluate(() => scrollTo(0, 900));
      keys[2].name = 'service-renamed';
      keys[3].enabled = false;
      world.save(keys);
      await page.locator('#results tbody th .name', {hasText: 'service-renamed'}).waitFor();
      await page.locator('#changes .what', {hasText: 'enabled: true -> false'}).waitFor();
      assert.equal(await page.locator('#results tbody tr').nth(3).locator('.switch.off').count(), 2);
      // What stands above is higher while keys are converged, and the browser keeps what is looked at in its place.
      await verdict(page, 'In sync');
      await page.waitForFunction(() => scrollY === 900);
      assert.equal(await page.getByRole('searchbox').inputValue(), 'service');
      assert.ok(await link.evaluate(one => one === document.activeElement));
      assert.ok(await page.locator('#traffic-table').evaluate(one => one.open));
      assert.equal(page.asked.filter(url => new URL(url).pathname === '/').some(url => !url.includes('q=service')), false);
      await close(page);
    });

  scene('nothing is fetched anew where nothing is new, nor while nobody looks', {keys: threeKeys}, async world => {
    await world.event('reconcile_finished', {result: 'converged'});
    const page = await look(browser, world);
    const asked = what => page.asked.filter(url => new URL(url).pathname === what).length;
    await waitFor(() => asked('/page.version') >= 2, 'it asks twice whether there is anything new');
    assert.equal(asked('/'), 1);
    const hide = hidden => page.evaluate(value => {
      Object.defineProperty(document, 'hidden', {value, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    let answered;
    const held = new Promise(resolve => { answered = resolve; });
    await page.route('**/page.version', async route => { // one that is under way as the page is left
      await held;
      await route.continue().catch(() => {});
    });
    const waiting = asked('/page.version');
    await waitFor(() => asked('/page.version') > waiting, 'it asks');
    await hide(true);
    answered();
    await page.unroute('**/page.version');
    await new Promise(resolve => { setTimeout(resolve, 200); });
    assert.ok(await page.locator('#silence').evaluate(one => one.hidden), 'nobody waited for it');
    const before = page.asked.length;
    world.save([threeKeys[0], threeKeys[1], {id: LEGACY, name: 'renamed', enabled: false}]);
    await world.event('api_key_updated', {reason: 'changed'});
    assert.equal(await page.locator('.name', {hasText: 'renamed'}).count(), 0);
    await hide(false);
    await page.locator('#results .name', {hasText: 'renamed'}).waitFor();
    assert.ok(page.asked.length > before);
    await close(page);
  });

  scene('a daemon that is gone is said to be, and one that is back is followed', {keys: threeKeys}, async world => {
    await world.event('reconcile_finished', {result: 'converged'});
    const page = await look(browser, world);
    await verdict(page, 'In sync');
    await world.stopDaemon();
    await page.getByText('The daemon does not answer').waitFor();
    assert.match(await page.locator('#silence').textContent(), /What stands here is from \d{4}-/);
    await accessible(page, 'no answer');
    world.save([threeKeys[0], threeKeys[1], {id: LEGACY, name: 'after-the-pause', enabled: false}]);
    await world.run(new URL(world.url).host);
    await page.locator('#results .name', {hasText: 'after-the-pause'}).waitFor();
    await page.locator('#silence').waitFor({state: 'hidden'});
    await close(page);
  });
});

scene('coming transitions, dark and light', {}, async world => {
  const later = hours => new Date(Date.now() + hours * 3600_000).toISOString();
  world.save([
    {id: BILLING, name: 'billing-service', enabled_until: later(49)},
    {id: MOBILE, name: 'mobile-app', enabled_from: later(5)},
    {id: LEGACY, enabled: false},
  ]);
  await world.event('reconcile_finished', {result: 'converged'});
  const page = await look(browser, world, {colorScheme: 'dark'});
  const items = page.locator('#coming li');
  assert.match(await items.nth(0).textContent(), /in \d h\s*mobile-app enabled/);
  assert.match(await items.nth(1).textContent(), /in 2 d\s*billing-service disabled/);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await paper();
  await picture(page, 'status-dark');
  await page.emulateMedia({colorScheme: 'light'});
  assert.notEqual(await paper(), dark);
  await looksRight(page, 'coming');
  await page.setViewportSize({width: 390, height: 844});
  await picture(page, 'status-phone');
  await close(page);
});

scene('on paper: times instead of ages, nothing to press, and no wider than a sheet', {keys: threeKeys}, async world => {
  await world.event('reconcile_finished', {result: 'converged'});
  const page = await look(browser, world, {width: 700, height: 1000});
  const time = page.locator('#results tbody time').first();
  assert.match(await time.textContent(), /ago|now/);
  await page.emulateMedia({media: 'print'});
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.match(await time.textContent(), /^\d{4}-\d\d-\d\d [\d:]{8} UTC$/);
  for (const what of ['#search', '.skip', 'details', '.jump']) assert.equal(await page.locator(what).isVisible(), false, what);
  await noSidewaysScrolling(page);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  assert.match(await time.textContent(), /ago|now/);
  await close(page);
});

scene('nothing that is served holds a secret or the token', {keys: threeKeys}, async world => {
  await world.event('reconcile_finished', {result: 'converged'});
  for (const target of ['', '?q=billing', 'page.js', 'page.css', 'page.version', 'icon.svg']) {
    const text = await (await fetch(world.url + target)).text();
    assert.ok(text.length > 0, target);
    assert.ok(!text.includes('sandbox-secret-') && !text.includes(token), target);
  }
  const state = fs.readFileSync(world.at('token'), 'utf8');
  assert.ok(state.includes(token)); // what was searched for is what there is
});

});
