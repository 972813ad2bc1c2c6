/** The sheet on the stand: shows one take's systems, the cursor, the writing head, and turns clicks into moments. */
import { calmMotion, element } from '../shared/dom.js'

const HANDS_OFF = 4000 // milliseconds for which somebody who scrolls is left alone

export class Sheet extends EventTarget {
  constructor(root) {
    super()
    this.root = root
    this.engraving = null
    this.cursor = element('div', { class: 'cursor', hidden: true })
    this.head = element('div', { class: 'head', hidden: true })
    this.ghost = element('div', { class: 'ghost', 'aria-hidden': 'true', hidden: true })
    this.lit = new Set()
    root.addEventListener('click', (event) => this.#clicked(event))
    this.touched = -HANDS_OFF
    for (const type of ['wheel', 'touchmove']) {
      document.addEventListener(type, () => (this.touched = performance.now()), { passive: true })
    }
  }

  show(engraving) {
    this.unlight()
    this.engraving = engraving
    this.root.replaceChildren(...(engraving?.systems.flatMap((system) => system.node) ?? []), this.ghost)
    this.cursor.hidden = true
    this.cursor.remove()
    this.head.remove()
  }

  /** A system stands now at `index`; what it replaces goes. */
  place(index, system, old) {
    if (old?.node.isConnected) old.node.replaceWith(system.node)
    else this.root.insertBefore(system.node, this.root.querySelectorAll(':scope > .system')[index] ?? this.ghost)
  }

  /** The writing head stands after the last written bar while the engine thinks. */
  writeAt(system) {
    this.head.hidden = !system
    if (!system) return this.head.remove()
    this.head.style.left = `${Math.min(system.bars.at(-1).right, 0.998) * 100}%`
    system.node.append(this.head)
  }

  /** Empty staves for what is still to come. */
  await(systems, staves) {
    this.ghost.hidden = systems <= 0
    this.ghost.replaceChildren(...Array.from({ length: Math.min(systems, 4) * staves }, () => element('i')))
  }

  /** Moves the cursor to `tick`, and the page with it when it plays. */
  point(tick, { follow = false } = {}) {
    const system = this.engraving?.systemAt(tick)
    this.cursor.hidden = !system || (tick === 0 && !follow)
    if (this.cursor.hidden) return
    if (this.cursor.parentNode !== system.node) {
      system.node.append(this.cursor)
      if (follow) this.reveal(system.node)
    }
    this.cursor.style.left = `${system.xAt(tick) * 100}%`
  }

  /** Brings a system into view, without hurry. */
  reveal(node) {
    if (performance.now() - this.touched < HANDS_OFF) return
    const behavior = calmMotion() ? 'auto' : 'smooth'
    // With the next frame, which lays the page out anyway.
    requestAnimationFrame(() => node.scrollIntoView({ block: 'nearest', behavior }))
  }

  /** Exactly these notes sound. @param {Set<string>} ids */
  light(ids) {
    for (const id of this.lit) if (!ids.has(id)) this.#mark(id, 'sounding', false)
    for (const id of ids) if (!this.lit.has(id)) this.#mark(id, 'sounding', true)
    this.lit = ids
  }

  unlight() {
    this.light(new Set())
  }

  choose(id) {
    if (this.chosen) this.#mark(this.chosen, 'chosen', false)
    if (id) this.#mark(id, 'chosen', true)
    this.chosen = id
  }

  #mark(id, name, on) {
    for (const node of this.engraving?.elementsOf(id) ?? []) node.classList.toggle(name, on)
  }

  /** Colours the stretch that loops; `null` takes the colour away. */
  markLoop(loop) {
    for (const mark of this.root.querySelectorAll('.loop-mark')) mark.remove()
    if (!loop || loop.end === null) return
    const piece = this.engraving?.piece
    for (const system of this.engraving?.systems.filter(Boolean) ?? []) {
      const [start, end] = [piece.bars[system.first], piece.bars[system.last + 1]]
      if (loop.end <= start || loop.start >= end) continue
      const left = loop.start <= start ? system.bars[0].left : system.xAt(loop.start)
      const right = loop.end >= end ? system.bars.at(-1).right : system.xAt(loop.end)
      const mark = element('div', { class: 'loop-mark' })
      mark.style.left = `${left * 100}%`
      mark.style.width = `${(right - left) * 100}%`
      system.node.append(mark)
    }
  }

  #clicked(event) {
    const node = event.target.closest('div.system') // the engraver calls a group of its own so too
    const system = this.engraving?.systems.find((it) => it?.node === node)
    if (!system) return
    const box = node.getBoundingClientRect()
    const note = event.target.closest('.note')
    const tick = system.tickAt((event.clientX - box.left) / box.width)
    const id = note?.dataset.id?.replace(/-\d+$/, '') ?? null
    this.dispatchEvent(new CustomEvent('seek', { detail: { tick, id } }))
  }
}
