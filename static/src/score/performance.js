/** How a take is played, between the score itself and full expression.
 *
 * The server's `generator/music/performance.py` says both ends of every clock, note and controller; what is heard at
 * `expression` lies on the straight line between them, here as there.
 */
export const EXPRESSION = 0.6 // where the slider stands at first
const GRACE = 3 // ticks a grace note sounds before its beat
const PLAIN = 80 // velocity where nobody said any

const between = (plain, full, share) => plain + share * (full - plain)

export class Performance {
  /** @param {import('./timeline.js').Timeline} score */
  constructor(score, expression = EXPRESSION) {
    this.score = score
    this.expression = expression
    this.points = [{ tick: 0, plain: 0, full: 0, heard: 0 }]
    this.controls = []
  }

  /** Takes up what a bar event (or a whole score) says; `notes` get what is said of them as `played`. */
  add(notes, performance) {
    const rows = performance?.notes ?? []
    notes.forEach((note, index) => (note.played = rows[index] ? readNote(rows[index]) : plainly(note)))
    for (const [tick, full] of performance?.clock ?? []) {
      if (tick <= this.points.at(-1).tick) continue
      const plain = this.score.secondsAt(tick)
      this.points.push({ tick, plain, full, heard: between(plain, full, this.expression) })
    }
    for (const [part, tick, number, plain, value] of performance?.controls ?? []) {
      this.controls.push({ part, tick, number, plain, value })
    }
  }

  /** @param {number} expression 0..1 */
  express(expression) {
    this.expression = expression
    for (const point of this.points) point.heard = between(point.plain, point.full, expression)
  }

  secondsAt(tick) {
    return this.#at(tick, 'heard')
  }

  #at(tick, kind) {
    const place = this.#place('tick', tick)
    const [a, b] = [this.points[place], this.points[place + 1]]
    if (!b) return a[kind] + this.score.secondsAt(tick) - a.plain
    return a[kind] + ((tick - a.tick) / (b.tick - a.tick)) * (b[kind] - a[kind])
  }

  tickAt(seconds) {
    const place = this.#place('heard', seconds)
    const [a, b] = [this.points[place], this.points[place + 1]]
    if (!b) return this.score.tickAt(a.plain + seconds - a.heard)
    return a.tick + ((seconds - a.heard) / (b.heard - a.heard)) * (b.tick - a.tick)
  }

  /** Index of the last point whose `kind` is not above `value`. */
  #place(kind, value) {
    let low = 0
    let high = this.points.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.points[middle][kind] <= value) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Seconds at which a note is struck. */
  onAt({ played }) {
    return this.secondsAt(played.start) + this.expression * played.shift
  }

  /** Seconds at which it is let go. */
  offAt({ played }) {
    const full = this.#at(played.gate, 'full') + played.shift
    return between(this.score.secondsAt(played.stop), full, this.expression)
  }

  velocityOf({ played }) {
    return Math.round(between(played.plain, played.velocity, this.expression))
  }

  valueOf({ plain, value }) {
    return Math.round(between(plain, value, this.expression))
  }
}

function readNote([start, stop, gate, shift, plain, velocity]) {
  return { start, stop, gate, shift, plain, velocity }
}

/** Where no performance was sent: as it is written. */
function plainly({ onset, duration, velocity }) {
  const start = duration ? onset : Math.max(onset - GRACE, 0)
  const stop = start + (duration || GRACE)
  return { start, stop, gate: stop, shift: 0, plain: velocity ?? PLAIN, velocity: velocity ?? PLAIN }
}
