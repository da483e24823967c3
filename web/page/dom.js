// SPDX-License-Identifier: MIT
// Elements, tables and how things are written. Text from outside is only ever set as text.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && !key.includes('-')) element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

export function say(text) {
  document.getElementById('say').textContent = text;
}

export function field(label, control) {
  return h('label', {}, label, control);
}

export function check(label, checked, changed) {
  const box = h('input', {type: 'checkbox', checked, onchange: () => changed(box.checked)});
  return h('label', {className: 'check'}, box, label);
}

const TONES = {
  active: 'good', kept: 'good', onServer: 'good', up: 'good', Good: 'good', working: 'good', normal: 'good',
  connecting: 'warn', recovering: 'warn', degraded: 'warn', waiting: 'warn', opening: 'warn', building: 'warn',
  missing: 'warn', changed: 'warn', Uncertain: 'warn', unacknowledged: 'warn',
  failed: 'bad', closing: 'none', removing: 'none', refused: 'bad', doomed: 'none', Bad: 'bad', stopped: 'bad',
  alarm: 'bad',
};

export function badge(state, tone = TONES[state]) {
  return h('span', {className: `badge ${tone || 'none'}`}, state);
}

// A table whose rows are kept by key and changed in place, so that focus and reading position stay.
// columns: {name, number, row (a row header), cell(item) → node or text}
export class Table {
  constructor(caption, columns) {
    this.columns = columns;
    this.rows = new Map();
    this.body = h('tbody', {role: 'rowgroup'});
    this.caption = h('caption', {}, caption);
    this.element = h('table', {className: 'cards', role: 'table'}, this.caption,
      h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, columns.map((column) =>
        h('th', {scope: 'col', role: 'columnheader', className: column.number ? 'number' : ''}, column.name)))),
      this.body);
  }

  make(item) {
    const cells = this.columns.map((column) => column.row
      ? h('th', {scope: 'row', role: 'rowheader'})
      : h('td', {role: 'cell', className: column.number ? 'number' : column.still ? 'still' : column.wide ? 'wide' : '', 'data-name': column.name}));
    return {element: h('tr', {role: 'row'}, cells), cells, texts: [], item};
  }

  fill(row, item) {
    row.item = item;
    this.columns.forEach((column, place) => {
      const told = column.cell(item);
      const text = column.same ? column.same(item) : typeof told === 'object' && told ? told.outerHTML : String(told ?? '');
      if (row.texts[place] === text) return;
      row.texts[place] = text;
      row.cells[place].replaceChildren(told ?? '');
    });
  }

  show(items, key) {
    const kept = new Map();
    let before = null;
    for (const item of items) {
      const id = key(item);
      const row = this.rows.get(id) || this.make(item);
      this.fill(row, item);
      kept.set(id, row);
      const place = before ? before.nextSibling : this.body.firstChild;
      if (row.element !== place) this.body.insertBefore(row.element, place);
      before = row.element;
    }
    for (const [id, row] of this.rows) if (kept.get(id) !== row) row.element.remove();
    this.rows = kept;
  }

  update(id, item) {
    const row = this.rows.get(id);
    if (row) this.fill(row, item || row.item);
    return row;
  }
}

export function seconds(value) {
  if (value === null || value === undefined) return '';
  const whole = Math.max(0, Math.round(value));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor(whole / 3600) % 24} h`;
}

export function count(value) {
  return value === null || value === undefined ? '' : Number(value).toLocaleString('en');
}

export function clock(epoch) {
  if (!epoch) return '';
  const date = new Date(epoch * 1000);
  const two = (number) => String(number).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function moment(epoch) {
  if (!epoch) return '';
  const date = new Date(epoch * 1000);
  const today = new Date().toDateString() === date.toDateString();
  return (today ? '' : `${date.toISOString().slice(0, 10)} `) + clock(epoch).slice(0, 8);
}

export function short(text, most = 120) {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

export function written(value) {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  if (typeof value === 'object') return short(JSON.stringify(value));
  return short(String(value));
}

export function quality(status) {
  if (status === undefined || status === null) return '';
  const kind = ['Good', 'Uncertain', 'Bad', 'Bad'][(status >>> 30) & 3];
  return (status >>> 0) === 0 ? kind : `${kind} 0x${(status >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
}

export function qualityBadge(status) {
  const text = quality(status);
  return text ? badge(text, TONES[text.split(' ')[0]]) : '';
}

export function idText(id) {
  if (!id || typeof id === 'string') return id || '';
  const letter = {numeric: 'i', string: 's', guid: 'g', opaque: 'b'}[id.type];
  return `${id.ns ? `ns=${id.ns};` : ''}${letter}=${id.id}`;
}
