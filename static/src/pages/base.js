/** What every page has: the styles, light or dark, and notices. */
import '../styles/fonts.css'
import '../styles/tokens.css'
import '../styles/base.css'
import '../images/seal.svg?url'

const root = document.documentElement
const dark = window.matchMedia('(prefers-color-scheme: dark)')

document.getElementById('theme')?.addEventListener('click', () => {
  const now = root.dataset.theme ?? (dark.matches ? 'dark' : 'light')
  root.dataset.theme = now === 'dark' ? 'light' : 'dark'
  // A cookie, so that the server already draws the next page in it and nothing flashes.
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`
  document.dispatchEvent(new CustomEvent('themechange'))
})
dark.addEventListener('change', () => document.dispatchEvent(new CustomEvent('themechange')))

// Whoever logs in or signs up comes back to where they were, also when a script has changed the address since.
for (const link of document.querySelectorAll('a[data-return]')) {
  link.addEventListener('click', () => {
    const to = new URL(link.href)
    if (!to.searchParams.has('next')) return
    to.searchParams.set('next', location.pathname + location.search)
    link.href = to
  })
}

// What the server had to say goes after a while, as other notices do.
const NOTICE_SECONDS = 9
for (const notice of document.querySelectorAll('#notices > .notice')) setTimeout(() => notice.remove(), NOTICE_SECONDS * 1000)
