/** The takes beside the sheet: small live scores to choose from, and to keep. */
import { element, icon } from '../shared/dom.js'
import { fill, gettext } from '../shared/i18n.js'

export class TakesPanel extends EventTarget {
  constructor(root, list) {
    super()
    Object.assign(this, { root, list, cards: [] })
  }

  show(takes) {
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

  /** A system of a take's score stands anew. */
  draw(take, index, system) {
    const thumb = this.cards[take]?.thumb
    if (!thumb) return
    const copy = system.svg.cloneNode(true)
    if (thumb.children[index]) thumb.children[index].replaceWith(copy)
    else thumb.append(copy)
  }

  trim(take, systems) {
    const thumb = this.cards[take]?.thumb
    while (thumb && thumb.children.length > systems) thumb.lastChild.remove()
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
