// SPDX-License-Identifier: Apache-2.0
// A browser, and pages in it that note whatever they complain about.

import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import {bound} from './world.mjs';

const fromNpm = createRequire(path.join(process.env.APIKEYD_BROWSER_FOLDER, 'package.json'));
const {chromium} = fromNpm('playwright-core');
const axe = fs.readFileSync(fromNpm.resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return chromium.launch({executablePath: process.env.APIKEYD_CHROMIUM, args: ['--headless', '--no-sandbox',
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']});
}

// A page at the daemon. Its `troubles` are to be empty at the end.
export async function look(browser, world, {target = '', width = 1280, height = 900, ...options} = {}) {
  const context = await browser.newContext({viewport: {width, height}, ...options});
  context.setDefaultTimeout(bound);
  const page = await context.newPage();
  page.troubles = [];
  page.asked = [];
  page.on('console', message => {
    // A daemon that is away is reported by the browser, too.
    if (!message.text().includes('net::ERR_')) page.troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => page.troubles.push(`error: ${error.message}`));
  page.on('dialog', dialog => {
    page.troubles.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', request => {
    page.asked.push(request.url());
    if (!request.url().startsWith(world.url)) page.troubles.push(`request: ${request.url()}`);
  });
  await page.goto(world.url + target);
  return page;
}

export async function close(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

// The verdict, once it is this.
export const verdict = (page, word) => page.getByRole('heading', {level: 1, name: word, exact: true}).waitFor();

export const names = page => page.locator('#results tbody th .name').allTextContents();
export const cardOf = (page, label) => page.locator('#counts a').filter({hasText: label});

// Nothing that axe knows to be wrong.
export async function accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  const wrong = found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html} ${node.failureSummary}`));
  assert.deepEqual(wrong, [], what);
  assert.ok(found.passes.length > 20, 'axe looked at something');
}

export async function noSidewaysScrolling(page) {
  const {wide, window} = await page.evaluate(() => ({wide: document.documentElement.scrollWidth, window: innerWidth}));
  assert.ok(wide <= window, `${wide} pixels wide in a window of ${window}`);
}
