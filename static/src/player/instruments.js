/** Brings the SoundFont in when the page is idle; oscillators play meanwhile, never silence. */
import { fill, gettext } from '../shared/i18n.js'
import { fetchBank, SoundFontVoice } from './soundfont.js'

export class Instruments {
  /** @param words where the progress is told */
  constructor(player, words) {
    Object.assign(this, { player, words, unlocked: false, fetched: false })
    player.addEventListener('unlocked', () => ((this.unlocked = true), this.#tune()))
    const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 1500))
    idle(() => this.#fetch(), { timeout: 4000 })
  }

  async #fetch() {
    try {
      await fetchBank((share) => this.#tell(fill(gettext('Instruments {percent}%'), { percent: Math.round(share * 100) })))
      this.fetched = true
      this.#tell('')
      if (this.unlocked) this.#tune()
    } catch {
      this.#tell(gettext('A plain voice plays; the instruments did not arrive.'))
    }
  }

  async #tune() {
    if (!this.fetched || this.tuned) return
    this.tuned = true
    try {
      this.player.useVoice(await SoundFontVoice.load(this.player.output, () => {}))
      document.documentElement.dataset.instruments = 'ready'
    } catch (error) {
      this.tuned = false
      this.#tell(gettext('A plain voice plays; the instruments could not be tuned.'))
      console.warn('The SoundFont could not be loaded:', error)
    }
  }

  #tell(text) {
    if (this.words) this.words.textContent = text
  }
}
