// SPDX-License-Identifier: MIT
// The way to the daemon: one streamed answer (server-sent events) that carries replies and events,
// and posts that carry requests. All pages of a browser with the same token share one link, by
// the shared worker (worker.js), because a browser opens no more than six connections to a host;
// where there is no such worker a page has a link of its own.
//
// Talk with pages, over message ports:
//   page → link  {op: 'start', token}  {op: 'lock', lock}  {op: 'call', n, request}  {op: 'watch', n, request}
//                {op: 'unwatch', n}  {op: 'bye'}
//   link → page  {op: 'state', state, reason, role, version}   connecting, up, down, refused
//                {op: 'reply', n, reply}  {op: 'events', n, events}

const RETRY = [500, 1000, 2000, 5000, 10000];
const SILENT = 40000;      // the daemon sends something every 15 s
const UNANSWERED = 15000;  // it answers at once
const POST_BYTES = 60000;

class Link {
  constructor(token, ended) {
    this.token = token;
    this.ended = ended;
    this.pages = new Set();
    this.waiting = new Map(); // id → {page, n}: a reply is due
    this.watches = new Map(); // id → {page, n}: a stream
    this.next = 1;
    this.outbox = [];
    this.failures = 0;
    this.state = {op: 'state', state: 'connecting'};
    this.run();
  }

  tell(state, more) {
    this.state = {op: 'state', state, ...more};
    for (const page of this.pages) page.postMessage(this.state);
  }

  async run() {
    while (!this.over) {
      const reason = await this.connect().catch((error) => String(error.message || error));
      if (this.over) return;
      this.drop(reason);
      if (this.state.state === 'refused') { this.ended(this); return; }
      this.tell('down', {reason});
      await new Promise((done) => { this.wake = setTimeout(done, RETRY[Math.min(this.failures++, RETRY.length - 1)]); });
    }
  }

  // Until the stream ends; says why.
  async connect() {
    this.abort = new AbortController();
    this.wait(UNANSWERED);
    const answer = await fetch('/api/stream', {
      method: 'POST', headers: {Authorization: `Bearer ${this.token}`},
      cache: 'no-store', credentials: 'omit', signal: this.abort.signal});
    if (answer.status === 401 || answer.status === 403) {
      this.tell('refused', {reason: 'The daemon does not know this token.'});
      return 'refused';
    }
    if (!answer.ok) return `the daemon answers ${answer.status}: ${await answer.text().then(explain)}`;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      this.wait(SILENT);
      const {done, value} = await reader.read();
      if (done) return 'the daemon has ended the connection';
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      this.take(lines);
    }
  }

  // From now on something must come within so many milliseconds.
  wait(most) {
    const {abort} = this;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => abort.abort(new Error('the daemon does not answer')), most);
  }

  take(lines) {
    const batches = new Map();
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      const message = JSON.parse(line.slice(6));
      if (message.link) this.up(message);
      else if (message.event) this.sort(message, batches);
      else this.reply(message);
    }
    for (const [watch, events] of batches) watch.page.postMessage({op: 'events', n: watch.n, events});
  }

  up(hello) {
    this.id = hello.link;
    this.failures = 0;
    this.tell('up', {role: hello.role, version: hello.version});
    this.post();
  }

  sort(message, batches) {
    const watch = this.watches.get(message.id);
    if (!watch) return;
    if (!batches.has(watch)) batches.set(watch, []);
    batches.get(watch).push(message);
  }

  reply(message) {
    const due = this.waiting.get(message.id);
    if (!due) { // to no request: the token has been taken out of the file, or the like
      if (message.error && message.error.type === 'auth_failed') this.tell('refused', {reason: message.error.message});
      return;
    }
    this.waiting.delete(message.id);
    due.page.postMessage({op: 'reply', n: due.n, reply: message});
  }

  drop(reason) {
    clearTimeout(this.silence);
    this.id = null;
    this.outbox = [];
    this.watches.clear();
    for (const [id, due] of this.waiting)
      due.page.postMessage({op: 'reply', n: due.n, reply: {id, success: false, error: {type: 'lost', message: reason}}});
    this.waiting.clear();
  }

  send(request) {
    const id = this.next++;
    this.outbox.push(JSON.stringify({...request, id}));
    if (!this.posting) queueMicrotask(() => this.post());
    return id;
  }

  // What has come together meanwhile goes in one post; one is on its way at a time.
  async post() {
    if (this.posting || !this.id || !this.outbox.length) return;
    this.posting = true;
    const {id, abort} = this;
    try {
      while (this.id === id && this.outbox.length) {
        let body = this.outbox.shift();
        while (this.outbox.length && body.length + this.outbox[0].length < POST_BYTES / 3) body += '\n' + this.outbox.shift();
        const answer = await fetch('/api/request', {
          method: 'POST', body, cache: 'no-store', credentials: 'omit', signal: abort.signal,
          headers: {Authorization: `Bearer ${this.token}`, 'X-Link': id, 'Content-Type': 'application/x-ndjson'}});
        if (answer.status === 503 && this.id === id) { // it has too much to send us: later
          this.outbox.unshift(...body.split('\n'));
          await new Promise((done) => setTimeout(done, 250));
        } else if (!answer.ok) {
          abort.abort();
        }
      }
    } catch {
      abort.abort();
    } finally {
      this.posting = false;
    }
    if (this.id !== id) this.post(); // on the link that has come meanwhile
  }

  attach(page) {
    this.pages.add(page);
    page.postMessage(this.state);
  }

  detach(page) {
    for (const [id, watch] of this.watches) if (watch.page === page) this.unwatch(id);
    for (const [id, due] of this.waiting) if (due.page === page) this.waiting.delete(id);
    this.pages.delete(page);
    if (this.pages.size) return;
    this.over = true;
    clearTimeout(this.wake);
    clearTimeout(this.silence);
    if (this.abort) this.abort.abort();
    this.ended(this);
  }

  unwatch(id) {
    this.watches.delete(id);
    if (this.id) this.send({command: 'unstream', stream: id});
  }

  from(page, message) {
    if (message.op === 'unwatch') {
      for (const [id, watch] of this.watches) if (watch.page === page && watch.n === message.n) this.unwatch(id);
      return;
    }
    if (!this.id) {
      page.postMessage({op: 'reply', n: message.n, reply: {success: false, error: {type: 'lost', message: 'not connected'}}});
      return;
    }
    const id = this.send(message.request);
    this.waiting.set(id, {page, n: message.n});
    if (message.op === 'watch') this.watches.set(id, {page, n: message.n});
  }
}

function explain(text) {
  try { return JSON.parse(text).error; } catch { return text.slice(0, 200); }
}

const links = new Map(); // token → link

// A page has come.
export function serve(page) {
  let link = null;
  page.onmessage = ({data}) => {
    if (data.op === 'start') {
      if (link) link.detach(page);
      link = links.get(data.token);
      if (!link) {
        link = new Link(data.token, (ended) => { if (links.get(data.token) === ended) links.delete(data.token); });
        links.set(data.token, link);
      }
      link.attach(page);
    } else if (data.op === 'lock') { // the page has it for as long as it lives
      navigator.locks.request(data.lock, () => { if (link) link.detach(page); link = null; });
    } else if (data.op === 'bye') {
      if (link) link.detach(page);
      link = null;
    } else if (link) {
      link.from(page, data);
    }
  };
}
