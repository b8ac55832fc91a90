'use strict';
// Walks through a heap: an icicle of its places, tables, and a panel that follows the selection, which stands in the address.
//
// Whatever comes from a heap is written by `make` and `visible` alone: as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { places, types } = data;
  const hasGrowth = data.earlier !== null;
  const WHOLE = -1;

  // ---- words and elements

  const HIDDEN =
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

  /** The text with what would be invisible, or turn the direction of the rest, written as its number. */
  const visible = (text) => String(text).replace(HIDDEN, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);

  /** An element; attributes that begin with `on` are functions, `null` and `false` are left out. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === false) continue;
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? '' : visible(value));
    }
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : visible(child));
    }
    return element;
  }

  /** A sentence of a report: what stands between backticks is code, an address leads to its object. */
  function sentence(text) {
    const pieces = text.split('`');
    const isPaired = pieces.length % 2 === 1;
    const words = (piece) =>
      piece.split(/(?<![\p{L}\p{N}_])(0x[0-9a-f]{6,16})(?![\p{L}\p{N}_])/u).map((word, index) => (index % 2 === 1 ? link(word, word) : word));
    if (!isPaired) return words(text);
    return pieces.flatMap((piece, index) => (index % 2 === 1 ? [make('code', {}, words(piece))] : words(piece)));
  }

  const code = (text) => make('code', {}, text);
  const faint = (...children) => make('span', { class: 'faint' }, ...children);
  const count = (number) => number.toLocaleString('en-US');
  const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
  const share = (part, whole) => (whole === 0 ? '–' : `${((part * 100) / whole).toFixed(1)} %`);
  const signed = (number, word) => (number === 0 ? '0' : `${number > 0 ? '+' : '−'}${word(Math.abs(number))}`);

  /** Bytes with three digits: `1.91 MiB`. */
  function bytes(number) {
    if (number < 1024) return `${number} B`;
    let value = number;
    let unit = 0;
    for (; value >= 999.5 && unit < 6; unit += 1) value /= 1024;
    const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return `${value.toFixed(digits)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'][unit]}`;
  }

  const announcer = make('p', { class: 'announcer', role: 'status' });
  const announce = (text) => { announcer.textContent = visible(text); };

  /** A button that copies a text. */
  function copyButton(text, what) {
    const button = make('button', { type: 'button', class: 'small', 'aria-label': `Copy ${what}` }, 'Copy');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = make('textarea', { class: 'announcer', 'aria-hidden': 'true' });
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand('copy');
        area.remove();
      }
      button.textContent = 'Copied';
      announce(`Copied ${what}`);
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    return button;
  }

  const copyable = (text, what) => make('p', { class: 'copy' }, code(text), ' ', copyButton(text, what));
  const command = (...words) => copyable(['heapgraph', ...words].join(' '), 'the command');

  // ---- places

  const children = places.above.map(() => []);
  const tops = [];
  places.above.forEach((above, place) => (above === null ? tops : children[above]).push(place));
  const bySize = (one, other) => places.shallow_bytes[other] - places.shallow_bytes[one];
  tops.sort(bySize);
  children.forEach((below) => below.sort(bySize));

  const below = (place) => (place === WHOLE ? tops : children[place]);
  const above = (place) => (places.above[place] === null ? WHOLE : places.above[place]);
  const sizeOf = (place) => (place === WHOLE ? data.shallow_bytes : places.shallow_bytes[place]);
  const nameOf = places.text.map((text, place) => {
    let name = text;
    for (let at = places.above[place]; at !== null; at = places.above[at]) name = places.text[at] + name;
    return name.length > 400 ? `${name.slice(0, 200)}…${name.slice(-199)}` : name;
  });
  const growthOf = (place) => places.shallow_bytes[place] - (places.shallow_bytes_before[place] ?? 0);
  const totalGrowth = hasGrowth ? tops.reduce((sum, place) => sum + Math.max(growthOf(place), 0), 0) : 0;

  // ---- objects: in the page, or asked for

  const cards = data.cards;
  const isKnown = (address) => data.is_served || Object.hasOwn(cards, address);

  async function cardOf(address) {
    if (Object.hasOwn(cards, address)) return cards[address];
    if (!data.is_served) return null;
    return ask(`object/${address}`);
  }

  async function pictureOf(address) {
    if (Object.hasOwn(data.pictures, address)) return data.pictures[address];
    return data.is_served ? ask(`picture/${address}`, 'text') : null;
  }

  /** What the server says; only of a page that has one. */
  async function ask(path, kind = 'json') {
    const answer = await fetch(path, { credentials: 'omit' });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(await answer.text());
    return answer[kind]();
  }

  // ---- the icicle

  const OWNERS = 9;
  const ROW = 24;
  const LEVELS = 12;
  const ownerClass = (owner) => (owner < OWNERS ? `owner${owner}` : 'owner-other');

  function growthClass(place) {
    if (places.shallow_bytes_before[place] === null) return 'grew4';
    const grew = growthOf(place);
    if (grew < 0) return 'shrank';
    const part = totalGrowth === 0 ? 0 : grew / totalGrowth;
    return part >= 0.25 ? 'grew4' : part >= 0.05 ? 'grew3' : part >= 0.01 ? 'grew2' : part > 0 ? 'grew1' : 'grew0';
  }

  const icicle = (() => {
    const section = document.getElementById('icicle');
    const tree = make('div', { class: 'icicle', role: 'tree', 'aria-label': 'Places, as wide as they are large' });
    const legend = make('ul', { class: 'legend' });
    const hits = make('output', { class: 'faint' });
    let focus = WHOLE;
    let selected = null;
    let byGrowth = hasGrowth;
    let pattern = null;
    let cells = new Map();

    const search = searchField('Search places (regex)', (found) => {
      pattern = found;
      hits.textContent = found === null ? '' : hitWords();
      draw();
    });

    function hitWords() {
      let number = 0;
      let size = 0;
      const isBelowHit = [];
      nameOf.forEach((name, place) => {
        const isHit = pattern.test(name);
        const wasTold = places.above[place] !== null && isBelowHit[places.above[place]];
        isBelowHit.push(isHit || wasTold);
        number += isHit ? 1 : 0;
        size += isHit && !wasTold ? places.shallow_bytes[place] : 0;
      });
      return `${counted(number, 'place')}, ${bytes(size)} (${share(size, data.shallow_bytes)})`;
    }

    function colourChoice() {
      const choose = (growth) => () => { byGrowth = growth; draw(); };
      const radio = (label, growth) =>
        make('label', {}, make('input', { type: 'radio', name: 'colour', checked: growth === byGrowth, onchange: choose(growth) }), ` ${label} `);
      return make('fieldset', {}, make('legend', {}, 'Colour'), radio('growth', true), radio('module', false));
    }

    function cell(place, level, left, width, isAncestor) {
      const size = sizeOf(place);
      const name = place === WHOLE ? 'all' : nameOf[place];
      const text = place === WHOLE ? 'all' : places.text[place].trimStart();
      const grew = place !== WHOLE && hasGrowth ? `, ${signed(growthOf(place), bytes)}` : '';
      const words = `${bytes(size)}, ${share(size, data.shallow_bytes)}${grew}`;
      const tint = place === WHOLE ? 'whole' : byGrowth ? growthClass(place) : ownerClass(places.owner[place]);
      const isHit = pattern !== null && place !== WHOLE && pattern.test(nameOf[place]);
      const element = make('div', {
        class: `cell ${tint}${pattern !== null && !isHit ? ' dim' : ''}${isHit ? ' hit' : ''}${isAncestor ? ' ancestor' : ''}`,
        role: 'treeitem', tabindex: '-1', 'aria-level': level + 1, 'aria-selected': String(place === selected),
        'aria-label': `${name}, ${words}`, title: place === WHOLE ? words : `${name}\n${words}\n${places.what[place].replaceAll('`', '')}`,
        onclick: () => choose(place),
      });
      if (width > 26) {
        element.append(make('bdi', {}, text));
        if (width > 150) element.append(faint(` ${byGrowth && place !== WHOLE ? signed(growthOf(place), bytes) : bytes(size)}`));
      }
      element.style.left = `${left}px`;
      element.style.width = `${Math.max(width - 1, 1)}px`;
      element.style.top = `${level * ROW}px`;
      cells.set(place, element);
      return element;
    }

    function draw() {
      const hadFocus = tree.contains(document.activeElement);
      const room = tree.clientWidth;
      const path = [];
      for (let at = focus; at !== WHOLE; at = above(at)) path.unshift(at);
      path.unshift(WHOLE);
      cells = new Map();
      const drawn = path.map((place, level) => cell(place, level, 0, room, place !== focus));
      let deepest = path.length;
      const left = [[focus, path.length, 0, room]];
      while (left.length > 0) {
        const [place, level, start, width] = left.pop();
        if (level >= path.length + LEVELS) continue;
        let next = start;
        for (const one of below(place)) {
          const wide = (width * sizeOf(one)) / Math.max(sizeOf(place), 1);
          if (wide < 1.5) break;
          drawn.push(cell(one, level, next, wide, false));
          left.push([one, level + 1, next, wide]);
          deepest = Math.max(deepest, level + 1);
          next += wide;
        }
      }
      tree.replaceChildren(...drawn);
      tree.style.height = `${deepest * ROW}px`;
      const current = cells.get(selected ?? focus) ?? cells.get(focus);
      current.tabIndex = 0;
      if (hadFocus) current.focus();
      drawLegend();
    }

    function drawLegend() {
      const entry = (tint, text) => make('li', {}, make('span', { class: `swatch ${tint}` }), text);
      if (byGrowth) {
        const parts = [['grew4', '25 % of the growth and more, or new'], ['grew3', '5 %'], ['grew2', '1 %'], ['grew1', 'less'], ['grew0', 'none'], ['shrank', 'shrank']];
        legend.replaceChildren(...parts.map(([tint, text]) => entry(tint, text)));
        return;
      }
      const names = places.owners.slice(0, OWNERS).map((name, owner) => entry(ownerClass(owner), name));
      if (places.owners.length > OWNERS) names.push(entry('owner-other', `${counted(places.owners.length - OWNERS, 'other')}`));
      legend.replaceChildren(...names);
    }

    const choose = (place) => go(place === WHOLE ? '' : `place-${place}`);

    /** Where an arrow key leads from a place. */
    function neighbour(place, key) {
      if (key === 'ArrowUp') return place === WHOLE ? null : above(place);
      if (key === 'ArrowDown') return below(place).find((one) => cells.has(one)) ?? null;
      if (place === WHOLE || cells.get(place).classList.contains('ancestor')) return null;
      const siblings = below(above(place)).filter((one) => cells.has(one));
      return siblings[siblings.indexOf(place) + (key === 'ArrowRight' ? 1 : -1)] ?? null;
    }

    tree.addEventListener('keydown', (event) => {
      const place = [...cells.keys()].find((one) => cells.get(one) === document.activeElement);
      if (place === undefined) return;
      if (event.key === 'Enter' || event.key === ' ') choose(place);
      else if (event.key === 'Escape' || event.key === 'Backspace') choose(focus === WHOLE ? WHOLE : above(focus));
      else if (event.key.startsWith('Arrow')) {
        const next = neighbour(place, event.key);
        if (next === null) return;
        cells.get(place).tabIndex = -1;
        cells.get(next).tabIndex = 0;
        cells.get(next).focus();
      } else return;
      event.preventDefault();
    });

    section.hidden = false;
    section.append(
      make('div', { class: 'tools' }, search, hits, hasGrowth && colourChoice()), tree, legend,
      make('p', { class: 'faint' }, 'A place is as wide as it is large. Click, or Enter, goes in; arrow keys walk; Escape goes out.'),
    );
    let width = 0;
    new ResizeObserver(() => {
      if (tree.clientWidth === width) return;
      width = tree.clientWidth;
      draw();
    }).observe(tree);

    return {
      /** Goes to a place and marks it, or only marks where an object is. */
      show(place, isZoomed) {
        selected = place;
        if (isZoomed) focus = place ?? WHOLE;
        draw();
      },
    };
  })();

  /** A field for a regular expression; says what is wrong with one. */
  function searchField(label, tell) {
    const input = make('input', { type: 'search', placeholder: label, 'aria-label': label, spellcheck: 'false', autocomplete: 'off' });
    input.addEventListener('input', () => {
      let found = null;
      let wrong = '';
      try {
        found = input.value === '' ? null : new RegExp(input.value, 'iu');
      } catch (error) {
        wrong = error.message;
      }
      input.classList.toggle('wrong', wrong !== '');
      input.title = wrong;
      if (wrong === '') tell(found);
    });
    return input;
  }

  // ---- tables

  function enrich(table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const link = rows.length === 0 ? -1 : [...rows[0].cells].findIndex((cell) => cell.querySelector('a'));
    const names = rows.map((row) => row.cells[link].textContent);
    const shown = make('output', { class: 'faint' });
    const filter = searchField(`Filter ${table.dataset.of}s (regex)`, (pattern) => {
      let number = 0;
      rows.forEach((row, index) => {
        row.hidden = pattern !== null && !pattern.test(names[index]);
        number += row.hidden ? 0 : 1;
      });
      shown.textContent = pattern === null ? '' : `${count(number)} of ${count(rows.length)}`;
    });
    table.parentElement.before(make('div', { class: 'tools' }, filter, shown));
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const isNumber = head.classList.contains('n');
      const key = (row) => {
        const cell = row.cells[column];
        return isNumber ? Number(cell.dataset.value ?? -Infinity) : cell.textContent;
      };
      const sort = () => {
        const isDescending = head.getAttribute('aria-sort') === null ? isNumber : head.getAttribute('aria-sort') === 'ascending';
        for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
        const order = (one, other) => (isNumber ? key(one) - key(other) : key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0);
        body.append(...[...body.rows].sort((one, other) => (isDescending ? order(other, one) : order(one, other))));
      };
      const text = head.textContent;
      head.replaceChildren(make('button', { type: 'button', onclick: sort }, text));
    });
    // Anywhere in a row is its link, but not where somebody marks a text.
    body.addEventListener('click', (event) => {
      const anchor = event.target.closest('tr')?.querySelector('a');
      if (anchor && event.target.closest('a') === null && String(getSelection()) === '') anchor.click();
    });
  }

  const tables = [...document.querySelectorAll('table[data-of]')];
  tables.forEach(enrich);

  function markRow(hash) {
    for (const row of document.querySelectorAll('tr.selected')) row.classList.remove('selected');
    const anchor = [...document.querySelectorAll('table[data-of] a')].find((one) => one.getAttribute('href') === `#${hash}`);
    anchor?.closest('tr').classList.add('selected');
  }

  // ---- the panel

  const panel = document.getElementById('panel');
  const link = (address, ...text) =>
    make('a', { href: `#${address}`, class: isKnown(address) ? null : 'elsewhere', title: isKnown(address) ? null : 'not in this page: the command shows it' }, ...text);
  const placeLink = (place) => make('a', { href: `#place-${place}` }, code(nameOf[place]));

  function facts(rows) {
    const list = make('dl');
    for (const [name, value] of rows) {
      if (value !== null && value !== undefined && value !== '') list.append(make('dt', {}, name), make('dd', {}, value));
    }
    return list;
  }

  const part = (title, ...content) => make('section', {}, make('h3', {}, title), ...content);

  /** An object at the other end of a reference. */
  function otherEnd([, address, type, what, retained, root = '']) {
    if (address === null) return faint(type);
    return make('span', {}, link(address, code(type), what ? ` ${what}` : ''), ' ', faint(address), ` ${bytes(retained)}`, root === '' ? null : faint(` · GC root: ${root}`));
  }

  function left(rows, address, kind, draw) {
    if (rows.all <= rows.rows.length) return null;
    const words = `not shown: ${count(rows.all - rows.rows.length)} more`;
    if (!data.is_served) return make('p', { class: 'faint' }, words);
    const more = make('button', { type: 'button', class: 'small' }, words);
    more.addEventListener('click', async () => {
      const next = await ask(`${kind}/${address}?from=${rows.rows.length}`);
      rows.rows.push(...next.rows);
      more.parentElement.replaceWith(draw());
    });
    return make('p', {}, more);
  }

  /** Who holds an object, and who holds these: a tree that opens. */
  function holders(address, rows, path) {
    const draw = () => {
      const list = make('ul', { class: 'holders' });
      for (const row of rows.rows) {
        const [slot, holder] = row;
        const words = [make('span', { class: 'slot' }, slot), ' of ', otherEnd(row)];
        if (path.includes(holder)) list.append(make('li', {}, ...words, faint(' (above: a reference cycle)')));
        else if (!isKnown(holder)) list.append(make('li', {}, ...words));
        else {
          const branch = make('details', {}, make('summary', {}, ...words));
          branch.addEventListener('toggle', async () => {
            if (!branch.open || branch.childElementCount > 1) return;
            const card = await cardOf(holder);
            const nothing = make('p', { class: 'faint' }, 'Nothing in the snapshot refers to it.');
            branch.append(card && card.holders.all > 0 ? holders(holder, card.holders, [...path, holder]) : nothing);
          });
          list.append(make('li', {}, branch));
        }
      }
      return make('div', {}, list, left(rows, address, 'holders', draw));
    };
    return draw();
  }

  function references(address, rows, kind) {
    const draw = () => make('div', {},
      make('ul', { class: 'references' }, rows.rows.map((row) => make('li', {}, row[0] ? make('span', { class: 'slot' }, row[0]) : null, row[0] ? ' ' : null, otherEnd(row)))),
      left(rows, address, kind, draw));
    return draw();
  }

  /** A path as Python and as rows. Where objects are asked for, each row can be left aside: then what else holds it is shown. */
  function why(path, address, without = []) {
    if (path.rows.length === 0) return [make('p', {}, 'No GC root reaches it: it is garbage.')];
    const rest = make('div');
    const aside = (row) => {
      if (!data.is_served || row[1] === address) return null;
      const button = make('button', { type: 'button', class: 'small', title: 'What else holds it, without this?' }, 'ignore');
      button.addEventListener('click', () => around(address, [...without, row], rest));
      return button;
    };
    const rows = path.rows.map((row) => make('li', {}, make('span', { class: 'slot' }, row[0]), ' ', otherEnd(row.slice(0, 5)), ' ', aside(row)));
    if (path.left_out) rows.splice(Math.ceil(rows.length / 2), 0, make('li', { class: 'faint' }, `not shown: ${counted(path.left_out, 'step')} in the middle`));
    return [
      path.expression === null ? null : copyable(path.expression, 'the expression'),
      ...(path.notes ?? []).map((note) => make('p', { class: 'faint' }, sentence(note))),
      make('ol', { class: 'path' }, rows),
      rest,
    ];
  }

  /** What else holds an object when some of its holders are left aside. */
  async function around(address, without, place) {
    const { path, looked_at } = await ask(`around/${address}?${without.map((row) => `without=${row[1]}`).join('&')}`);
    const names = without.flatMap((row, index) => [index > 0 ? ' and ' : '', code(row[2]), ' ', faint(row[1])]);
    let content = [];
    if (path !== null) content = why(path, address, without);
    else if (looked_at !== null) content = [make('p', {}, `No other path among the ${count(looked_at)} objects next to it; there may be one beyond.`)];
    else content = [make('p', { class: 'cut' }, 'Nothing else holds it: without that it is freed.')];
    place.replaceChildren(make('h4', {}, 'Without ', ...names), ...content.filter((one) => one));
    announce(path === null ? 'No other path' : 'Another path');
  }

  /** Our own picture: its boxes lead to their objects. */
  async function picture(address) {
    const source = await pictureOf(address);
    if (source === null) return null;
    // Its rules become a sheet of its own: a style element would be against the page's policy.
    let rules = '';
    const bare = source.replace(/<style>([^<]*)<\/style>/, (_, found) => { rules = found; return ''; });
    const drawing = new DOMParser().parseFromString(bare, 'image/svg+xml').documentElement;
    const sheet = new CSSStyleSheet();
    const theme = document.documentElement.dataset.theme;
    sheet.replaceSync(theme ? rules.replace('(prefers-color-scheme:dark)', theme === 'dark' ? 'all' : 'not all') : rules);
    for (const box of drawing.querySelectorAll('g.box[data-address]')) {
      const target = box.dataset.address;
      if (!isKnown(target)) continue;
      box.setAttribute('role', 'link');
      box.setAttribute('tabindex', '0');
      box.classList.add('leads');
      const follow = () => go(target);
      box.addEventListener('click', follow);
      box.addEventListener('keydown', (event) => { if (event.key === 'Enter') follow(); });
    }
    const host = make('div', { class: 'picture', tabindex: '0', role: 'region', 'aria-label': 'Picture of who refers to it' });
    const root = host.attachShadow({ mode: 'open' });
    const natural = drawing.width.baseVal.value;
    const cursor = new CSSStyleSheet();
    // As wide as the panel, as long as it can be read.
    cursor.replaceSync(`svg{width:100%;min-width:${Math.round(natural * 0.7)}px;max-width:${natural}px;height:auto;display:block;margin:auto}` +
      '.leads{cursor:pointer}.leads:hover .frame,.leads:focus .frame{stroke-width:3}.leads:focus{outline:none}');
    root.adoptedStyleSheets = [sheet, cursor];
    root.append(drawing);
    return host;
  }

  async function objectParts(address, card) {
    const drawn = await picture(address);
    const list = (title, rows, ...content) => part(`${title} (${count(rows.all)})`, ...(rows.all > 0 ? content : [faint('nothing')]));
    return [
      part('Why it is alive', ...why(card.path, address)),
      part('What to cut', ...card.cut.map((words) => make('p', { class: 'cut' }, sentence(words)))),
      drawn && part('Who refers to it, drawn', drawn),
      list('Referred to by', card.holders, holders(address, card.holders, [address])),
      list('Refers to', card.slots, references(address, card.slots, 'slots')),
      list('Immediately dominates', card.dominated, references(address, card.dominated, 'dominated')),
    ];
  }

  async function showObject(address) {
    const card = await cardOf(address);
    if (card === null) {
      return [
        make('h2', { tabindex: '-1' }, code(address)),
        make('p', {}, data.is_served ? 'There is no object at this address.' : 'This page does not tell of this object. The snapshot does:'),
        data.is_served ? null : command('show', data.snapshot, '--id', address),
      ];
    }
    icicle.show(card.place, false);
    return [
      make('h2', { tabindex: '-1' }, code(card.type), card.what ? ` ${card.what}` : ''),
      facts([
        ['address', make('span', {}, code(address), ' ', copyButton(address, 'the address'))],
        ['place', placeLink(card.place)],
        ['shallow size', bytes(card.shallow_bytes)],
        ['retained size', `${bytes(card.retained_bytes)} in ${counted(card.dominated_objects, 'object')}`],
        ['reference count', card.reference_count],
        ['GC root', (card.roots ?? []).join('; ')],
        ['since ' + data.earlier, card.age],
        ['made', card.made],
      ]),
      ...await objectParts(address, card),
    ];
  }

  async function showPlace(place) {
    icicle.show(place, true);
    const size = places.shallow_bytes[place];
    const before = places.shallow_bytes_before[place];
    const example = places.example[place];
    const card = example === null ? null : await cardOf(example);
    const inside = below(place).slice(0, 10);
    return [
      make('h2', { tabindex: '-1' }, code(nameOf[place])),
      make('p', {}, copyButton(nameOf[place], 'the place')),
      facts([
        ['above', above(place) === WHOLE ? null : placeLink(above(place))],
        ['what', make('span', {}, sentence(places.what[place]))],
        ['shallow size', `${bytes(size)}, ${share(size, data.shallow_bytes)} of the heap, in ${counted(places.objects[place], 'object')}`],
        ['not shared', `${bytes(size - places.shared_bytes[place])}; of the rest others hold something, too`],
        hasGrowth ? ['grew', before === null ? `${signed(size, bytes)}: not in ${data.earlier}` : `${bytes(before)} → ${bytes(size)} (${signed(size - before, bytes)})`] : ['', null],
        ['made', places.made[place]],
      ]),
      inside.length > 0 && part('What is in it', make('ul', { class: 'references' }, inside.map((one) => make('li', {}, make('a', { href: `#place-${one}` }, code(places.text[one].trimStart())), ` ${bytes(places.shallow_bytes[one])} `, faint(sentence(places.what[one]))))),
        below(place).length > 10 ? make('p', { class: 'faint' }, `not shown: ${count(below(place).length - 10)} more`) : null),
      example && make('h2', {}, 'One object there: ', link(example, card ? code(card.type) : example, card?.what ? ` ${card.what}` : ''), card ? faint(` ${example}`) : null),
      ...(card ? await objectParts(example, card) : example ? [command('show', data.snapshot, '--id', example)] : []),
    ];
  }

  async function showType(type) {
    icicle.show(null, false);
    const name = types.name[type];
    const exact = types.retained_bytes_is_exact[type] ? '' : '≥ ';
    const grew = hasGrowth && `${count(types.count_before[type])} → ${count(types.count[type])} objects, ${signed(types.shallow_bytes[type] - types.shallow_bytes_before[type], bytes)}`;
    const largest = await Promise.all(types.largest[type].map(async (address) => [address, await cardOf(address)]));
    const word = /^[\w.]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
    return [
      make('h2', { tabindex: '-1' }, code(name)),
      facts([
        ['objects', count(types.count[type])],
        ['shallow size', `${bytes(types.shallow_bytes[type])}, ${share(types.shallow_bytes[type], data.shallow_bytes)} of the heap`],
        ['retained size', `${exact}${bytes(types.retained_bytes[type])}`],
        ['grew', grew || null],
      ]),
      part('Where most of them are', make('ul', { class: 'references' }, types.places[type].map(([place, number]) => make('li', {}, placeLink(place), ` ${count(number)}`)))),
      part('Those that retain most', make('ul', { class: 'references' }, largest.map(([address, card]) => make('li', {}, link(address, card?.what || address), ' ', card ? `${bytes(card.retained_bytes)} ` : '', faint(address))))),
      part('What keeps them alive', command('why', data.snapshot, '--type', word)),
    ];
  }

  // ---- finding objects, where they can be asked for

  function finder() {
    const fields = [
      ['type', 'type, such as app.*'], ['place', 'part of a place'], ['text', 'part of a key or text'],
      ['bytes', 'retained bytes at least'], ['elements', 'elements at least'],
    ].map(([name, label]) => make('input', { type: 'search', name, placeholder: label, 'aria-label': label, autocomplete: 'off', inputmode: name === 'bytes' || name === 'elements' ? 'numeric' : null }));
    const found = make('div', { 'aria-live': 'polite' });
    const form = make('form', { class: 'tools', role: 'search' }, fields, make('button', { type: 'submit', class: 'small' }, 'Find'));

    async function find(from, list) {
      const query = new URLSearchParams(fields.filter((one) => one.value.trim() !== '').map((one) => [one.name, one.value.trim().replace(/_(?=\d)/g, '')]));
      if (from > 0) query.set('from', String(from));
      const { all, rows, wrong } = await ask(`search?${query}`);
      if (wrong) {
        found.replaceChildren(make('p', {}, sentence(wrong)));
        return;
      }
      const items = list ?? make('ul', { class: 'references' });
      items.append(...rows.map((row) => make('li', {}, otherEnd(row))));
      const shown = from + rows.length;
      const more = make('button', { type: 'button', class: 'small', onclick: () => find(shown, items) }, `not shown: ${count(all - shown)} more`);
      found.replaceChildren(make('p', { class: 'faint' }, `${counted(all, 'object')}, those that retain most first`), make('div', { class: 'scroll' }, items), shown < all ? more : '');
    }

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      find(0, null).catch((error) => found.replaceChildren(make('p', {}, error.message)));
    });
    const address = make('input', { type: 'search', placeholder: 'an address, such as 0x7f…', 'aria-label': 'an address', autocomplete: 'off' });
    const jump = make('form', { class: 'tools' }, address, make('button', { type: 'submit', class: 'small' }, 'Go'));
    jump.addEventListener('submit', (event) => {
      event.preventDefault();
      const number = address.value.trim();
      go(/^\d+$/.test(number) ? `0x${BigInt(number).toString(16)}` : number.toLowerCase());
    });
    document.getElementById('icicle').after(make('section', { id: 'find' }, make('h2', {}, 'Find objects'), jump, form, found));
  }

  // ---- the address

  const go = (hash) => { location.hash = hash; };
  const title = document.title;
  let turn = 0;

  async function show() {
    const hash = location.hash.slice(1);
    const [, kind, number] = /^(place|type)-(\d{1,9})$/.exec(hash) ?? [];
    const index = Number(number);
    const wasInside = panel.contains(document.activeElement);
    turn += 1;
    const mine = turn;
    let content = null;
    try {
      if (kind === 'place' && index < places.above.length) content = await showPlace(index);
      else if (kind === 'type' && index < types.name.length) content = await showType(index);
      else if (/^0x[0-9a-f]{1,16}$/.test(hash)) content = await showObject(hash);
      else icicle.show(null, true);
    } catch (error) {
      content = [make('h2', { tabindex: '-1' }, 'This can’t be shown'), make('p', {}, error.message)];
    }
    // Somebody may have gone on while this was asked for.
    if (mine !== turn) return;
    markRow(hash);
    panel.hidden = content === null;
    document.body.classList.toggle('with-panel', content !== null);
    document.title = content === null ? title : `${content[0].textContent} · ${title}`;
    if (content === null) return;
    const close = make('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '✕');
    close.addEventListener('click', () => go(''));
    panel.replaceChildren(close, ...content.filter((one) => one));
    panel.scrollTop = 0;
    announce(`Selected: ${content[0].textContent}`);
    if (wasInside) panel.querySelector('h2').focus();
  }

  // ---- light and dark, keys, and the start

  const themes = ['', 'dark', 'light'];
  const themeButton = make('button', { type: 'button', class: 'small' }, 'Theme: auto');
  themeButton.addEventListener('click', () => {
    const next = themes[(themes.indexOf(document.documentElement.dataset.theme ?? '') + 1) % themes.length];
    if (next === '') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    themeButton.textContent = `Theme: ${next || 'auto'}`;
    show();
  });
  document.querySelector('header').append(themeButton);
  document.body.append(announcer);
  document.documentElement.classList.add('live');

  if (data.is_served) finder();
  for (const paragraph of document.querySelectorAll('#verdict p.copy')) {
    const text = paragraph.textContent;
    paragraph.append(' ', copyButton(text, text.startsWith('heapgraph ') ? 'the command' : 'the expression'));
  }
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target.closest('input, textarea') !== null;
    if (event.key === '/' && !isTyping) {
      document.querySelector('#icicle input').focus();
      event.preventDefault();
    } else if (event.key === 'Escape' && !isTyping && !event.defaultPrevented && !panel.hidden) go('');
  });
  addEventListener('hashchange', show);
  show();
})();
