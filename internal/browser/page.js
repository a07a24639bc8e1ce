// What the rig asks inside a page, through the protocol: the content security policy of the page does not bind it, and it works
// with the page's own scripts switched off. Nothing here waits; what throws is tried again until the patience of the page ends.
({
  // seen says whether a person could see an element by scrolling to it.
  seen(el) {
    return el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && el.getClientRects().length > 0;
  },

  // name describes an element in an error: <button#save "Save changes">.
  name(el) {
    const id = el.id ? '#' + el.id : [...el.classList].slice(0, 2).map(c => '.' + c).join('');
    const text = (el.innerText ?? '').replace(/\s+/g, ' ').trim().slice(0, 40);
    return `<${el.localName}${id}${text ? ` "${text}"` : ''}>`;
  },

  // within answers the part of the document that In chose.
  within(root) {
    return root ? this.one('', root, false) : document;
  },

  all(root, css, seen) {
    let found;
    try {
      found = [...this.within(root).querySelectorAll(css)];
    } catch (e) {
      throw e instanceof DOMException ? new Error(`${css} is no CSS selector`) : e;
    }
    return seen ? found.filter(el => this.seen(el)) : found;
  },

  count(root, css, seen) { return this.all(root, css, seen).length; },

  // one answers the only match: among those seen when seen is wanted, or when there are several.
  one(root, css, seen) {
    let found = this.all(root, css, seen);
    if (found.length > 1 && !seen) {
      const visible = found.filter(el => this.seen(el));
      if (visible.length === 1) found = visible;
    }
    if (found.length === 1) return found[0];
    const where = root ? ` in ${root}` : '';
    if (found.length === 0) {
      const hidden = seen && this.all(root, css, false).length > 0;
      throw new Error(hidden ? `${css}${where} is there but not seen` : `nothing matches ${css}${where}`);
    }
    throw new Error(`${found.length} elements match ${css}${where}: ${found.slice(0, 5).map(el => this.name(el)).join(', ')}`);
  },

  text(root, css) {
    return (css ? this.one(root, css, true) : root ? this.within(root) : document.body)?.innerText ?? '';
  },

  texts(root, css) { return this.all(root, css, true).map(el => el.innerText); },

  content(root, css) { return this.one(root, css, false).textContent; },

  value(el) { return el.value; },

  checked(el) {
    if (!el.matches('input[type=checkbox], input[type=radio]')) throw new Error(`${this.name(el)} is nothing to tick`);
    return el.checked;
  },

  focused() { return document.activeElement ?? document.body; },

  unfocused() { return this.focused() === document.body; },

  // focusShown says whether the element that has the focus is marked by a line or a shadow, itself or by a label drawn for it.
  focusShown() {
    const el = document.activeElement;
    if (!el || el === document.body) return true;
    const drawn = e => {
      const s = getComputedStyle(e);
      return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none';
    };
    const near = [el, el.parentElement, el.nextElementSibling, ...(el.labels ?? [])].filter(e => e);
    return near.some(drawn);
  },

  // attribute answers a list of one value, or an empty one.
  attribute(root, css, name) {
    const el = this.one(root, css, false);
    return el.hasAttribute(name) ? [el.getAttribute(name)] : [];
  },

  // point answers where a click hits el, after scrolling it into view, or throws why none would.
  point(el) {
    if (!el.isConnected || !this.seen(el)) throw new Error(`${this.name(el)} is not seen`);
    if (el.matches(':disabled') || el.closest('[aria-disabled="true"]')) throw new Error(`${this.name(el)} is disabled`);
    const spot = () => {
      const r = [...el.getClientRects()].find(r => r.width > 0 && r.height > 0);
      return r && { x: r.x + r.width / 2, y: r.y + r.height / 2 };
    };
    const inside = at => at && at.x >= 0 && at.y >= 0 && at.x < innerWidth && at.y < innerHeight;
    const hit = at => inside(at) ? document.elementFromPoint(at.x, at.y) : null;
    const ours = at => { const h = hit(at); return h && (el.contains(h) || h.closest('label')?.control === el); };
    let at = spot();
    if (!ours(at)) {
      el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
      at = spot();
    }
    if (ours(at)) return at;
    for (const label of el.labels ?? []) { // a control that is drawn by its label
      if (label !== el && this.seen(label)) return this.point(label);
    }
    const h = hit(at);
    throw new Error(h ? `${this.name(el)} is covered by ${this.name(h)}` : `${this.name(el)} is outside the window`);
  },

  // field readies a form control for text and says how it takes it: 'type', or 'done' when the value was set here.
  field(el, text) {
    if (!el.matches('input, textarea, select')) throw new Error(`${this.name(el)} is not a field`);
    if (el.matches(':disabled, :read-only:not(select)')) throw new Error(`${this.name(el)} cannot be changed`);
    this.point(el);
    el.focus();
    if (el.matches('select')) return this.choose(el, text);
    if (el.matches('input[type=checkbox], input[type=radio], input[type=file]')) {
      throw new Error(`${this.name(el)} does not take text; use Check or Upload`);
    }
    if (el.matches('input:is([type=date], [type=time], [type=datetime-local], [type=month], [type=week], [type=color], [type=range])')) {
      el.value = text;
      return this.changed(el);
    }
    el.select();
    return 'type';
  },

  choose(el, text) {
    const plain = s => s.replace(/\s+/g, ' ').trim();
    const options = [...el.options];
    const chosen = options.find(o => plain(o.label) === text) ?? options.find(o => o.value === text);
    if (!chosen) throw new Error(`${this.name(el)} has no option ${text}: ${options.map(o => plain(o.label)).slice(0, 20).join(', ')}`);
    if (chosen.disabled) throw new Error(`the option ${text} is disabled`);
    el.value = chosen.value;
    return this.changed(el);
  },

  changed(el) {
    el.dispatchEvent(new Event('input', { bubbles: true }));
    el.dispatchEvent(new Event('change', { bubbles: true }));
    return 'done';
  },

  // still says that nothing on the page is about to look different by itself.
  still() {
    const moving = document.getAnimations().filter(a => a.playState === 'running' && a.effect?.getComputedTiming().endTime !== Infinity);
    const images = [...document.images].filter(i => i.loading !== 'lazy' && !i.complete);
    if (document.readyState !== 'complete' || document.fonts.status !== 'loaded' || moving.length > 0 || images.length > 0) {
      throw new Error('fonts, pictures or animations are not done');
    }
    return true;
  },

  // wide lists what reaches out of the window sideways; empty when the page does not scroll that way.
  wide() {
    const page = document.scrollingElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const scrolls = el => el && el !== page && el !== document.body
      && (getComputedStyle(el).overflowX !== 'visible' || scrolls(el.parentElement));
    const out = [...document.body.querySelectorAll('*')].filter(el => this.seen(el)
      && el.getBoundingClientRect().right + scrollX > page.clientWidth + 0.5 && !scrolls(el.parentElement));
    const leaves = out.filter(el => !out.some(o => o !== el && el.contains(o)));
    return [`${page.scrollWidth} px wide in a window of ${page.clientWidth}`, ...leaves.slice(0, 10).map(el => this.name(el))];
  },
})
