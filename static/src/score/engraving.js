/** The engraved systems of one take, and where on them every moment and note lies. */
import { breathe, calmMotion, element, idle } from '../shared/dom.js'
import { parseSvg } from './svg.js'

const NOTE_TICK = /t(\d+)n\d+$/
let serials = 0

/** What waits to be parsed, for all takes; a newer drawing of a line replaces the one that still waits. */
const waiting = new Map()
let preferred = null
let busy = false

/** Lines of this engraving come first; the others when the page is idle. */
export function prefer(engraving) {
  preferred = engraving
}

async function parseWaiting() {
  if (busy) return
  busy = true
  while (waiting.size) {
    const key = [...waiting.keys()].find((it) => waiting.get(it).engraving === preferred) ?? waiting.keys().next().value
    const { engraving, index, made } = waiting.get(key)
    waiting.delete(key)
    if (engraving !== preferred) await idle()
    if (!engraving.dropped) await engraving.draw(index, made)
    await breathe()
  }
  busy = false
}

export class Engraving {
  /** @param {(index: number, system: System, old: System | undefined) => void} onSystem */
  constructor(piece, onSystem) {
    Object.assign(this, { piece, onSystem, systems: [], dropped: false, count: 0, serial: (serials += 1) })
  }

  /** These systems stand from number `from` on; none follows them. */
  replace(from, systems) {
    this.count = from + systems.length
    for (const key of waiting.keys()) {
      const it = waiting.get(key)
      if (it.engraving === this && it.index >= from) waiting.delete(key)
    }
    systems.forEach((made, offset) => waiting.set(`${this.serial} ${from + offset}`, { engraving: this, index: from + offset, made }))
    parseWaiting()
  }

  /** Parsing, measuring and placing are tasks of their own: none of them holds the page up. */
  async draw(index, made) {
    if (index >= this.count) return
    const svg = await parseSvg(made.svg)
    await breathe()
    const system = new System(svg, made, this.piece)
    await breathe()
    if (!this.dropped) this.#place(index, system)
  }

  #place(index, system) {
    if (index >= this.count) return
    const old = this.systems[index]
    this.systems[index] = system
    for (const extra of this.systems.splice(this.count)) extra.node.remove()
    this.onSystem(index, system, old)
  }

  systemAt(tick) {
    const bar = this.piece.barAt(tick)
    return this.systems.find((system) => system && system.first <= bar && bar <= system.last)
  }

  *elementsOf(id) {
    for (const system of this.systems) yield* system?.notes.get(id) ?? []
  }
}

class System {
  constructor(svg, { first, last }, piece) {
    Object.assign(this, { svg, first, last, piece })
    this.node = element('div', { class: 'system', 'data-first': first, 'data-last': last }, this.svg)
    this.notes = new Map()
    this.#measure()
  }

  /** Horizontal places as fractions of the width, read from the drawing itself: no layout is forced. */
  #measure() {
    const inner = this.svg.querySelector('svg[viewBox]') ?? this.svg
    const width = Number(inner.getAttribute('viewBox').split(' ')[2])
    const margin = translateX(inner.querySelector('.page-margin'))
    this.bars = [...this.svg.querySelectorAll('.measure')].map((measure, index) => {
      const line = measure.querySelector('.staff > path')?.getAttribute('d').match(/-?[\d.]+/g).map(Number) ?? [0, 0, 0, 0]
      const bar = this.first + index
      const place = { left: (line[0] + margin) / width, right: (line[2] + margin) / width }
      return { ...place, anchors: this.#anchors(measure, bar, place, margin, width) }
    })
  }

  #anchors(measure, bar, place, margin, width) {
    const start = this.piece.bars[bar] ?? this.piece.length
    const end = this.piece.bars[bar + 1] ?? this.piece.length
    const at = new Map()
    for (const note of measure.querySelectorAll('.note')) {
      this.#register(note)
      const tick = Number(note.dataset.id?.match(NOTE_TICK)?.[1] ?? NaN)
      const x = (translateX(note.querySelector('.notehead use')) + margin) / width
      if (tick >= start && tick < end) at.set(tick, Math.min(at.get(tick) ?? Infinity, x))
    }
    const anchors = [...at].sort(([a], [b]) => a - b)
    if (anchors[0]?.[0] !== start) anchors.unshift([start, anchors.length ? Math.min(anchors[0][1], place.left + 0.01) : place.left])
    anchors.push([end, place.right])
    return anchors
  }

  #register(note) {
    const id = note.dataset.id?.replace(/-\d+$/, '')
    if (!id) return
    note.classList.add(`hue-${Number(id.match(/^p(\d+)/)?.[1] ?? 0) % 8}`)
    if (!this.notes.has(id)) this.notes.set(id, [])
    this.notes.get(id).push(note)
  }

  /** Fraction of the width at which `tick` lies. */
  xAt(tick) {
    const bar = this.bars[Math.min(Math.max(this.piece.barAt(tick) - this.first, 0), this.bars.length - 1)]
    if (!bar) return 0
    const after = bar.anchors.findIndex(([at]) => at > tick)
    if (after <= 0) return after === 0 ? bar.anchors[0][1] : bar.right
    const [[t0, x0], [t1, x1]] = [bar.anchors[after - 1], bar.anchors[after]]
    return x0 + ((tick - t0) / (t1 - t0)) * (x1 - x0)
  }

  /** The moment at fraction `x` of the width; the onset before it, so that a click lands on a note. */
  tickAt(x) {
    const bar = this.bars.find((it) => x < it.right) ?? this.bars.at(-1)
    const passed = bar.anchors.slice(0, -1).filter(([, at]) => at <= x + 0.006)
    return (passed.at(-1) ?? bar.anchors[0])[0]
  }

  /** Bars from `bar` on appear as if inked in, from left to right. */
  inkIn(bar, milliseconds) {
    const [from, to] = [this.bars[bar - this.first], this.bars.at(-1)]
    if (!from || calmMotion() || document.hidden) return
    const wet = element('div', { class: 'wet' })
    wet.style.left = `${from.left * 100}%`
    wet.style.width = `${(to.right - from.left) * 100 + 0.6}%`
    this.node.append(wet)
    wet.animate([{ transform: 'scaleX(1)' }, { transform: 'scaleX(0)' }], { duration: milliseconds, easing: 'linear', fill: 'forwards' })
      .finished.then(() => wet.remove(), () => wet.remove())
  }
}

function translateX(node) {
  return Number(node?.getAttribute('transform')?.match(/translate\(\s*(-?[\d.]+)/)?.[1] ?? node?.getAttribute('x') ?? 0)
}
