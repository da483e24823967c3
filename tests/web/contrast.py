# SPDX-License-Identifier: MIT
"""Contrast as WCAG 2.2 computes it, of everything a page shows, measured in the browser."""

SCRIPT = r"""
const parse = (text) => { const n = text.match(/[\d.]+/g).map(Number); return n.length === 3 ? [...n, 1] : n; };
const over = (top, back) => [0, 1, 2].map((i) => top[i] * top[3] + back[i] * (1 - top[3])).concat(1);
const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; })
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const base = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
function behind(element) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.unshift(parse(getComputedStyle(one).backgroundColor));
  return layers.reduce((back, layer) => over(layer, back), base);
}
const poor = [];
let texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('.hidden, .skip, option, script, :disabled')) continue;
  texts++;
  const style = getComputedStyle(element), back = behind(element);
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const is = ratio(over(parse(style.color), back), back);
  if (is < (large ? 3 : 4.5)) poor.push([element.className || element.tagName, walker.currentNode.data.trim().slice(0, 40), is.toFixed(2)]);
}
for (const element of document.querySelectorAll('input:not([type=checkbox]), select')) {
  if (!element.checkVisibility()) continue;
  const is = ratio(over(parse(getComputedStyle(element).borderTopColor), behind(element.parentElement)), behind(element.parentElement));
  if (is < 3) poor.push([element.tagName, 'border', is.toFixed(2)]);
}
return {texts, poor};
"""
