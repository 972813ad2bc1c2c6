/** The list itself. The server draws it; after every change it is fetched anew and laid in place. */
import { gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'

/** Tells: change, when other rows lie on the shelf. */
export class Shelf extends EventTarget {
  constructor(root) {
    super()
    this.root = root
    root.addEventListener('click', (event) => {
      const link = event.target.closest('#more')
      if (!link) return
      event.preventDefault()
      this.more(link)
    })
  }

  row(code) {
    return this.root.querySelector(`[data-code="${code}"]`)
  }

  async #fetched(address) {
    const answer = await fetch(address, { headers: { Accept: 'text/html' } })
    if (!answer.ok) throw new Error(gettext('The list could not be fetched. Nothing is lost; load the page again.'))
    return new DOMParser().parseFromString(await answer.text(), 'text/html')
  }

  /** Fetches the list as it is now at `address`, this page's own by default. */
  async refresh(address = location.href) {
    const page = await this.#fetched(address)
    this.root.replaceChildren(...page.getElementById('shelf').childNodes)
    const link = page.querySelector('.deleted-link')
    if (link) document.querySelector('.deleted-link')?.replaceWith(link)
    this.dispatchEvent(new Event('change'))
  }

  /** Lays the next page under this one, and goes on from its first row. */
  async more(link) {
    try {
      const page = await this.#fetched(link.href)
      const rows = [...page.querySelectorAll('#pieces > li')]
      document.getElementById('pieces').append(...rows)
      const next = page.querySelector('.more-link')
      link.parentElement.replaceWith(...(next ? [next] : []))
      rows[0]?.querySelector('a, button')?.focus()
      this.dispatchEvent(new Event('change'))
    } catch (error) {
      notify(error.message, { warning: true })
    }
  }
}
