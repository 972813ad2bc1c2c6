/** The takes beside the sheet: small live scores to choose from, and to keep. */
import { element, icon, idle } from '../shared/dom.js'
import { fill, gettext } from '../shared/i18n.js'

function copyInto({ thumb, index, systems }) {
  const copy = systems[index]?.svg.cloneNode(true)
  for (const lit of copy?.querySelectorAll('.sounding, .chosen') ?? []) lit.classList.remove('sounding', 'chosen')
  if (thumb.children[index]) thumb.children[index].replaceWith(copy ?? '')
  else if (copy) thumb.append(copy)
  while (thumb.children.length > systems.length) thumb.lastChild.remove()
}

export class TakesPanel extends EventTarget {
  constructor(root, list) {
    super()
    Object.assign(this, { root, list, cards: [], stale: new Map(), drawing: false })
  }

  show(takes) {
    this.stale.clear()
    this.cards = takes.map((take) => this.#card(take))
    this.list.replaceChildren(...this.cards.map((card) => card.node))
    this.root.toggleAttribute('data-empty', takes.length === 0)
  }

  #card(take) {
    const name = fill(gettext('Take {number}'), { number: take.index + 1 })
    const choose = element('button', { type: 'button', class: 'choose', 'aria-pressed': 'false', title: `${name} (${take.index + 1})` }, name)
    const keep = element('button', { type: 'button', class: 'plain keep', 'aria-pressed': 'false', disabled: true }, icon('keep'), element('span', {}, gettext('Keep')))
    keep.setAttribute('aria-label', fill(gettext('Keep take {number}'), { number: take.index + 1 }))
    const count = element('p', { class: 'count tabular' })
    const thumb = element('div', { class: 'thumb', 'aria-hidden': 'true' })
    const node = element('li', { class: 'take' }, element('header', {}, choose, keep), thumb, count)
    choose.addEventListener('click', () => this.#tell('choose', take.index))
    keep.addEventListener('click', () => this.#tell('keep', take.index))
    return { node, choose, keep, count, thumb, take }
  }

  choose(index) {
    for (const card of this.cards) {
      const chosen = card.take.index === index
      card.node.toggleAttribute('data-chosen', chosen)
      card.choose.setAttribute('aria-pressed', String(chosen))
    }
  }

  /** A take's score stands anew on these systems: the small one follows when the page has nothing else to do. */
  draw(take, index, systems) {
    if (!this.cards[take]) return
    this.stale.set(`${take} ${index}`, { thumb: this.cards[take].thumb, index, systems })
    this.#drawStale()
  }

  async #drawStale() {
    if (this.drawing) return
    this.drawing = true
    for (await idle(); this.stale.size; await idle()) {
      const [key, it] = this.stale.entries().next().value
      this.stale.delete(key)
      copyInto(it)
    }
    this.drawing = false
  }

  refresh() {
    for (const { take, keep, count } of this.cards) {
      const { barsWritten, piece, finished, track, kept } = take
      const done = fill(gettext('{count} notes'), { count: take.notes.length })
      count.textContent = finished ? done : fill(gettext('Bar {bar} of {bars}'), { bar: barsWritten, bars: piece.barCount })
      keep.disabled = !track
      keep.setAttribute('aria-pressed', String(kept))
      keep.lastChild.textContent = kept ? gettext('Kept') : gettext('Keep')
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
