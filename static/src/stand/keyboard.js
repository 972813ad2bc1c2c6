/** Keyboard shortcuts: one table of keys, silent while somebody types. */
import { store, stored } from '../shared/storage.js'

const TYPING = 'input:not([type=range]):not([type=radio]):not([type=checkbox]), select, textarea, [contenteditable]'
const PRESSING = 'button, a, summary, input, select, textarea'
const ARROWS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'])

/** @param {Record<string, () => void>} keys such as `c`, `Shift+ArrowLeft`, `Space`, `?` */
export function listen(keys) {
  const choice = document.getElementById('single-keys')
  choice.checked = stored('keys', true)
  choice.addEventListener('change', () => store('keys', choice.checked))
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return
    const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toLowerCase() : event.key
    const name = event.shiftKey && ARROWS.has(key) ? `Shift+${key}` : key
    if (belongsToControl(event.target, key) || !keys[name]) return
    if (key.length === 1 && key !== '?' && !choice.checked) return
    event.preventDefault()
    keys[name]()
  })
}

/** Space presses a focused button, arrows move a focused slider or choice. */
function belongsToControl(target, key) {
  if (key === 'Space' || key === 'Enter') return Boolean(target.closest?.(PRESSING))
  return ARROWS.has(key) && Boolean(target.closest?.('input'))
}
