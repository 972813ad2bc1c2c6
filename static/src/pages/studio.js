/** The studio: press Compose, and watch and hear the score grow. */
import '../styles/controls.css'
import '../styles/studio.css'
import '../styles/score.css'
import '../styles/transport.css'
import '../styles/takes.css'
import { Controls } from '../studio/controls.js'
import { Studio } from '../studio/studio.js'
import { listen } from '../stand/keyboard.js'

const at = (id) => document.getElementById(id)
const controls = new Controls(at('controls'))
const studio = new Studio(controls)
globalThis.partita.studio = studio

at('controls').addEventListener('submit', (event) => {
  event.preventDefault()
  studio.compose()
})
at('surprise').addEventListener('click', () => {
  controls.surprise()
  studio.compose()
})
at('cancel').addEventListener('click', () => studio.cancel())
at('help').addEventListener('click', () => studio.stand.toggleShortcuts())
at('open-controls').addEventListener('click', () => openControls(!at('controls').hasAttribute('data-open')))

function openControls(open) {
  at('controls').toggleAttribute('data-open', open)
  at('open-controls').setAttribute('aria-expanded', String(open))
}
studio.addEventListener('asked', () => openControls(false))

listen({
  ...studio.stand.keys,
  c: () => studio.compose(),
  k: () => studio.keep(studio.chosen),
  1: () => studio.choose(0),
  2: () => studio.choose(1),
  3: () => studio.choose(2),
  Escape: () => {
    if (!at('shortcuts').hidden) studio.stand.toggleShortcuts(false)
    else if (at('controls').hasAttribute('data-open')) openControls(false)
    else studio.cancel()
  },
})
studio.open()
