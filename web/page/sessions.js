// SPDX-License-Identifier: MIT
// Which session the views about one show; pages remember it while they are open.
import {call, client} from './client.js';
import {h} from './dom.js';

export const chosen = {session: '', endpoint: ''};

export function choose(session) {
  chosen.session = session.id;
  chosen.endpoint = session.endpointUrl;
}

const MOST = 500;
const SPAN = 5000; // ms

// A select with the sessions there are.
export class Chooser {
  constructor(changed) {
    this.select = h('select', {onchange: () => {
      const option = this.select.selectedOptions[0];
      if (option.value) choose({id: option.value, endpointUrl: option.dataset.endpoint});
      changed();
    }});
    this.element = h('label', {}, 'Session', this.select);
    this.changed = changed;
  }

  // One whose session is gone goes on with another of the same server. Asked for often, it looks
  // now and then, and when the daemon has been away.
  async refresh() {
    if (chosen.session && this.ups === client.ups && performance.now() - this.looked < SPAN) return chosen.session;
    this.ups = client.ups;
    this.looked = performance.now();
    const {sessions} = await call({command: 'list'});
    const before = chosen.session;
    if (!sessions.some((session) => session.id === chosen.session)) {
      const other = sessions.find((session) => session.endpointUrl === chosen.endpoint) || sessions[0];
      if (other) choose(other);
      else chosen.session = '';
    }
    const shown = sessions.filter((session, place) => place < MOST || session.id === chosen.session);
    const texts = shown.map((session) => `${session.endpointUrl} · ${session.id.slice(0, 8)}`);
    if (this.texts !== texts.join('\n')) {
      this.texts = texts.join('\n');
      this.select.replaceChildren(...shown.map((session, place) =>
        h('option', {value: session.id, 'data-endpoint': session.endpointUrl}, texts[place])));
      if (!shown.length) this.select.append(h('option', {value: ''}, 'no session is open'));
    }
    this.select.value = chosen.session;
    if (before !== chosen.session) this.changed();
    return chosen.session;
  }
}
