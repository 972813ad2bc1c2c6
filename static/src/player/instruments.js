/** Brings the SoundFont in when the page is idle; oscillators play meanwhile, never silence. */
import { fill, gettext } from '../shared/i18n.js'
import { fetchBank, SoundFontVoice } from './soundfont.js'

const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 1500))

export class Instruments {
  /** @param words where the progress is told */
  constructor(player, words) {
    Object.assign(this, { player, words })
    idle(() => this.#fetch(), { timeout: 4000 })
  }

  async #fetch() {
    try {
      await fetchBank((share) => this.#tell(fill(gettext('Instruments {percent}%'), { percent: Math.round(share * 100) })))
      this.#tell('')
      idle(() => this.#tune(), { timeout: 2000 })
    } catch {
      this.#tell(gettext('A plain voice plays; the instruments did not arrive.'))
    }
  }

  /** The bank is unpacked on the audio thread: best before anything sounds, at the latest in a rest. */
  async #tune() {
    if (this.player.playing) return this.player.addEventListener('state', () => this.#tune(), { once: true })
    try {
      // Its processor wakes with the first gesture; a press of Play waits a moment for it.
      this.player.tuning = SoundFontVoice.load(this.player.prepare())
      this.player.useVoice(await this.player.tuning)
      document.documentElement.dataset.instruments = 'ready'
    } catch (error) {
      this.player.tuning = null
      this.#tell(gettext('A plain voice plays; the instruments could not be tuned.'))
      console.warn('The SoundFont could not be loaded:', error)
    }
  }

  #tell(text) {
    if (this.words) this.words.textContent = text
  }
}
