/** A strip for each part: its colour, loudness, mute and solo. */
import { element } from '../shared/dom.js'
import { fill, gettext } from '../shared/i18n.js'

export class Mixer extends EventTarget {
  constructor(root, player) {
    super()
    Object.assign(this, { root, player, strips: [], piece: null })
  }

  show(piece) {
    if (piece === this.piece) return
    this.piece = piece
    this.strips = (piece?.parts ?? []).map((part) => ({ name: part.name, gain: 1, mute: false, solo: false }))
    this.root.replaceChildren(...this.strips.map((strip, index) => this.#strip(strip, index)))
    this.#apply()
  }

  #strip(strip, index) {
    const { name } = strip
    const gain = element('input', {
      type: 'range', min: 0, max: 1.25, step: 0.05, value: 1, 'aria-label': fill(gettext('Loudness of {part}'), { part: name }),
    })
    gain.addEventListener('input', () => this.#change(strip, { gain: Number(gain.value) }))
    const mute = this.#button(gettext('M'), fill(gettext('Mute {part}'), { part: name }), strip, 'mute')
    const solo = this.#button(gettext('S'), fill(gettext('Only {part}'), { part: name }), strip, 'solo')
    const dot = element('span', { class: 'dot' })
    return element('div', { class: `strip hue-${index % 8}` }, dot, element('span', { class: 'name' }, name), gain, mute, solo)
  }

  #button(letter, name, strip, field) {
    const button = element('button', { type: 'button', 'aria-pressed': 'false', 'aria-label': name, title: name }, letter)
    button.addEventListener('click', () => {
      this.#change(strip, { [field]: !strip[field] })
      button.setAttribute('aria-pressed', String(strip[field]))
    })
    return button
  }

  #change(strip, changes) {
    Object.assign(strip, changes)
    this.#apply()
  }

  #apply() {
    const soloed = this.strips.some((strip) => strip.solo)
    const quiet = new Set()
    this.strips.forEach((strip, part) => {
      const heard = soloed ? strip.solo : !strip.mute
      if (!heard) quiet.add(part)
      this.player.setMix(part, heard ? strip.gain : 0)
    })
    this.dispatchEvent(new CustomEvent('quiet', { detail: quiet }))
  }
}
