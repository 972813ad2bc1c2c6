/** Calm words at the foot of the page: what happened, what is safe, what to do. */
import { gettext } from './i18n.js'
import { element, icon } from './dom.js'

const SECONDS = 9

/** @param {{warning?: boolean, action?: {label: string, run: () => void}, stay?: boolean}} options */
export function notify(text, { warning = false, action = null, stay = false } = {}) {
  const notice = element('div', { class: warning ? 'notice warning' : 'notice' }, element('p', {}, text))
  const close = () => notice.remove()
  if (action) {
    const button = element('button', { type: 'button' }, action.label)
    button.addEventListener('click', () => (close(), action.run()))
    notice.append(button)
  }
  const dismiss = element('button', { type: 'button', class: 'icon-button', 'aria-label': gettext('Dismiss') }, icon('close'))
  dismiss.addEventListener('click', close)
  notice.append(dismiss)
  document.getElementById('notices').append(notice)
  if (!stay) setTimeout(close, SECONDS * 1000)
  return close
}
