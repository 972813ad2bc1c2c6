/** How freely the piece is played: a slider that is heard at once, and that downloads follow. */
import { EXPRESSION } from '../score/performance.js'
import { fill, gettext } from '../shared/i18n.js'
import { store, stored } from '../shared/storage.js'

const at = (id) => document.getElementById(id)
const PLAYED = /\.(performance\.mid|wav|ogg|mp3)($|\?)/

/** 0..1, as it was set last in this browser. */
export const storedExpression = () => stored('expression', EXPRESSION)

/** The address of a download as it is heard now; other addresses stay as they are. */
export function asHeard(address, expression = storedExpression()) {
  if (!PLAYED.test(address)) return address
  const url = new URL(address, location.href)
  url.searchParams.set('expression', Math.round(expression * 100))
  return `${url.pathname}${url.search}`
}

export class Expression {
  constructor(player) {
    this.player = player
    this.slider = at('expression')
    this.slider.addEventListener('input', () => this.#set(Number(this.slider.value) / 100))
    this.slider.addEventListener('dblclick', () => this.#set(EXPRESSION))
    this.#set(storedExpression())
  }

  #set(expression) {
    const percent = Math.round(expression * 100)
    this.slider.value = percent
    at('expression-shown').textContent = `${percent}%`
    const words = percent ? fill(gettext('{percent} percent'), { percent }) : gettext('as written')
    this.slider.setAttribute('aria-valuetext', words)
    this.player.setExpression(expression)
    store('expression', expression)
    for (const link of document.querySelectorAll('a[download]')) link.setAttribute('href', asHeard(link.getAttribute('href'), expression))
  }
}
