/** The title, edited where it stands: Enter keeps it, Escape lets it be. */
import { request } from '../shared/api.js'

const at = (id) => document.getElementById(id)

export function editTitle(code, whole) {
  const heading = at('sheet-title').parentElement
  const form = at('title-form')
  const field = at('title-field')
  const show = (editing) => {
    form.hidden = !editing
    heading.hidden = editing
    if (editing) field.select()
    else at('rename').focus()
  }
  const keep = whole(async () => {
    if (form.hidden) return
    const title = field.value.trim()
    if (title && title !== at('sheet-title').textContent) {
      const track = await request('PATCH', `/tracks/${code}`, { title })
      at('sheet-title').textContent = track.title
      document.title = `${track.title} · Partita`
    }
    show(false)
  })
  at('rename').addEventListener('click', () => {
    field.value = at('sheet-title').textContent
    show(true)
  })
  form.addEventListener('submit', (event) => (event.preventDefault(), keep()))
  field.addEventListener('blur', keep)
  field.addEventListener('keydown', (event) => event.key === 'Escape' && show(false))
}
