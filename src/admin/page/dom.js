// The only way this page makes elements. Text goes in as text nodes and never as markup, so that
// what an account calls its ads cannot become part of the page.

/** `el('td', {class: 'number'}, 'text', node)`; null and undefined children are left out. */
export function el(tag, attributes = {}, ...children) {
  return fill(withAttributes(document.createElement(tag), attributes), ...children);
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  return fill(withAttributes(node, attributes), ...children);
}

/** Replaces the content of a node. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function byId(id) {
  return document.getElementById(id);
}

function withAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  return node;
}

/**
 * A table that turns into a list of cards on a narrow screen. The roles are written out because a
 * table laid out as blocks loses its own. `columns`: {title, cell(row), number?, wide?}.
 */
export function table(caption, columns, rows, keyOf) {
  const head = columns.map(({ title, number }) =>
    el('th', { scope: 'col', role: 'columnheader', class: number ? 'number' : null }, title),
  );
  const body = rows.map((row) =>
    el(
      'tr',
      { role: 'row', 'data-key': keyOf(row) },
      columns.map(({ title, cell, number, wide }) =>
        el(
          'td',
          { role: 'cell', 'data-label': title, class: cellClass(number, wide) },
          el('div', { class: 'cell' }, cell(row)),
        ),
      ),
    ),
  );
  return el(
    'table',
    { role: 'table' },
    el('caption', {}, caption),
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, head)),
    el('tbody', { role: 'rowgroup' }, body),
  );
}

function cellClass(number, wide) {
  return [number ? 'number' : '', wide ? 'wide' : ''].filter(Boolean).join(' ') || null;
}

/** A small label for a state; `tone`: good, warn, bad, calm. */
export function chip(text, tone = 'calm') {
  return el('span', { class: `chip ${tone}` }, text);
}

/** What nobody knows is said in words: 0 would be a measurement. */
export function notKnown(text = 'not known') {
  return el('span', { class: 'unknown' }, text);
}
