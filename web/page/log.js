// SPDX-License-Identifier: MIT
// What happens, as it happens: the events of all sessions, filtered where they come from.
import {watch} from './client.js';
import {Table, check, count, field, h, moment, short} from './dom.js';

const FAMILIES = {
  'Connections': ['ClientConnecting', 'SecureChannelOpened', 'SessionCreated', 'SessionActivated', 'SessionReactivated', 'SecureChannelRenewed', 'ClientConnected', 'ConnectionFailed', 'ClientReconnecting', 'ClientDisconnecting', 'SessionClosed', 'SecureChannelClosed', 'ClientDisconnected', 'RetryAttempt', 'RetryExhausted', 'SessionHealthChanged'],
  'Losses': ['NotificationsLost', 'QueueOverflow', 'SubscriptionRecreated', 'SubscriptionLost'],
  'Alarms': ['AlarmActivated', 'AlarmDeactivated', 'AlarmAcknowledged', 'AlarmConfirmed', 'AlarmShelved', 'AlarmSeverityChanged', 'LimitAlarmExceeded', 'OffNormalAlarmTriggered'],
  'Writes': ['NodeValueWritten', 'NodeValueWriteFailed', 'HistoryDataUpdated', 'HistoryDataDeleted', 'HistoryEventUpdated', 'HistoryEventDeleted', 'FileOpened', 'FileClosed', 'FileBytesWritten'],
  'Subscriptions': ['SubscriptionCreated', 'SubscriptionDeleted', 'SubscriptionTransferred', 'MonitoredItemCreated', 'MonitoredItemModified', 'MonitoredItemDeleted', 'TriggeringConfigured'],
  'Trust': ['ServerCertificateTrusted', 'ServerCertificateAutoAccepted', 'ServerCertificateManuallyTrusted', 'ServerCertificateRejected', 'ServerCertificateRemoved'],
  'Values': ['DataChangeReceived'],
};
const COMMON = new Set(['id', 'event', 'cursor', 'time', 'sessionId', 'endpointUrl']);
const KEPT = 2000, SHOWN = 200, BEFORE = 500;

export function create() {
  const wanted = new Set(['Connections', 'Losses', 'Alarms', 'Writes', 'Trust']);
  let events = [], end = null, frame = 0, paused = false, dropped = 0, first = null, turn = 0;
  const search = h('input', {type: 'search', oninput: () => draw()});
  const pause = h('button', {type: 'button', 'aria-pressed': 'false', onclick: () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    draw();
  }}, 'Pause');
  const note = h('p', {className: 'note', role: 'status'});
  const table = new Table('', [
    {name: 'Time', still: true, cell: (event) => moment(event.time)},
    {name: 'Event', row: true, cell: (event) => event.event},
    {name: 'Server', cell: (event) => event.endpointUrl || ''},
    {name: 'What', cell: (event) => event.text},
  ]);

  function text(event) {
    return short(Object.entries(event).filter(([key, value]) => !COMMON.has(key) && value !== null && key !== 'text')
      .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', '), 300);
  }

  function draw() {
    frame = 0;
    if (paused) return;
    const sought = search.value.trim().toLowerCase();
    const found = sought ? events.filter((event) => `${event.event} ${event.endpointUrl} ${event.sessionId} ${event.text}`.toLowerCase().includes(sought)) : events;
    table.show(found.slice(-SHOWN).reverse(), (event) => String(event.cursor ?? `gap ${event.from}`));
    table.caption.textContent = `The newest ${count(Math.min(found.length, SHOWN))} of ${count(found.length)} events`;
    note.textContent = dropped ? `${count(dropped)} events were missed: this page was too slow.` : '';
  }

  function told(batch) {
    for (const event of batch) {
      if (event.event === 'StreamGap') { if (event.to >= first) dropped += event.dropped || 0; continue; }
      event.text = text(event);
      events.push(event);
    }
    if (events.length > KEPT) events = events.slice(-KEPT);
    if (!frame) frame = setTimeout(draw, 200);
  }

  // The newest that are kept come first: where they begin is known when a stream has been asked for.
  function follow() {
    const mine = ++turn;
    const types = [...wanted].flatMap((family) => FAMILIES[family]);
    const failed = (error) => { note.textContent = error.message; };
    stop();
    events = [];
    dropped = 0;
    draw();
    if (!types.length) return;
    end = watch({events: types, credits: 0}, () => {}, {began: ({cursor}) => {
      if (mine !== turn) return;
      stop();
      first = cursor;
      end = watch({events: types, cursor: Math.max(0, cursor - 1 - BEFORE)}, told, {failed});
    }, failed});
  }

  function stop() {
    if (end) end();
    end = null;
  }

  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Event log'),
    h('div', {className: 'bar'}, h('fieldset', {}, h('legend', {}, 'Show'),
      Object.keys(FAMILIES).map((family) => check(family, wanted.has(family), (on) => { if (on) wanted.add(family); else wanted.delete(family); follow(); }))),
      field('Search', search), pause),
    note, table.element);
  return {element, show() { follow(); }, hide() { turn++; stop(); }};
}
