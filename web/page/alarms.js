// SPDX-License-Identifier: MIT
// Alarms as the events of the sessions tell them, those from before this page was opened as well,
// as far as the daemon still has their events. Acknowledging takes the role `write`.
//
// A row is a condition. Where a server tells no ConditionId its name stands for it, and without that
// events of one source and one type are one row, which says so: the state that follows an
// AlarmEventReceived of the same item is of that event.
import {client, query, watch} from './client.js';
import {Table, badge, check, count, field, h, idText, moment, say} from './dom.js';

const EVENTS = ['AlarmEventReceived', 'AlarmActivated', 'AlarmDeactivated', 'AlarmAcknowledged', 'AlarmConfirmed', 'AlarmShelved', 'AlarmSeverityChanged'];
const MOST = 300, KEPT = 5000;
const METHODS = {Acknowledge: 'i=9111', Confirm: 'i=9113'};
const AFTER = {
  AlarmActivated: (alarm) => { alarm.active = true; alarm.acked = false; alarm.confirmed = false; },
  AlarmDeactivated: (alarm) => { alarm.active = false; },
  AlarmAcknowledged: (alarm) => { alarm.acked = true; },
  AlarmConfirmed: (alarm) => { alarm.confirmed = true; },
  AlarmShelved: (alarm) => { alarm.shelved = true; },
};

export function create() {
  const alarms = new Map(); // of all sessions
  const latest = new Map(); // by item: the row of the last AlarmEventReceived without a condition
  let end = null, frame = 0, onlyOpen = true, cursor = 0, missed = false;
  const comment = h('input', {type: 'text', value: '', maxLength: 200});
  const result = h('p', {className: 'note', role: 'status'});
  const summary = h('p', {className: 'note', 'aria-live': 'polite'});
  const table = new Table('', [
    {name: 'Source', row: true, cell: (alarm) => [alarm.source, idText(alarm.condition) || alarm.name || typeText(alarm)].filter(Boolean).join(' · ') || 'unknown'},
    {name: 'State', cell: (alarm) => badge(state(alarm), tone(alarm))},
    {name: 'Severity', number: true, cell: (alarm) => count(alarm.severity)},
    {name: 'Message', cell: (alarm) => alarm.message || ''},
    {name: 'Since', still: true, cell: (alarm) => moment(alarm.time)},
    {name: 'Server', wide: true, cell: (alarm) => alarm.endpoint},
    {name: 'Answer', cell: (alarm) => answers(alarm), same: (alarm) => `${alarm.source} ${alarm.name} ${alarm.eventId} ${alarm.acked} ${alarm.confirmed} ${client.role}`},
  ]);

  function state(alarm) {
    const parts = [alarm.active === undefined ? 'told' : alarm.active ? 'active' : 'inactive'];
    if (alarm.acked) parts.push('acknowledged');
    if (alarm.confirmed) parts.push('confirmed');
    if (alarm.shelved) parts.push('shelved');
    return parts.join(', ');
  }

  function tone(alarm) {
    if (alarm.active) return alarm.acked ? 'warn' : 'bad';
    return alarm.active === false ? (alarm.acked ? 'good' : 'warn') : 'none';
  }

  function answers(alarm) {
    if (client.role === 'read') return 'takes the role write';
    if (!alarm.condition || !alarm.eventId) {
      return `only at the server: it sends no ConditionId${alarm.condition || alarm.name ? '' : ', and no ConditionName is asked for or sent: this row may be several alarms'}`;
    }
    return h('div', {className: 'acts'}, Object.keys(METHODS).map((name) => h('button', {
      type: 'button', disabled: name === 'Acknowledge' ? alarm.acked : alarm.confirmed || !alarm.acked, onclick: () => answer(alarm, name)},
      name, h('span', {className: 'hidden'}, ` ${alarm.source} ${idText(alarm.condition)}`))));
  }

  // Some servers take the method of the condition, others that of its type.
  async function methodOf(alarm, name) {
    const path = [{referenceTypeId: 'i=47', targetName: {ns: 0, name}}];
    const found = await query(alarm.session, 'translateBrowsePaths', [[{startingNodeId: alarm.condition, relativePath: path}]]).catch(() => []);
    return found[0]?.targets?.length ? found[0].targets[0].targetId : METHODS[name];
  }

  async function answer(alarm, name) {
    result.textContent = `${name} ${alarm.source} …`;
    try {
      const reply = await query(alarm.session, 'call', [alarm.condition, await methodOf(alarm, name), [
        {type: 15, value: {base64: alarm.eventId}}, {type: 21, value: {locale: 'en', text: comment.value || 'from the web page'}}]]);
      result.textContent = reply.statusCode ? `${name} ${alarm.source}: the server says 0x${(reply.statusCode >>> 0).toString(16).toUpperCase()}` : `${name} ${alarm.source}: done.`;
    } catch (error) {
      result.textContent = `${name} ${alarm.source}: ${error.message}`;
    }
    say(result.textContent);
  }

  const typeText = (alarm) => (alarm.type ? `type ${idText(alarm.type)}` : '');

  // What an event is about, by the best that is known of it.
  function keyOf(event) {
    if (event.conditionId) return `${event.endpointUrl} ${idText(event.conditionId)}`;
    const item = `${event.sessionId} ${event.subscriptionId} ${event.clientHandle}`;
    if (event.event === 'AlarmEventReceived') {
      latest.set(item, `${event.endpointUrl} ${event.sourceName || event.clientHandle} ${event.conditionName ? `named ${event.conditionName}` : event.eventType ? idText(event.eventType) : ''}`);
    }
    return latest.get(item) || `${event.endpointUrl} ${event.sourceName || event.clientHandle}`;
  }

  function take(event) {
    cursor = event.cursor || cursor;
    if (event.event === 'StreamGap') { missed ||= Boolean(event.dropped) && cursor > 0; return; }
    const key = keyOf(event);
    const alarm = alarms.get(key) || {key};
    alarms.delete(key);
    alarms.set(key, alarm); // the newest last
    Object.assign(alarm, {session: event.sessionId, endpoint: event.endpointUrl, time: event.time});
    if (event.sourceName) alarm.source = event.sourceName;
    if (event.severity) alarm.severity = event.severity;
    if (event.message) alarm.message = event.message;
    if (event.conditionId) alarm.condition = event.conditionId;
    if (event.eventId) alarm.eventId = event.eventId;
    if (event.eventType) alarm.type = event.eventType;
    if (event.conditionName) alarm.name = event.conditionName;
    (AFTER[event.event] || (() => {}))(alarm);
    if (alarms.size > KEPT) alarms.delete(alarms.keys().next().value);
  }

  // What tells neither a state nor a condition is about an alarm at most: audits of acknowledging.
  const isAlarm = (alarm) => alarm.condition || alarm.active !== undefined;
  // What cannot be acknowledged is over when it is no longer active.
  const isOpen = (alarm) => alarm.active !== false || (alarm.condition && !alarm.acked);

  function draw() {
    frame = 0;
    const all = [...alarms.values()].filter(isAlarm);
    const shown = (onlyOpen ? all.filter(isOpen) : all).sort((a, b) => (b.active === true) - (a.active === true) || (b.severity || 0) - (a.severity || 0) || b.time - a.time);
    table.show(shown.slice(0, MOST), (alarm) => alarm.key);
    table.caption.textContent = shown.length > MOST ? `The first ${MOST} of ${count(shown.length)}` : `${count(shown.length)} alarms`;
    summary.textContent = `${count(all.filter((alarm) => alarm.active).length)} active, ${count(all.filter((alarm) => alarm.active && !alarm.acked).length)} of them not acknowledged.`
      + (missed ? ' Some alarms were missed: this page was too slow, or they are too long ago.' : '');
  }

  function told(events) {
    events.forEach(take);
    if (!frame) frame = setTimeout(draw, 150);
  }

  // After a break where it ended; the daemon may have started anew meanwhile.
  function follow() {
    end = watch({events: EVENTS, get cursor() { return cursor; }}, told, {
      failed: (error) => { summary.textContent = error.message; }});
  }

  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Alarms'),
    h('div', {className: 'bar'}, field('Comment', comment), check('only those that are active or not acknowledged', true, (on) => { onlyOpen = on; draw(); })),
    summary, result, table.element,
    h('p', {className: 'note'}, 'Alarms are told by event items of sessions that publish automatically (--auto-publish, sinks, connections of the configuration file). '
      + 'A server whose events carry no ConditionId does not say what is to be acknowledged: such alarms are answered there.'));
  return {element, show() { follow(); draw(); }, hide() { if (end) end(); }};
}
