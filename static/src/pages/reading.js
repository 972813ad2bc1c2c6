/** Account, error and text pages: one style, and a button that copies. */
import '../styles/pages.css'
import { gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(source.textContent)
      notify(gettext('Copied.'))
    } catch {
      getSelection().selectAllChildren(source)
      notify(gettext('It is selected: copy it with Ctrl-C or ⌘C.'))
    }
  })
}
