// SPDX-License-Identifier: MIT
// Values over time: a few series of numbers, the newest minutes. What the picture shows is also
// said in a table below it, for who cannot see it.
import {h, Table, count, written} from './dom.js';

/* global uPlot */
const MOST_SERIES = 4;
const MOST_POINTS = 6000;
const REDRAW = 250;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Plot {
  constructor(changed) {
    this.changed = changed;
    this.series = []; // {key, label, times, values}
    this.minutes = 2;
    const span = h('select', {onchange: () => { this.minutes = Number(span.value); this.draw(); }},
      [1, 2, 5, 15, 60].map((minutes) => h('option', {value: minutes, selected: minutes === 2}, `${minutes} min`)));
    this.place = h('div', {role: 'img', 'aria-label': 'Values over time'});
    this.table = new Table('What the plot shows', [
      {name: 'Series', row: true, cell: (row) => row.label},
      {name: 'Last', number: true, cell: (row) => written(row.values.at(-1))},
      {name: 'Least', number: true, cell: (row) => (row.values.length ? written(row.values.reduce((a, b) => Math.min(a, b))) : '—')},
      {name: 'Most', number: true, cell: (row) => (row.values.length ? written(row.values.reduce((a, b) => Math.max(a, b))) : '—')},
      {name: 'Values', number: true, cell: (row) => count(row.values.length)},
      {name: 'Plot', cell: (row) => h('button', {type: 'button', onclick: () => this.remove(row.key)}, `Remove ${row.label}`), same: (row) => row.label},
    ]);
    this.element = h('section', {className: 'plot', hidden: true, 'aria-label': 'Plot'},
      h('div', {className: 'bar'}, h('label', {}, 'Time span', span)), this.place, this.table.element);
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.scheme.addEventListener('change', () => this.rebuild());
    new ResizeObserver(() => { if (this.chart && this.width() !== this.chart.width) this.chart.setSize({width: this.width(), height: 260}); }).observe(this.element);
  }

  width() { return Math.max(200, this.element.clientWidth - 16); }
  has(key) { return this.series.some((row) => row.key === key); }

  add(key, label) {
    if (this.has(key)) return true;
    if (this.series.length === MOST_SERIES) return false;
    this.series.push({key, label, times: [], values: []});
    this.rebuild();
    this.changed();
    return true;
  }

  remove(key) {
    this.series = this.series.filter((row) => row.key !== key);
    this.rebuild();
    this.changed();
  }

  clear() {
    this.series = [];
    this.rebuild();
  }

  // time in seconds; what is no number leaves no trace
  take(key, time, value) {
    const row = this.series.find((one) => one.key === key);
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (!row || typeof number !== 'number' || !Number.isFinite(number)) return;
    if (row.times.length && time <= row.times.at(-1)) return;
    row.times.push(time);
    row.values.push(number);
    if (row.times.length > MOST_POINTS) { row.times.splice(0, MOST_POINTS / 10); row.values.splice(0, MOST_POINTS / 10); }
    if (!this.timer) this.timer = setTimeout(() => { this.timer = 0; this.draw(); }, REDRAW);
  }

  data() {
    const from = Date.now() / 1000 - 60 * this.minutes;
    const tables = this.series.map(({times, values}) => {
      let first = times.findIndex((time) => time >= from);
      if (first < 0) first = times.length;
      return [times.slice(first), values.slice(first)];
    });
    return tables.length > 1 ? uPlot.join(tables) : tables[0] || [[], []];
  }

  draw() {
    if (!this.chart || !this.element.isConnected) return;
    const now = Date.now() / 1000;
    this.chart.setData(this.data(), false);
    this.chart.setScale('x', {min: now - 60 * this.minutes, max: now});
    this.table.show(this.series, (row) => row.key);
    this.place.setAttribute('aria-label', `Values over the last ${this.minutes} minutes of ${this.series.map((row) => row.label).join(', ')}; numbers in the table below`);
  }

  rebuild() {
    if (this.chart) this.chart.destroy();
    this.chart = null;
    this.element.hidden = !this.series.length;
    if (!this.series.length) return;
    const axis = {stroke: color('--text'), grid: {stroke: color('--line'), width: 1}, ticks: {stroke: color('--line'), width: 1}};
    this.chart = new uPlot({
      width: this.width(), height: 260, pxAlign: true,
      scales: {x: {time: true, auto: false}, y: {range: (_, low, high) => (low === null ? [0, 1] : low === high ? [low - 1, high + 1] : uPlot.rangeNum(low, high, 0.1, true))}},
      axes: [{...axis, space: 90, values: (_, times) => times.map((time) => new Date(time * 1000).toTimeString().slice(0, 8))}, {...axis, size: 62}],
      legend: {live: false, isolate: false, markers: {fill: (_, place) => color(`--plot-${place - 1}`)}},
      series: [{}, ...this.series.map((row, place) => ({
        label: row.label, stroke: color(`--plot-${place}`), width: 2, spanGaps: true, dash: [[], [8, 4], [2, 3], [10, 3, 2, 3]][place],
        points: {show: false}}))],
    }, this.data(), this.place);
    this.draw();
  }
}
