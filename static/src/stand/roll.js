/** The piano roll: every note at once, by part; the playing place, the writing head, and what loops. */
const MARGIN = 10 // pixels left and right
const RULER = 14 // pixels above the notes, where a loop is drawn with the pointer

export class Roll extends EventTarget {
  constructor(root) {
    super()
    this.root = root
    this.notesCanvas = root.querySelector('#roll-notes')
    this.liveCanvas = root.querySelector('#roll-live')
    Object.assign(this, { take: null, loop: null, sounding: new Set(), tick: 0, quiet: new Set(), inks: new Map() })
    new ResizeObserver(() => this.#resize()).observe(root)
    document.addEventListener('themechange', () => (this.inks.clear(), this.redraw()))
    root.addEventListener('pointerdown', (event) => this.#pressed(event))
  }

  show(take) {
    this.take = take
    this.redraw()
  }

  #resize() {
    const { width, height } = this.root.getBoundingClientRect()
    const ratio = window.devicePixelRatio || 1
    Object.assign(this, { width, height, ratio })
    for (const canvas of [this.notesCanvas, this.liveCanvas]) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
    }
    this.redraw()
  }

  x(tick) {
    return MARGIN + (tick / this.take.piece.length) * (this.width - 2 * MARGIN)
  }

  tickAt(x) {
    const { length } = this.take.piece
    return Math.min(Math.max(((x - MARGIN) / (this.width - 2 * MARGIN)) * length, 0), length)
  }

  /** A colour of the style sheet, asked for once: asking makes the page work out every style anew. */
  ink(name) {
    if (!this.inks.has(name)) this.inks.set(name, getComputedStyle(this.root).getPropertyValue(name).trim())
    return this.inks.get(name)
  }

  #range() {
    const pitches = this.take.notes.map((note) => note.pitch)
    const low = Math.min(48, ...pitches) - 2
    const high = Math.max(72, ...pitches) + 2
    return { low, high, step: (this.height - RULER - 4) / (high - low + 1) }
  }

  redraw() {
    if (!this.width) return
    const pen = this.notesCanvas.getContext('2d')
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    pen.clearRect(0, 0, this.width, this.height)
    if (!this.take) return
    this.#drawBars(pen)
    this.range = this.#range()
    for (const note of this.take.notes) this.#drawNote(pen, note, this.quiet.has(note.part) ? 0.18 : 0.85)
    this.live(this.tick, this.sounding)
  }

  #drawBars(pen) {
    pen.strokeStyle = this.ink('--hairline')
    pen.fillStyle = this.ink('--ink-faint')
    pen.font = `11px ${this.ink('--sans')}`
    const { bars } = this.take.piece
    const every = Math.max(1, Math.ceil(28 / ((this.width - 2 * MARGIN) / (bars.length - 1))))
    bars.forEach((tick, index) => {
      const x = Math.round(this.x(tick)) + 0.5
      pen.beginPath()
      pen.moveTo(x, index % every ? RULER : 2)
      pen.lineTo(x, this.height)
      pen.stroke()
      if (index % every === 0 && index < bars.length - 1) pen.fillText(String(index + 1), x + 3, 11)
    })
  }

  #drawNote(pen, note, alpha) {
    const { high, step } = this.range
    const x = this.x(note.onset)
    const width = Math.max(this.x(note.onset + note.duration) - x - 1, 2)
    pen.globalAlpha = alpha
    pen.fillStyle = this.ink(`--part-${note.part % 8}`)
    pen.beginPath()
    pen.roundRect(x, RULER + (high - note.pitch) * step, width, Math.max(step - 0.5, 2), Math.min(step / 2, 2))
    pen.fill()
    pen.globalAlpha = 1
  }

  /** What moves: drawn on a canvas of its own. @param {Set<string>} sounding ids */
  live(tick, sounding) {
    Object.assign(this, { tick, sounding })
    if (!this.width) return
    const pen = this.liveCanvas.getContext('2d')
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    pen.clearRect(0, 0, this.width, this.height)
    if (!this.take) return
    if (this.loop?.end > this.loop?.start) {
      pen.fillStyle = this.ink('--accent-wash')
      pen.fillRect(this.x(this.loop.start), 0, this.x(this.loop.end) - this.x(this.loop.start), this.height)
    }
    for (const note of this.take.notes) if (sounding.has(note.id)) this.#glow(pen, note)
    this.#line(pen, tick, this.ink('--ink'), 1.5)
    if (!this.take.finished && this.take.barsWritten) this.#line(pen, this.take.end, this.ink('--accent'), 2)
  }

  #glow(pen, note) {
    this.#drawNote(pen, note, 1)
    pen.strokeStyle = this.ink('--ink')
    pen.lineWidth = 1
    pen.stroke()
  }

  #line(pen, tick, colour, width) {
    pen.fillStyle = colour
    pen.fillRect(this.x(tick) - width / 2, 0, width, this.height)
  }

  /** A press in the notes seeks; a drag along the ruler, or with Shift, draws a loop. */
  #pressed(event) {
    if (!this.take || event.button !== 0) return
    const box = this.root.getBoundingClientRect()
    const at = (it) => this.tickAt(it.clientX - box.left)
    const start = at(event)
    const looping = event.shiftKey || event.clientY - box.top < RULER
    this.root.setPointerCapture(event.pointerId)
    const moved = (it) => {
      if (looping && Math.abs(it.clientX - event.clientX) > 6) this.#emit('loop', this.#bars(start, at(it)))
      else if (!looping) this.#emit('seek', { tick: at(it) })
    }
    this.root.addEventListener('pointermove', moved)
    this.root.addEventListener('pointerup', () => this.root.removeEventListener('pointermove', moved), { once: true })
    if (!looping) this.#emit('seek', { tick: start })
  }

  /** Loops hold whole bars. */
  #bars(a, b) {
    const { piece } = this.take
    const [low, high] = [Math.min(a, b), Math.max(a, b)]
    return { start: piece.bars[piece.barAt(low)], end: piece.bars[piece.barAt(Math.max(high - 1, low)) + 1] }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
