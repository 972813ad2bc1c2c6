/** Ticks to seconds and back, through the tempo map. */
export const TICKS_PER_QUARTER = 24

export class Timeline {
  /** @param {Array<{tick: number, bpm: number}>} tempos quarter notes a minute, sorted, the first at tick 0 */
  constructor(tempos) {
    let seconds = 0
    this.pieces = tempos.map(({ tick, bpm }, index) => {
      const before = tempos[index - 1]
      if (before) seconds += ((tick - before.tick) * 60) / (before.bpm * TICKS_PER_QUARTER)
      return { tick, seconds, perTick: 60 / (bpm * TICKS_PER_QUARTER) }
    })
  }

  secondsAt(tick) {
    const piece = last(this.pieces, (it) => it.tick <= tick)
    return piece.seconds + (tick - piece.tick) * piece.perTick
  }

  tickAt(seconds) {
    const piece = last(this.pieces, (it) => it.seconds <= seconds)
    return piece.tick + (seconds - piece.seconds) / piece.perTick
  }
}

function last(pieces, fits) {
  for (let index = pieces.length - 1; index > 0; index -= 1) if (fits(pieces[index])) return pieces[index]
  return pieces[0]
}

/** 75 -> "1:15" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
