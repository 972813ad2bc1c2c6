/** What one does to a piece on the shelf; deleting can be undone at once. */
import { request } from '../shared/api.js'
import { element } from '../shared/dom.js'
import { fill, gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'

export class Acts {
  constructor(shelf, listening) {
    Object.assign(this, { shelf, listening })
    shelf.root.addEventListener('click', ({ target }) => {
      const button = target.closest('[data-act]')
      const row = target.closest('[data-code]')
      if (button && row) this.#do(button, row)
    })
  }

  async #do(button, row) {
    try {
      await this.#acts[button.dataset.act]?.(row, button)
    } catch (error) {
      notify(error.message, { warning: true })
    }
  }

  #acts = {
    play: (row, button) => this.listening.toggle(row.dataset.code, button),
    rename: (row) => this.#rename(row),
    duplicate: async (row) => {
      const { code, title } = await request('POST', `/tracks/${row.dataset.code}/duplicate`)
      await this.shelf.refresh()
      this.#focus(this.shelf.row(code))
      notify(fill(gettext('“{title}” stands beside it now.'), { title }))
    },
    delete: (row) => this.#delete(row),
    restore: async (row) => {
      const near = row.nextElementSibling ?? row.previousElementSibling
      await request('POST', `/tracks/${row.dataset.code}/restore`)
      await this.shelf.refresh()
      this.#focus(near && this.shelf.row(near.dataset.code))
      notify(fill(gettext('“{title}” is back in your library.'), row.dataset))
    },
  }

  async #delete(row) {
    const { code, title } = row.dataset
    const near = row.nextElementSibling ?? row.previousElementSibling
    await request('DELETE', `/tracks/${code}`)
    this.listening.stopIf(code)
    await this.shelf.refresh()
    this.#focus(near && this.shelf.row(near.dataset.code))
    const undo = async () => {
      await request('POST', `/tracks/${code}/restore`)
      await this.shelf.refresh()
      this.#focus(this.shelf.row(code))
    }
    const run = () => undo().catch((error) => notify(error.message, { warning: true }))
    notify(fill(gettext('“{title}” is deleted. It can be brought back for 30 days.'), { title }), { action: { label: gettext('Undo'), run } })
  }

  #focus(row) {
    ;(row?.querySelector('a, button') ?? document.querySelector('main h1'))?.focus()
  }

  /** The title becomes a field: Enter or leaving it saves, Escape leaves it as it was. */
  #rename(row) {
    const name = row.querySelector('.piece-name')
    if (name.hidden) return
    const field = element('input', { class: 'piece-field', maxlength: '200', 'aria-label': gettext('Title'), autocomplete: 'off' })
    field.value = row.dataset.title
    name.hidden = true
    name.after(field)
    field.focus()
    field.select()
    let over = false
    const close = async (save) => {
      if (over) return
      over = true
      const focused = document.activeElement === field
      if (save) await this.#save(row, name, field.value)
      field.remove()
      name.hidden = false
      if (focused) row.querySelector('[data-act=rename]').focus()
    }
    field.addEventListener('blur', () => close(true))
    field.addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') close(true)
      if (key === 'Escape') close(false)
    })
  }

  async #save(row, name, typed) {
    const wanted = typed.trim()
    if (!wanted || wanted === row.dataset.title) return
    try {
      const { title } = await request('PATCH', `/tracks/${row.dataset.code}`, { title: wanted })
      row.dataset.title = title
      name.querySelector('a').textContent = title
    } catch (error) {
      notify(error.message, { warning: true })
    }
  }
}
