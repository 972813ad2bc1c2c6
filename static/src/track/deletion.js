/** Deleting asks nothing, and can be undone. */
import { request } from '../shared/api.js'
import { gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'

export function offerDeletion(code, whole) {
  const page = document.getElementById('track')
  document.getElementById('delete').addEventListener('click', whole(async () => {
    await request('DELETE', `/tracks/${code}`)
    page.inert = true
    page.dataset.state = 'deleted'
    const restore = whole(async () => {
      await request('POST', `/tracks/${code}/restore`)
      page.inert = false
      page.dataset.state = 'done'
    })
    notify(gettext('Deleted. It can be brought back for 30 days.'), { stay: true, action: { label: gettext('Undo'), run: restore } })
  }))
}
