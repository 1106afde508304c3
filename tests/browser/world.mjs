// SPDX-License-Identifier: Apache-2.0
// A daemon with its sandbox, for a browser to look at. Everything listens on loopback, on ports that the kernel
// picks, and lives in a temporary folder.

import {spawn, execFile} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import {promisify} from 'node:util';

const factor = Number(process.env.APIKEYD_TIME_FACTOR ?? 1);
// Milliseconds. Long, since only what fails waits for it: a browser on a busy machine may take many seconds for one page.
export const bound = 60000 * factor;
export const token = 'browser-token-0123456789';

export const BILLING = '5e5677d71bdc2ae76344968c';
export const MOBILE = '5e5677d71bdc2ae76344968d';
export const LEGACY = '5e5677d71bdc2ae76344968e';
export const threeKeys = [
  {id: BILLING, name: 'billing-service', enabled: true},
  {id: MOBILE, name: 'mobile-app', enabled: true},
  {id: LEGACY, enabled: false},
];

// Nothing of the tester's own settings: the daemon reads every APIKEYD_ that there is.
const environment = Object.fromEntries(Object.entries(process.env)
  .filter(([name]) => ['PATH', 'LANG', 'HOME', 'TMPDIR'].includes(name) || name.endsWith('SAN_OPTIONS')));

// The ids of the sandbox's --count.
export const ids = count => Array.from({length: count}, (_, n) => (n + 1).toString(16).padStart(24, '0'));

// What `condition` returns once that is true.
export async function waitFor(condition, what) {
  for (const end = Date.now() + bound; Date.now() < end;) {
    const result = await condition();
    if (result) return result;
    await new Promise(resolve => { setTimeout(resolve, 20); });
  }
  throw new Error(`did not come about: ${what}`);
}

export function desiredText(keys) {
  const field = ([name, value]) => `${name}: ${name === 'id' || name.startsWith('enabled_') ? value : JSON.stringify(value)}`;
  const entry = key => `  - ${Object.entries(key).map(field).join('\n    ')}\n`;
  return `version: 1\nkeys:${keys.length ? `\n${keys.map(entry).join('')}` : ' []\n'}`;
}

export class World {
  static async start({sandbox = [], keys = null, daemon = []} = {}) {
    const world = new World();
    world.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'apikeyd-browser-'));
    fs.mkdirSync(world.at('config'));
    fs.mkdirSync(world.at('state'), {mode: 0o700});
    fs.writeFileSync(world.at('token'), token, {mode: 0o600});
    world.options = daemon;
    try {
      const portFile = world.at('port');
      world.sandbox = spawn(process.env.APIKEYD_SANDBOX_BIN,
        ['--quiet', '--port', '0', '--port-file', portFile, '--token', token, ...sandbox], {stdio: 'ignore'});
      const port = await waitFor(() => fs.existsSync(portFile) && fs.readFileSync(portFile, 'utf8').trim(),
        'the sandbox listens');
      world.api = `http://127.0.0.1:${port}`;
      if (keys) world.save(keys);
      await world.run();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  at(name) { return path.join(this.folder, name); }
  flags() {
    return ['--api-url', `${this.api}/rest/v1`, '--token-file', this.at('token'), '--keys', this.at('config/keys.yaml'),
      '--state', this.at('state/state.db')];
  }

  async run(listen = '127.0.0.1:0') {
    this.events = [];
    this.daemon = spawn(process.env.APIKEYD_BIN,
      ['run', ...this.flags(), '--log-format', 'json', '--status-listen', listen, ...this.options],
      {stdio: ['ignore', 'ignore', 'pipe'], env: environment});
    readline.createInterface({input: this.daemon.stderr}).on('line', line => this.events.push(JSON.parse(line)));
    this.url = (await this.event('status_listening')).address;
  }

  event(name, fields = {}, since = 0) {
    return waitFor(() => this.events.slice(since).find(event => event.event === name
      && Object.entries(fields).every(([field, value]) => event[field] === value)), `event ${name}`);
  }

  // Whole or not at all, as careful programs save.
  saveText(text) {
    fs.writeFileSync(this.at('config/.keys.new'), text);
    fs.renameSync(this.at('config/.keys.new'), this.at('config/keys.yaml'));
  }
  save(keys) { this.saveText(desiredText(keys)); }

  async admin(where, method, body) {
    const answer = await fetch(`${this.api}/sandbox/${where}`, {method, body});
    if (!answer.ok) throw new Error(`${where}: ${answer.status} ${await answer.text()}`);
  }
  faults(schedule) { return this.admin('faults', 'POST', schedule); }
  newToken(text) { return this.admin('token', 'POST', text); }
  latency(milliseconds) { return this.admin('latency', 'POST', String(milliseconds)); }

  command(name, ...rest) { // of those that need the state alone
    return promisify(execFile)(process.env.APIKEYD_BIN, [name, '--state', this.at('state/state.db'), ...rest],
      {env: environment});
  }

  async stopDaemon() { await end(this.daemon, 'SIGTERM'); }
  async stop() {
    await end(this.daemon, 'SIGKILL');
    await end(this.sandbox, 'SIGKILL');
    fs.rmSync(this.folder, {recursive: true, force: true});
  }
}

async function end(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
