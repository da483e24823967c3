// SPDX-License-Identifier: MIT
// The frame: login, views, the state of the link. Which view is shown stands in the history's
// state, never in the URL; the token in this tab's sessionStorage, which no other origin and, unlike
// a cookie, no other port of this machine gets to see.
import {client, leave, start} from './client.js';
import {h} from './dom.js';
import * as alarms from './alarms.js';
import * as items from './items.js';
import * as log from './log.js';
import * as servers from './servers.js';
import * as sinks from './sinks.js';
import * as space from './space.js';
import * as trust from './trust.js';

const VIEWS = {
  servers: ['Servers', servers], items: ['Items', items], alarms: ['Alarms', alarms], space: ['Address space', space],
  log: ['Event log', log], trust: ['Certificates', trust], sinks: ['Sinks', sinks],
};
const KEY = 'osm-token';
const $ = (id) => document.getElementById(id);
const made = {};
let current = null, shown = false, begun = false;

function view(name) {
  if (!made[name]) made[name] = VIEWS[name][1].create({go});
  return made[name];
}

// What is not seen asks for nothing.
function reveal() {
  const see = current && begun && document.visibilityState === 'visible';
  if (see === shown) return;
  shown = see;
  if (see) view(current).show();
  else view(current).hide();
}

function switchTo(name, focus) {
  if (shown) { shown = false; view(current).hide(); }
  current = name;
  $('view').replaceChildren(view(name).element);
  for (const button of document.querySelectorAll('nav button'))
    if (button.dataset.view === name) button.setAttribute('aria-current', 'page'); else button.removeAttribute('aria-current');
  document.title = `${VIEWS[name][0]} – OPC UA session manager`;
  reveal();
  if (focus) view(name).element.querySelector('h1').focus();
}

function go(name) {
  history.pushState({view: name}, '');
  switchTo(name, true);
}

const WORDS = {connecting: 'connecting …', up: 'connected', down: 'no connection', refused: 'refused'};

function onstate() {
  const text = `${WORDS[client.state]}${client.state === 'up' ? `, role ${client.role}` : client.reason ? `: ${client.reason}; trying again` : ''}`;
  if ($('link').textContent !== text) $('link').textContent = text;
  $('link').dataset.state = client.state;
  if (client.state === 'refused') { login(client.reason); return; }
  if (client.state !== 'up' || begun) return;
  begun = true;
  $('login').hidden = true;
  $('nav').hidden = false;
  $('leave').hidden = false;
  switchTo(history.state?.view in VIEWS ? history.state.view : 'servers', true);
}

function login(reason = '') {
  sessionStorage.removeItem(KEY);
  if (shown) { shown = false; view(current).hide(); }
  begun = false;
  current = null;
  $('view').replaceChildren();
  $('nav').hidden = true;
  $('leave').hidden = true;
  $('login').hidden = false;
  $('login-error').textContent = reason;
  $('token').value = '';
  $('token').focus();
}

$('login').addEventListener('submit', (event) => {
  event.preventDefault();
  const token = $('token').value.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) { $('login-error').textContent = 'A token has no spaces and no special characters.'; return; }
  $('login-error').textContent = '';
  sessionStorage.setItem(KEY, token);
  start(token);
});
$('leave').addEventListener('click', () => {
  leave();
  login();
  $('link').textContent = 'not connected';
});
document.addEventListener('visibilitychange', reveal);
addEventListener('popstate', (event) => { if (begun && event.state?.view in VIEWS) switchTo(event.state.view, true); });

for (const [name, [title]] of Object.entries(VIEWS))
  $('nav').firstElementChild.append(h('li', {}, h('button', {type: 'button', 'data-view': name, onclick: () => go(name)}, title)));
client.onstate = onstate;
const token = sessionStorage.getItem(KEY);
if (token) { $('login').hidden = true; start(token); } else login();
