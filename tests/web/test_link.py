# SPDX-License-Identifier: MIT
"""The page's way to the daemon, without a browser: its code run by node, with a daemon that is made up."""
import subprocess

from osm.paths import ROOT

# The first link ends while it is posted to, and refuses that then; the second takes everything.
LOST = """
const {serve} = await import('./web/page/link.js');
const streams = [], posts = [];
let lose;
const lost = new Promise((done) => { lose = done; });
globalThis.fetch = async (path, {headers, body}) => {
  if (path === '/api/request') {
    posts.push([headers['X-Link'], ...body.split('\\n').map((line) => JSON.parse(line).command)]);
    if (headers['X-Link'] === 'one') {
      streams[0].close();
      await lost;
    }
    return {status: headers['X-Link'] === 'one' ? 503 : 202, ok: headers['X-Link'] !== 'one'};
  }
  const name = streams.length ? 'two' : 'one';
  return {status: 200, ok: true, body: new ReadableStream({start(stream) {
    streams.push(stream);
    stream.enqueue(new TextEncoder().encode(`data: {"link":"${name}"}\\n\\n`));
  }})};
};
const page = {postMessage(message) {
  if (message.state === 'up') page.onmessage({data: {op: 'call', n: streams.length, request: {command: streams.length === 1 ? 'query' : 'ping'}}});
  if (message.op === 'reply') { console.log('reply', message.n, message.reply.error.type); lose(); }
}};
serve(page);
page.onmessage({data: {op: 'start', token: 't'}});
while (!posts.some(([link]) => link === 'two')) await new Promise((done) => setTimeout(done, 10));
console.log(JSON.stringify(posts));
process.exit(0);
"""

# The daemon takes the connection and says nothing; time flies.
SILENT = """
const {serve} = await import('./web/page/link.js');
const later = globalThis.setTimeout;
const waits = [];
globalThis.setTimeout = (work, delay) => { waits.push(delay); return later(work, 0); };
globalThis.fetch = (path, {signal}) => new Promise((done, failed) => signal.addEventListener('abort', () => failed(signal.reason)));
const page = {postMessage(message) {
  console.log(message.state, message.reason || '', waits[0] > 1000);
  if (message.state === 'down') process.exit(0);
}};
serve(page);
page.onmessage({data: {op: 'start', token: 't'}});
"""


def test_what_was_lost_is_not_sent_after_all():
    said = subprocess.run(["node", "--input-type=module", "-e", LOST], cwd=ROOT, timeout=120, check=True, capture_output=True, text=True)
    assert said.stdout.splitlines() == ["reply 1 lost", '[["one","query"],["two","ping"]]']


def test_an_answer_that_never_comes():
    said = subprocess.run(["node", "--input-type=module", "-e", SILENT], cwd=ROOT, timeout=120, check=True, capture_output=True, text=True)
    assert said.stdout.splitlines()[-1] == "down the daemon does not answer true"
