// SPDX-License-Identifier: MIT
// Where events go besides the page, and how far behind each of them is.
import {call, poll} from './client.js';
import {Table, badge, count, h, moment, seconds} from './dom.js';

export function create() {
  let stop = null, before = null, status = null;
  const none = h('p', {className: 'note', hidden: true}, 'No sink is configured (--event-log, --event-command, --event-mqtt).');
  const rate = (sink) => {
    const past = before && before.sinks.find((one) => one.name === sink.name);
    const span = before ? status.time - before.time : 0;
    return past && span > 0 ? (sink.delivered - past.delivered) / span : null;
  };
  const table = new Table('Sinks', [
    {name: 'Sink', row: true, cell: (sink) => sink.name},
    {name: 'State', cell: (sink) => sink.working ? badge('working') : badge('stopped')},
    {name: 'Waiting', number: true, cell: (sink) => count(sink.waiting)},
    {name: 'Lag', number: true, cell: (sink) => {
      const speed = rate(sink);
      return sink.waiting === 0 ? 'none' : speed > 0 ? `about ${seconds(sink.waiting / speed)}` : 'stands still';
    }},
    {name: 'A second', number: true, cell: (sink) => { const speed = rate(sink); return speed === null ? '' : count(Math.round(speed * 10) / 10); }},
    {name: 'Delivered', number: true, cell: (sink) => count(sink.delivered)},
    {name: 'Dropped', number: true, cell: (sink) => count(sink.dropped)},
    {name: 'Tried again', number: true, cell: (sink) => count(sink.retries)},
    {name: 'Last error', cell: (sink) => sink.lastError ? `${sink.lastError} (${moment(sink.lastErrorAt)})` : ''},
  ]);

  async function refresh() {
    before = status;
    status = await call({command: 'status', filter: {members: ['time', 'sinks']}});
    none.hidden = status.sinks.length > 0;
    table.element.hidden = !status.sinks.length;
    table.show(status.sinks, (sink) => sink.name);
  }

  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Sinks'), none, table.element);
  return {element, show() { stop = poll(refresh, 2000); }, hide() { if (stop) stop(); }};
}
