// SPDX-License-Identifier: MIT
// What a page asks the daemon: requests as any caller of its socket sends them, and streams, which
// are asked for again whenever the link is back.
import {serve} from './link.js';

const calls = new Map();   // n → {done, failed}
const watches = new Map(); // n → {request, told, began}
let next = 1;
let port = null, locked = null;

export const client = {state: 'down', role: '', version: '', reason: '', ups: 0, onstate: () => {}};

export class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.type = error.type;
  }
}

function open() {
  try {
    const worker = new SharedWorker('/page/worker.js', {type: 'module', name: 'osm'});
    return worker.port;
  } catch { // not everywhere
    const channel = new MessageChannel();
    serve(channel.port1);
    return channel.port2;
  }
}

function take({data}) {
  if (data.op === 'state') {
    Object.assign(client, {reason: ''}, data);
    if (data.state === 'up') client.ups++;
    if (data.state === 'up') for (const [n, watch] of watches) begin(n, watch);
    client.onstate();
  } else if (data.op === 'reply') {
    const call = calls.get(data.n);
    calls.delete(data.n);
    if (!call) return;
    if (data.reply.success) call.done(data.reply.data);
    else call.failed(new Refused(data.reply.error));
  } else if (data.op === 'events') {
    const watch = watches.get(data.n);
    if (watch) watch.told(data.events);
  }
}

// The link itself holds n; calls and watches share the numbers.
function begin(n, watch) {
  calls.set(n, {done: (data) => watch.began(data), failed: (error) => {
    if (error.type !== 'lost') watch.failed(error);
  }});
  port.postMessage({op: 'watch', n, request: {command: 'stream', passive: true, ...watch.request}});
}

export function start(token) {
  if (!port) {
    port = open();
    port.onmessage = take;
    addEventListener('pagehide', () => port.postMessage({op: 'bye'}));
    addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  }
  port.postMessage({op: 'start', token});
  if (locked || !navigator.locks) return;
  locked = `osm-page-${crypto.randomUUID()}`; // kept until this page is gone, however it goes
  navigator.locks.request(locked, () => {
    port.postMessage({op: 'lock', lock: locked});
    return new Promise(() => {});
  });
}

export function leave() {
  port.postMessage({op: 'bye'});
}

export function call(request) {
  return new Promise((done, failed) => {
    const n = next++;
    calls.set(n, {done, failed});
    port.postMessage({op: 'call', n, request});
  });
}

export function query(sessionId, method, params, more) {
  return call({command: 'query', sessionId, method, params, ...more});
}

// told(events) in batches; began({cursor}) whenever it (re)starts. Returns what ends it.
export function watch(request, told, {began = () => {}, failed = () => {}} = {}) {
  const n = next++;
  const entry = {request, told, began, failed};
  watches.set(n, entry);
  if (client.state === 'up') begin(n, entry);
  return () => {
    watches.delete(n);
    port.postMessage({op: 'unwatch', n});
  };
}

// Calls work() now and, while it is not stopped, again: `pause` after it has ended, or ten times
// what it took where that is longer, so that a daemon with much to tell is not asked all the time.
export function poll(work, pause) {
  let timer = 0, over = false;
  (async function turn() {
    const began = performance.now();
    if (client.state === 'up') {
      try { await work(); } catch (error) { if (error.type !== 'lost') console.warn(error); }
    }
    if (!over) timer = setTimeout(turn, client.state === 'up' ? Math.max(pause, 10 * (performance.now() - began)) : 300);
  })();
  return () => { over = true; clearTimeout(timer); };
}
