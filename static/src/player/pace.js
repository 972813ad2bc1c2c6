/** When may a piece sound that is still being written, so that it never has to stop for the writing? */
const MARGIN = 1.2

export class Pace {
  constructor() {
    this.reset()
  }

  reset() {
    this.first = null
    this.latest = null
    this.bars = 0
  }

  /** A bar has arrived. @param {number} now milliseconds */
  arrived(bars, now = performance.now()) {
    this.first ??= { now, bars }
    this.latest = { now, bars }
  }

  /** Seconds between two bars, or null while unknown. */
  get interval() {
    const bars = (this.latest?.bars ?? 0) - (this.first?.bars ?? 0)
    return bars > 0 ? (this.latest.now - this.first.now) / 1000 / bars : null
  }

  /** Both the next bar and the last one must be written before they are due. */
  mayPlay(take, position, speed) {
    if (take.finished) return position < take.end
    if (this.interval === null || position >= take.end) return false
    const { bars, barCount } = take.piece
    const seconds = (from, to) => (take.performance.secondsAt(to) - take.performance.secondsAt(from)) / speed
    const toWrite = (barCount - take.barsWritten) * this.interval * MARGIN
    const untilNext = seconds(position, take.end)
    const untilLast = seconds(position, bars[barCount - 1])
    return untilNext >= this.interval * MARGIN && untilLast >= toWrite
  }
}
