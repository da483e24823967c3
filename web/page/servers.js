// SPDX-License-Identifier: MIT
// Servers and sessions: how they are, since when and why. Those that need somebody come first, and
// before them what will fail unless somebody does something (notices of `status`).
import {call, poll} from './client.js';
import {Table, badge, count, field, h, moment, say, seconds} from './dom.js';
import {choose} from './sessions.js';

const MOST = 200;
const MEMBERS = ['version', 'time', 'uptime', 'limits', 'connections', 'sessions', 'notices'];
const ORDER = ['failed', 'degraded', 'recovering', 'connecting', 'waiting', 'opening', 'building', 'closing', 'removing', 'kept', 'active'];

export function create({go}) {
  const facts = h('ul', {className: 'facts'});
  const list = h('ul', {className: 'notices', 'aria-live': 'polite'});
  const notices = h('section', {hidden: true, 'aria-label': 'Notices'}, h('h2', {}, 'Before it fails'), list);
  const search = h('input', {type: 'search', oninput: () => show()});
  const url = h('input', {type: 'text', placeholder: 'opc.tcp://host:4840', spellcheck: false});
  const opened = h('p', {className: 'note', role: 'status'});
  const table = new Table('', [
    {name: 'Server', row: true, cell: (row) => row.endpointUrl},
    {name: 'State', cell: (row) => badge(row.state)},
    {name: 'Why', cell: (row) => row.reason || ''},
    {name: 'For', still: true, cell: (row) => row.since ? seconds(status.time - row.since) : ''},
    {name: 'Next try', still: true, cell: (row) => row.nextRetry ? `in ${seconds(row.nextRetry - status.time)}` : ''},
    {name: 'Kept by', cell: (row) => row.labels},
    {name: 'Answers in', number: true, cell: (row) => row.roundTrip === null || row.roundTrip === undefined ? '' : `${row.roundTrip} ms`},
    {name: 'Requests', number: true, cell: (row) => row.requests ? count(row.requests.running + row.requests.waiting) : ''},
    {name: 'Items', number: true, cell: (row) => row.items},
    {name: 'Values', number: true, cell: (row) => row.publishing ? count(row.publishing.values) : ''},
    {name: 'Missed', number: true, cell: (row) => row.publishing ? count(row.publishing.lost) : ''},
    {name: 'Show', cell: (row) => row.id ? h('div', {className: 'acts'},
      h('button', {type: 'button', onclick: () => { choose(row); go('items'); }}, 'Items', h('span', {className: 'hidden'}, ` of ${row.endpointUrl}`)),
      h('button', {type: 'button', onclick: () => { choose(row); go('space'); }}, 'Address space', h('span', {className: 'hidden'}, ` of ${row.endpointUrl}`))) : '',
     same: (row) => row.id},
  ]);
  let status = null, stop = null, told = '';

  function items(session) {
    let desired = 0, actual = 0;
    for (const subscription of session.subscriptions) {
      desired += subscription.items.desired;
      actual += subscription.items.actual;
    }
    return actual === desired ? count(actual) : `${count(actual)} of ${count(desired)}`;
  }

  function rows() {
    const list = status.sessions.map((session) => ({...session, key: session.id, labels: session.autoConnect.join(', '), items: items(session)}));
    for (const one of status.connections) {
      if (one.sessionId && status.sessions.some((session) => session.id === one.sessionId)) continue;
      list.push({key: `connection ${one.label}`, endpointUrl: one.endpointUrl, state: one.state, labels: one.label, nextRetry: one.nextRetry,
        reason: one.error ? `${one.error} (${one.failures} times)` : ''});
    }
    const text = search.value.trim().toLowerCase();
    const found = text ? list.filter((row) => `${row.endpointUrl} ${row.state} ${row.reason} ${row.labels} ${row.id || ''}`.toLowerCase().includes(text)) : list;
    return found.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.endpointUrl < b.endpointUrl ? -1 : 1));
  }

  // Those that stand: the list is left alone as long as it says the same.
  function tell() {
    const text = JSON.stringify(status.notices);
    if (text === told) return;
    told = text;
    notices.hidden = !status.notices.length;
    list.replaceChildren(...status.notices.map((notice) => h('li', {},
      h('b', {}, notice.object), ': ', notice.text, ` (since ${moment(notice.since)})`,
      h('p', {}, 'Next: ', notice.next, '.'))));
  }

  function show() {
    if (!status) return;
    tell();
    const all = rows();
    table.show(all.slice(0, MOST), (row) => row.key);
    table.caption.textContent = all.length > MOST ? `The first ${MOST} of ${count(all.length)} sessions: search for others` : `${count(all.length)} sessions and connections`;
    const states = {};
    for (const session of status.sessions) states[session.state] = (states[session.state] || 0) + 1;
    const facter = (value, name) => h('li', {}, h('b', {}, value), name);
    facts.replaceChildren(
      ...Object.entries(states).sort().map(([state, number]) => h('li', {}, h('b', {}, count(number)), badge(state))),
      facter(count(status.limits.maxSessions), 'sessions at most'), facter(seconds(status.uptime), 'up'),
      facter(status.version, 'version'), facter(moment(status.time), 'clock of the daemon'));
  }

  async function refresh() {
    status = await call({command: 'status', filter: {members: MEMBERS}});
    show();
  }

  async function open(event) {
    event.preventDefault();
    opened.textContent = `Opening ${url.value} …`;
    try {
      await call({command: 'open', endpointUrl: url.value.trim(), config: {}});
      opened.textContent = `A session on ${url.value} is open.`;
      await refresh();
    } catch (error) {
      opened.textContent = `${url.value}: ${error.message}`;
    }
    say(opened.textContent);
  }

  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Servers'), notices, facts,
    h('div', {className: 'bar'}, field('Search', search)), table.element,
    h('h2', {}, 'Open a session'),
    h('form', {className: 'bar', onsubmit: open}, field('URL of the server', url), h('button', {type: 'submit'}, 'Open')), opened);
  return {element, show() { stop = poll(refresh, 2000); }, hide() { if (stop) stop(); }};
}
