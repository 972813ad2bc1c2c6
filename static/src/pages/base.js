/** What every page has: the styles, light or dark, and notices. */
import '../styles/fonts.css'
import '../styles/tokens.css'
import '../styles/base.css'
import sealUrl from '../images/seal.svg?url'

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

const icon = document.querySelector('link[rel=icon]') ?? document.head.appendChild(document.createElement('link'))
icon.rel = 'icon'
icon.href = sealUrl
