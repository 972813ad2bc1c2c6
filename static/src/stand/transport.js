/** Buttons, clock, scrubber, speed and volume: the player's hands. */
import { setIcon } from '../shared/dom.js'
import { fill, gettext } from '../shared/i18n.js'
import { store, stored } from '../shared/storage.js'
import { clock } from '../score/timeline.js'

const at = (id) => document.getElementById(id)

export class Transport {
  constructor(player) {
    this.player = player
    this.loopStart = null
    at('play').addEventListener('click', () => player.toggle())
    at('to-start').addEventListener('click', () => player.seek(0))
    at('loop').addEventListener('click', () => this.toggleLoop())
    at('scrub').addEventListener('input', (event) => this.#scrubbed(event.target))
    at('speed').addEventListener('input', (event) => this.#speed(Number(event.target.value)))
    at('speed').addEventListener('dblclick', () => this.#speed(1))
    at('volume').addEventListener('input', (event) => this.#volume(Number(event.target.value)))
    for (const type of ['state', 'change', 'seek', 'ended']) player.addEventListener(type, () => this.refresh())
    this.#volume(stored('volume', 0.85))
    this.refresh()
  }

  #scrubbed(scrub) {
    if (this.player.take) this.player.seek((scrub.value / 1000) * this.player.take.piece.length)
  }

  #speed(speed) {
    at('speed').value = speed
    at('speed-shown').textContent = `×${speed.toFixed(2)}`
    at('speed').setAttribute('aria-valuetext', fill(gettext('{percent} percent'), { percent: Math.round(speed * 100) }))
    this.player.setSpeed(speed)
  }

  #volume(volume) {
    at('volume').value = volume
    this.player.setVolume(volume)
    store('volume', volume)
  }

  /** The bar under the cursor, then on to a drawn loop; a second press lets go. */
  toggleLoop() {
    const { take, loop } = this.player
    if (!take) return
    if (loop) return this.player.setLoop(null)
    const { bars } = take.piece
    const bar = take.piece.barAt(this.player.tick)
    this.player.setLoop({ start: bars[bar], end: bars[Math.min(bar + 4, bars.length - 1)] })
  }

  /** A and B: the loop's ends, at the bar under the cursor. */
  markLoop(end) {
    const { take, loop } = this.player
    if (!take) return
    const { bars } = take.piece
    const bar = take.piece.barAt(this.player.tick)
    if (end === 'a') this.player.setLoop({ start: bars[bar], end: Math.max(loop?.end ?? bars.at(-1), bars[bar + 1]) })
    else this.player.setLoop({ start: Math.min(loop?.start ?? 0, bars[bar]), end: bars[bar + 1] })
  }

  refresh() {
    const { player } = this
    const play = at('play')
    const name = player.playing ? gettext('Pause') : gettext('Play')
    play.disabled = !player.take
    play.setAttribute('aria-label', name)
    play.title = `${name} (Space)`
    play.toggleAttribute('data-waiting', player.state === 'waiting')
    setIcon(play, player.playing ? 'pause' : 'play')
    at('loop').setAttribute('aria-pressed', String(Boolean(player.loop)))
    this.tell(player.tick)
  }

  /** The clock and the scrubber follow. */
  tell(tick) {
    const { piece, performance } = this.player.take ?? {}
    if (!piece) return
    const seconds = performance.secondsAt(tick) / this.player.speed
    const whole = performance.secondsAt(piece.length) / this.player.speed
    const bar = fill(gettext('bar {bar} of {bars}'), { bar: piece.barAt(tick) + 1, bars: piece.barCount })
    at('clock-time').textContent = clock(seconds)
    at('clock-length').textContent = `/ ${clock(whole)}`
    at('clock-bar').textContent = bar
    const scrub = at('scrub')
    scrub.value = Math.round((tick / piece.length) * 1000)
    scrub.setAttribute('aria-valuetext', `${clock(seconds)}, ${bar}`)
  }
}
