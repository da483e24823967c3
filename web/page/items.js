// SPDX-License-Identifier: MIT
// Subscriptions and items of one session, a page of them at a time. The daemon is told which items
// are shown and plotted, and sends the values of those only; what nobody publishes is read.
import {call, poll, query, watch} from './client.js';
import {Table, badge, clock, count, field, h, qualityBadge, say, written} from './dom.js';
import {Plot} from './plot.js';
import {Chooser, chosen} from './sessions.js';

const PAGE = 40;
const FRAME = 200; // ms between two updates of the table

const keyOf = (item) => `${item.subscriptionId}/${item.id}`;
const timeOf = (value) => { const text = value.sourceTimestamp || value.serverTimestamp; return text ? Date.parse(text) / 1000 : null; };

export function create() {
  const values = new Map(); // key → {value, arrived, number}
  const plot = new Plot(() => { follow(); });
  const plotted = new Map(); // key → item
  let shown = [], from = 0, next = null, total = 0, stops = [], end = null, dirty = new Set(), frame = 0, missed = 0;
  let automatic = false, active = false;

  const chooser = new Chooser(() => { from = 0; plotted.clear(); plot.clear(); values.clear(); list(); });
  const subscription = h('select', {onchange: () => { from = 0; list(); }}, h('option', {value: ''}, 'all'));
  const search = h('input', {type: 'search', onchange: () => { from = 0; list(); }});
  const back = h('button', {type: 'button', onclick: () => { from = Math.max(0, from - PAGE); list(); }}, 'Back');
  const forth = h('button', {type: 'button', onclick: () => { if (next !== null) from = next; list(); }}, 'Next');
  const where = h('p', {className: 'note', role: 'status'});
  const how = h('p', {className: 'note'});
  const subscriptions = new Table('Subscriptions', [
    {name: 'Subscription', row: true, cell: (row) => String(row.id ?? 'not made yet')},
    {name: 'Every', number: true, cell: (row) => `${row.publishingInterval ?? '—'} ms`},
    {name: 'Items on the server', number: true, cell: (row) => `${count(row.items.actual)} of ${count(row.items.desired)}`},
    {name: 'Error', cell: (row) => row.error || (row.items.errors.length ? `${row.items.errors[0].nodeId}: ${row.items.errors[0].error}` : '')},
  ]);
  const table = new Table('', [
    {name: 'Node', row: true, cell: (item) => h('code', {}, item.name)},
    {name: 'Value', cell: (item) => item.kind === 'events' ? 'events, see Alarms' : written(values.get(keyOf(item))?.value.value)},
    {name: 'Quality', cell: (item) => qualityBadge(values.get(keyOf(item))?.value.statusCode)},
    {name: 'Time', still: true, cell: (item) => { const value = values.get(keyOf(item)); return value ? clock(timeOf(value.value)) : ''; }},
    {name: 'Received', number: true, cell: (item) => count(values.get(keyOf(item))?.number || 0)},
    {name: 'State', cell: (item) => item.error ? h('span', {}, badge(item.state), ` ${item.error}`) : badge(item.state)},
    {name: 'Every', number: true, cell: (item) => `${item.samplingInterval} ms`},
    {name: 'Plot', cell: (item) => item.kind === 'events' ? '' : h('button', {type: 'button', 'aria-pressed': String(plot.has(keyOf(item))), onclick: () => toggle(item)},
      'Plot', h('span', {className: 'hidden'}, ` ${item.name}`)), same: (item) => `${item.name} ${plot.has(keyOf(item))}`},
  ]);

  function toggle(item) {
    const key = keyOf(item);
    if (plot.has(key)) { plot.remove(key); plotted.delete(key); }
    else {
      plotted.set(key, item);
      if (!plot.add(key, item.name)) { plotted.delete(key); say('Four series are plotted already: remove one.'); }
      const value = values.get(key);
      if (value) plot.take(key, timeOf(value.value) || Date.now() / 1000, value.value.value);
    }
    table.show(shown, keyOf);
  }

  function take(key, value, counted) {
    const known = values.get(key);
    values.set(key, {value, number: (known?.number || 0) + counted});
    plot.take(key, timeOf(value) || Date.now() / 1000, value.value);
    dirty.add(key);
    if (!frame) frame = setTimeout(draw, FRAME);
  }

  function draw() {
    frame = 0;
    for (const key of dirty) table.update(key);
    dirty = new Set();
  }

  function told(events) {
    for (const event of events) {
      if (event.event === 'StreamGap') { missed += event.dropped || 0; tellHow(); }
      else take(`${event.subscriptionId}/${event.monitoredItemId}`, event.dataValue, 1);
    }
  }

  function tellHow() {
    how.textContent = (automatic ? 'Values come as the server publishes them.'
      : 'A caller publishes in this session by hand, or nobody does: the values shown are read every two seconds.')
      + (missed ? ` This page was too slow for ${count(missed)} values.` : '');
  }

  const inSight = () => {
    const all = new Map(shown.filter((item) => item.kind === 'values').map((item) => [keyOf(item), item]));
    for (const [key, item] of plotted) if (plot.has(key)) all.set(key, item); else plotted.delete(key);
    return all;
  };

  // Values from the daemon's memory where it has them, else from the server.
  async function read() {
    const wanted = [...inSight().values()].filter((item) => item.nodeId);
    if (!wanted.length) return;
    const got = await query(chosen.session, 'readMulti', [wanted.map(({nodeId, attributeId}) => ({nodeId, attributeId}))], {maxAge: 1000});
    got.forEach((value, place) => { if (!automatic || !values.has(keyOf(wanted[place]))) take(keyOf(wanted[place]), value, 0); });
  }

  // The stream of what is in sight; there is nothing else in it.
  function follow() {
    const keys = [...inSight().values()].map((item) => [item.subscriptionId, item.id]);
    const wish = active && automatic && keys.length ? JSON.stringify([chosen.session, keys]) : '';
    if (wish === follow.wish) return;
    follow.wish = wish;
    if (end) end();
    end = wish ? watch({sessionId: chosen.session, events: ['DataChangeReceived'], items: keys}, told, {failed: () => { follow.wish = ''; }}) : null;
  }

  async function list() {
    if (!active || !chosen.session) { shown = []; table.show([], keyOf); return; }
    const request = {command: 'items', sessionId: chosen.session, from, limit: PAGE, search: search.value.trim()};
    if (subscription.value) request.subscriptionId = Number(subscription.value);
    const page = await call(request).catch((error) => ({items: [], total: 0, next: null, error}));
    if (!active) return;
    ({items: shown, next, total} = page);
    table.show(shown, keyOf);
    table.caption.textContent = `Items ${shown.length ? `${count(from + 1)} to ${count(next ?? total)}` : ''} of ${count(total)}`;
    back.disabled = from === 0;
    forth.disabled = next === null;
    where.textContent = page.error ? page.error.message : '';
    follow();
    if ([...inSight().keys()].some((key) => !values.has(key))) await read().catch(() => {});
  }

  async function refresh() {
    await chooser.refresh();
    if (!chosen.session) { where.textContent = 'No session is open.'; return; }
    const status = await call({command: 'status', filter: {session: chosen.session, members: ['sessions']}});
    const session = status.sessions.find((one) => one.id === chosen.session);
    if (!session) return;
    automatic = session.publishing.automatic;
    tellHow();
    subscriptions.show(session.subscriptions, (row) => String(row.id));
    const ids = session.subscriptions.filter((row) => row.id !== null).map((row) => String(row.id));
    if (ids.join() !== refresh.ids) {
      const before = subscription.value;
      refresh.ids = ids.join();
      subscription.replaceChildren(h('option', {value: ''}, 'all'), ...ids.map((id) => h('option', {value: id}, id)));
      subscription.value = ids.includes(before) ? before : '';
    }
    await list();
  }

  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Items'),
    h('div', {className: 'bar'}, chooser.element, field('Subscription', subscription), field('Search', search), back, forth),
    where, how, plot.element, table.element, h('h2', {}, 'Subscriptions'), subscriptions.element);
  return {element,
    show() { active = true; stops = [poll(refresh, 2000), poll(async () => { if (!automatic) await read(); }, 2000)]; },
    hide() { active = false; for (const stop of stops) stop(); follow(); }};
}
