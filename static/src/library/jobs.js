/** What is being composed: asked for every two seconds while there is something and somebody looks. */
import { request } from '../shared/api.js'
import { fill, gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'

const EVERY = 2000

export function followJobs(root, shelf) {
  const rows = () => [...root.querySelectorAll('[data-job]')]

  async function look() {
    if (!rows().length) return
    try {
      if (!document.hidden) await update()
    } catch {
      // Offline or restarting: what is shown stays, and the next look may succeed.
    }
    setTimeout(look, EVERY)
  }

  async function update() {
    const running = new Map((await request('GET', '/compositions')).map((job) => [job.id, job]))
    for (const row of rows()) {
      const job = running.get(row.dataset.job)
      if (job) show(row, job)
      else await ended(row)
    }
  }

  async function ended(row) {
    const job = await request('GET', `/compositions/${row.dataset.job}`)
    row.remove()
    root.hidden = !rows().length
    const title = row.querySelector('.job-title').textContent
    if (job.status === 'failed') notify(job.error, { warning: true, stay: true })
    if (job.status !== 'done') return
    const open = { label: gettext('Listen and choose'), run: () => location.assign(`/?job=${job.id}`) }
    notify(fill(gettext('“{title}” is finished.'), { title }), { action: open, stay: true })
    await shelf.refresh()
  }

  root.addEventListener('click', async ({ target }) => {
    const row = target.closest('[data-act=cancel]')?.closest('[data-job]')
    if (!row) return
    try {
      await request('DELETE', `/compositions/${row.dataset.job}`)
      row.remove()
      root.hidden = !rows().length
    } catch (error) {
      notify(error.message, { warning: true })
    }
  })
  setTimeout(look, EVERY)
}

function show(row, { status, progress }) {
  const percent = Math.round(100 * progress)
  row.querySelector('progress').value = percent
  const words = status === 'running' ? fill(gettext('Composing, {percent}%'), { percent }) : gettext('Waiting for the composer')
  const state = row.querySelector('.job-state')
  if (state.textContent !== words) state.textContent = words
}
