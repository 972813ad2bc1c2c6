/** Search and order without leaving the page; the address says what is shown, so that Back and links work. */
import { notify } from '../shared/notices.js'

const PAUSE = 250 // milliseconds without a key before it searches

export class Finder {
  constructor(form, shelf) {
    Object.assign(this, { form, shelf, timer: null })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#find()
    })
    form.elements.order.addEventListener('change', () => this.#find())
    form.elements.q.addEventListener('input', () => {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.#find(), PAUSE)
    })
    // The button is for pages without scripts.
    form.querySelector('button[type=submit]').classList.add('visually-hidden')
  }

  async #find() {
    clearTimeout(this.timer)
    const address = new URL(location.pathname, location.href)
    const { q, order } = this.form.elements
    if (q.value.trim()) address.searchParams.set('q', q.value.trim())
    if (order.value !== order.options[0].value) address.searchParams.set('order', order.value)
    history.replaceState(null, '', address)
    try {
      await this.shelf.refresh()
    } catch (error) {
      notify(error.message, { warning: true })
    }
  }
}
