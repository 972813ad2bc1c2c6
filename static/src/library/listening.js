/** Plays pieces where they stand, one at a time; the outline shows how far it is. */
import { fill, gettext } from '../shared/i18n.js'
import { setIcon } from '../shared/dom.js'
import { stored } from '../shared/storage.js'
import { Instruments } from '../player/instruments.js'
import { Player } from '../player/player.js'
import { Piece, Take } from '../score/take.js'
import { storedExpression } from '../stand/expression.js'
import { openExample } from '../studio/example.js'
import { outline } from './outline.js'

export class Listening {
  /** @param words where the loading of the instruments is told */
  constructor(shelf, words) {
    this.shelf = shelf
    this.player = new Player({ volume: stored('volume', 0.85), expression: storedExpression() })
    if (words) new Instruments(this.player, words)
    this.code = null
    this.player.addEventListener('state', () => this.#show())
    shelf.addEventListener('change', () => (this.#show(), this.#offerExample()))
    this.#offerExample()
  }

  /** Play this one, or hold it. */
  async toggle(code) {
    this.player.unlock()
    if (this.code === code) return this.player.toggle()
    this.player.stop()
    this.code = code
    const answer = await fetch(`/t/${code}/score`)
    if (!answer.ok) throw new Error(gettext('The score could not be fetched. It is safe; load the page again.'))
    const { notes, performance, ...start } = await answer.json()
    if (this.code === code) this.#start(takeOf(start, [[start.bars.length - 2, notes, performance]]))
  }

  #start(take) {
    this.player.setTake(take)
    this.player.play()
  }

  stopIf(code) {
    if (this.code === code) this.player.stop()
  }

  #buttons() {
    return [...this.shelf.root.querySelectorAll('.play')]
  }

  #show() {
    for (const button of this.#buttons()) {
      const row = button.closest('[data-code]')
      const playing = this.player.playing && (row?.dataset.code ?? 'example') === this.code
      button.setAttribute('aria-pressed', String(playing))
      setIcon(button, playing ? 'pause' : 'play')
    }
    this.#follow()
  }

  #follow() {
    cancelAnimationFrame(this.frame)
    const row = this.code === 'example' ? document.getElementById('empty') : this.shelf.row(this.code)
    const { take, tick, playing } = this.player
    for (const other of this.shelf.root.querySelectorAll('.silhouette')) if (!row?.contains(other)) other.style.removeProperty('--heard')
    if (!take) return
    const heard = playing || tick > 0 ? `${(100 * tick) / take.piece.length}%` : '0%'
    row?.querySelector('.silhouette')?.style.setProperty('--heard', heard)
    if (playing) this.frame = requestAnimationFrame(() => this.#follow())
  }

  /** The empty shelf has one piece to try. */
  async #offerExample() {
    const button = document.getElementById('example')
    if (!button || button.dataset.ready) return
    button.dataset.ready = 'yes'
    const take = await example()
    outline(document.getElementById('example-notes'), take)
    document.getElementById('example-title').textContent = take.piece.title
    button.setAttribute('aria-label', fill(gettext('Play {title}'), { title: take.piece.title }))
    button.addEventListener('click', () => {
      this.player.unlock()
      if (this.code === 'example') return this.player.toggle()
      this.code = 'example'
      this.#start(take)
    })
  }
}

function takeOf(start, bars) {
  const take = new Take(new Piece(start), 0)
  for (const bar of bars) take.addBar(...bar)
  take.finished = true
  return take
}

/** The studio's example as a finished take. */
async function example() {
  const feed = openExample()
  const events = []
  feed.addEventListener('event', ({ detail }) => events.push(detail))
  await feed.begin()
  const bars = events.filter(({ kind, take }) => kind === 'bar' && !take).map(({ bar, notes, performance }) => [bar, notes, performance])
  return takeOf(events.find(({ kind }) => kind === 'start'), bars)
}
