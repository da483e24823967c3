// SPDX-License-Identifier: MIT
// The address space of a session's server: a tree that is browsed as it is opened, a search that
// browses on by itself, and the node that is selected with its value.
import {client, poll, query} from './client.js';
import {clock, count, field, h, idText, qualityBadge, say, written} from './dom.js';
import {Plot} from './plot.js';
import {Chooser, chosen} from './sessions.js';

const CLASSES = {1: 'Object', 2: 'Variable', 4: 'Method', 8: 'ObjectType', 16: 'VariableType', 32: 'ReferenceType', 64: 'DataType', 128: 'View'};
const ATTRIBUTES = [[3, 'Browse name'], [4, 'Display name'], [5, 'Description'], [14, 'Data type'], [15, 'Value rank'], [17, 'Access level']];
const MOST_NODES = 5000, MOST_FOUND = 100, BESIDE = 8, MOST_CHILDREN = 500;
const ACCESS = ['read', 'write', 'history read', 'history write', 'semantic change', 'status write', 'timestamp write'];

export function create() {
  let stop = null, picked = null, searching = 0;
  const plot = new Plot(() => {});
  const chooser = new Chooser(() => root());
  const tree = h('ul', {className: 'tree', role: 'tree', 'aria-label': 'Address space', onkeydown: key});
  const details = h('div', {'aria-live': 'off'});
  const search = h('input', {type: 'search'});
  const finding = h('button', {type: 'submit'}, 'Search');
  const progress = h('p', {className: 'note', role: 'status'});
  const found = h('ul', {className: 'tree', 'aria-label': 'Found', role: 'list', hidden: true});

  async function children(id) {
    const list = await query(chosen.session, 'browseAll', [id]);
    return list.filter((one) => one.isForward).map((one) => ({
      id: idText(one.nodeId), name: one.displayName.text || one.browseName.name, kind: one.nodeClass}));
  }

  // ---- the tree

  function branch(node, level) {
    const twist = h('span', {className: 'twist', 'aria-hidden': 'true'}, '▸');
    const item = h('li', {role: 'treeitem', 'aria-expanded': 'false', 'aria-level': String(level), 'aria-selected': 'false', tabIndex: -1},
      h('div', {className: 'node'}, twist, h('span', {}, node.name), h('span', {className: 'class'}, CLASSES[node.kind] || '')));
    item.node = node;
    item.level = level;
    item.firstChild.addEventListener('click', (event) => {
      select(item);
      if (event.target === twist || item.getAttribute('aria-expanded') !== 'true') toggle(item);
    });
    return item;
  }

  function root() {
    plot.clear();
    pick(null);
    if (!chosen.session) { tree.replaceChildren(); return; }
    const top = branch({id: 'i=84', name: 'Root', kind: 1}, 1);
    top.tabIndex = 0;
    tree.replaceChildren(top);
    toggle(top).then(() => { const objects = top.querySelector('[role=treeitem]'); if (objects) toggle(objects); });
  }

  async function toggle(item) {
    const open = item.getAttribute('aria-expanded') === 'true';
    if (item.getAttribute('aria-expanded') === null) return;
    item.querySelector('.twist').textContent = open ? '▸' : '▾';
    item.setAttribute('aria-expanded', String(!open));
    const below = item.querySelector(':scope > ul');
    if (below) below.remove();
    if (open) return;
    const group = h('ul', {role: 'group'});
    item.append(group);
    try {
      const list = await children(item.node.id);
      group.append(...list.slice(0, MOST_CHILDREN).map((node) => branch(node, item.level + 1)));
      if (list.length > MOST_CHILDREN) group.append(h('li', {role: 'none', className: 'note'}, `${count(list.length - MOST_CHILDREN)} more: search for them`));
      if (!list.length) {
        group.remove();
        item.removeAttribute('aria-expanded');
        item.querySelector('.twist').textContent = '';
      }
    } catch (error) {
      group.append(h('li', {role: 'none', className: 'error'}, error.message));
    }
  }

  function select(item) {
    for (const one of tree.querySelectorAll('[aria-selected=true]')) one.setAttribute('aria-selected', 'false');
    for (const one of tree.querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
    item.setAttribute('aria-selected', 'true');
    item.tabIndex = 0;
    item.focus();
    item.firstChild.scrollIntoView({block: 'nearest'});
    pick(item.node);
  }

  // As the ARIA practices have it for trees.
  function key(event) {
    const item = event.target.closest('[role=treeitem]');
    const all = [...tree.querySelectorAll('[role=treeitem]')];
    const at = all.indexOf(item);
    const open = item.getAttribute('aria-expanded');
    const ways = {
      ArrowDown: () => select(all[at + 1] || item), ArrowUp: () => select(all[at - 1] || item),
      Home: () => select(all[0]), End: () => select(all.at(-1)),
      Enter: () => select(item), ' ': () => toggle(item),
      ArrowRight: () => open === 'false' ? toggle(item) : open === 'true' && select(all[at + 1] || item),
      ArrowLeft: () => open === 'true' ? toggle(item) : select(item.parentNode.closest('[role=treeitem]') || item),
    };
    if (!ways[event.key]) return;
    event.preventDefault();
    ways[event.key]();
  }

  // ---- the node that is selected

  function show(attributes) {
    const rows = [['Node id', h('code', {}, picked.id)], ['Class', CLASSES[picked.kind] || String(picked.kind)]];
    attributes.forEach((value, place) => {
      const [number, name] = ATTRIBUTES[place];
      if (!value || value.statusCode || value.value === null) return;
      let text = value.value;
      if (number === 3) text = `${text.ns}:${text.name}`;
      else if (number === 4 || number === 5) text = text.text || '';
      else if (number === 14) text = idText(text);
      else if (number === 17) text = ACCESS.filter((_, bit) => text & (1 << bit)).join(', ') || 'none';
      if (text !== '') rows.push([name, String(text)]);
    });
    return h('dl', {}, rows.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
  }

  async function pick(node) {
    picked = node;
    if (!node) { details.replaceChildren(h('p', {className: 'note'}, 'Select a node.')); return; }
    details.replaceChildren(h('h2', {}, node.name));
    const items = ATTRIBUTES.map(([attributeId]) => ({nodeId: node.id, attributeId}));
    try {
      const attributes = await query(chosen.session, 'readMulti', [items]);
      if (picked !== node) return;
      details.append(show(attributes));
      if (node.kind === 2) showValue(node);
    } catch (error) {
      details.append(h('p', {className: 'error'}, error.message));
    }
  }

  function showValue(node) {
    node.value = h('dd', {id: 'value'}, '…');
    node.quality = h('dd', {});
    node.time = h('dd', {});
    details.append(h('dl', {}, h('dt', {}, 'Value'), node.value, h('dt', {}, 'Quality'), node.quality, h('dt', {}, 'Time'), node.time),
      h('div', {className: 'bar'},
        h('button', {type: 'button', onclick: () => { if (!plot.add(node.id, node.name)) say('Four series are plotted already: remove one.'); }}, 'Plot'),
        client.role === 'read' ? '' : write(node)));
    read().catch(() => {});
  }

  function write(node) {
    const input = h('input', {type: 'text', spellcheck: false});
    const result = h('p', {className: 'note', role: 'status'});
    return h('form', {className: 'bar', onsubmit: async (event) => {
      event.preventDefault();
      let value = input.value;
      try { value = JSON.parse(value); } catch { /* a text */ }
      try {
        const status = await query(chosen.session, 'write', [node.id, value]);
        result.textContent = status ? `Refused: ${'0x' + (status >>> 0).toString(16).toUpperCase()}` : 'Written.';
        await read();
      } catch (error) {
        result.textContent = error.message;
      }
    }}, field('New value', input), h('button', {type: 'submit'}, 'Write'), result);
  }

  async function read() {
    const nodes = new Map(plot.series.map((row) => [row.key, null]));
    if (picked && picked.kind === 2 && picked.value) nodes.set(picked.id, picked);
    if (!nodes.size || !chosen.session) return;
    const ids = [...nodes.keys()];
    const values = await query(chosen.session, 'readMulti', [ids.map((nodeId) => ({nodeId}))], {maxAge: 500});
    values.forEach((value, place) => {
      const text = value.sourceTimestamp || value.serverTimestamp;
      const time = Date.now() / 1000;
      plot.take(ids[place], time, value.value);
      const node = nodes.get(ids[place]);
      if (!node) return;
      node.value.textContent = written(value.value);
      node.quality.replaceChildren(qualityBadge(value.statusCode));
      node.time.textContent = text ? clock(Date.parse(text) / 1000) : '';
    });
  }

  // ---- search

  async function find(event) {
    event.preventDefault();
    if (searching) { searching = 0; return; }
    const text = search.value.trim().toLowerCase();
    if (!text || !chosen.session) return;
    const mine = searching = Date.now();
    const seen = new Set(['i=84']), hits = [];
    let front = [{id: 'i=85', path: 'Objects'}];
    finding.textContent = 'Stop';
    found.replaceChildren();
    found.hidden = false;
    while (front.length && searching === mine && seen.size < MOST_NODES && hits.length < MOST_FOUND) {
      const now = front.splice(0, BESIDE);
      const lists = await Promise.all(now.map((node) => children(node.id).catch(() => [])));
      lists.forEach((list, place) => {
        for (const node of list) {
          if (seen.has(node.id)) continue;
          seen.add(node.id);
          const path = `${now[place].path}/${node.name}`;
          front.push({id: node.id, path});
          if (hits.length < MOST_FOUND && (node.name.toLowerCase().includes(text) || node.id.toLowerCase().includes(text))) {
            hits.push(node);
            found.append(h('li', {}, h('button', {type: 'button', onclick: () => pick(node)}, node.name, h('span', {className: 'class'}, ` ${path}`))));
          }
        }
      });
      progress.textContent = `${count(hits.length)} found among ${count(seen.size)} nodes …`;
    }
    progress.textContent = `${count(hits.length)} found among ${count(seen.size)} nodes${front.length ? ' (not all were looked at)' : ''}.`;
    searching = 0;
    finding.textContent = 'Search';
  }

  pick(null);
  const element = h('div', {}, h('h1', {tabIndex: -1}, 'Address space'),
    h('div', {className: 'bar'}, chooser.element, h('form', {className: 'bar', onsubmit: find}, field('Search names and ids', search), finding)),
    progress, found, plot.element,
    h('div', {className: 'halves'}, tree, details));
  return {element,
    show() {
      let shown = '';
      stop = poll(async () => {
        await chooser.refresh();
        if (chosen.session !== shown || !tree.firstChild) { if (!tree.firstChild || tree.session !== chosen.session) root(); tree.session = shown = chosen.session; }
        await read();
      }, 1000);
    },
    hide() { searching = 0; if (stop) stop(); }};
}
