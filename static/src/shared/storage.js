/** Small preferences that stay in this browser; nothing breaks where storage is refused. */
export function stored(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(`partita.${name}`)) ?? fallback
  } catch {
    return fallback
  }
}

export function store(name, value) {
  try {
    localStorage.setItem(`partita.${name}`, JSON.stringify(value))
  } catch {
    // A private window without storage: the choice holds until the page closes.
  }
}
