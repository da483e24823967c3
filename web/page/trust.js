// SPDX-License-Identifier: MIT
// Certificates of servers that were refused and wait for somebody to trust them. What waits is
// known to the console (role admin); other roles see what the events have told.
import {call, client, poll, watch} from './client.js';
import {Table, count, h, moment, say} from './dom.js';

const EVENTS = ['ServerCertificateRejected', 'ServerCertificateManuallyTrusted', 'ServerCertificateTrusted', 'ServerCertificateAutoAccepted'];

export function create() {
  const waiting = new Map(); // fingerprint → row
  let end = null, stop = null;
  const result = h('p', {className: 'note', role: 'status'});
  const sure = h('div', {className: 'bar', role: 'group', 'aria-label': 'Confirm', hidden: true});
  const table = new Table('', [
    {name: 'Fingerprint', row: true, cell: (row) => h('code', {}, row.fingerprint)},
    {name: 'Server', cell: (row) => row.endpointUrl || ''},
    {name: 'Subject', cell: (row) => row.subject || ''},
    {name: 'Why', cell: (row) => row.reason || ''},
    {name: 'Refused', still: true, cell: (row) => moment(row.time)},
    {name: 'Answer', cell: (row) => client.role !== 'admin' ? 'takes the role admin' : h('div', {className: 'acts'},
      h('button', {type: 'button', onclick: () => confirm(row, 'TRUST')}, 'Trust', h('span', {className: 'hidden'}, ` ${row.fingerprint}`)),
      h('button', {type: 'button', onclick: () => confirm(row, 'REJECT')}, 'Reject', h('span', {className: 'hidden'}, ` ${row.fingerprint}`))),
     same: (row) => `${row.fingerprint} ${client.role}`},
  ]);

  function draw() {
    table.show([...waiting.values()], (row) => row.fingerprint);
    table.caption.textContent = waiting.size ? `${count(waiting.size)} certificates wait` : 'No certificate waits.';
  }

  function told(events) {
    for (const event of events) {
      if (event.event === 'ServerCertificateRejected') waiting.set(event.fingerprint, event);
      else waiting.delete(event.fingerprint);
    }
    draw();
  }

  // The console knows what waits now, whatever the events say.
  async function list() {
    const {rows} = await call({command: 'console', line: 'SHOW TRUST LIMIT 100'});
    waiting.clear();
    for (const [fingerprint, endpointUrl, subject, reason, time] of rows) waiting.set(fingerprint, {fingerprint, endpointUrl, subject, reason, time});
    draw();
  }

  function show() {
    waiting.clear();
    draw();
    if (client.role === 'admin') stop = poll(list, 3000);
    else end = watch({events: EVENTS, cursor: 0}, told);
  }

  function hide() {
    if (end) end();
    if (stop) stop();
    end = stop = null;
  }

  // Trusting is said twice: it decides whom the daemon talks to.
  function confirm(row, word) {
    const yes = h('button', {type: 'button', className: 'main', onclick: () => { sure.hidden = true; answer(row, word); }}, word === 'TRUST' ? 'Yes, trust it' : 'Yes, reject it');
    const no = h('button', {type: 'button', onclick: () => { sure.hidden = true; }}, 'No');
    sure.replaceChildren(h('p', {}, `${word === 'TRUST' ? 'Trust' : 'Reject'} ${row.fingerprint}? Compare it with what the server itself shows.`), yes, no);
    sure.hidden = false;
    no.focus();
  }

  async function answer(row, word) {
    try {
      await call({command: 'console', line: `${word} ${row.fingerprint}`});
      waiting.delete(row.fingerprint);
      result.textContent = `${row.fingerprint}: ${word === 'TRUST' ? 'trusted' : 'rejected'}.`;
      draw();
    } catch (error) {
      result.textContent = `${row.fingerprint}: ${error.message}`;
    }
    say(result.textContent);
  }

  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Certificates'),
    h('p', {className: 'note'}, 'Certificates of servers that no trust store knows. A server whose certificate is trusted is connected to at the next attempt.'),
    sure, result, table.element);
  return {element, show, hide};
}
