/** Django's JavaScript catalogue, with named places: `fill(gettext("Bar {bar} of {bars}"), {bar, bars})`. */
export const gettext = (text) => globalThis.gettext?.(text) ?? text
export const pgettext = (context, text) => globalThis.pgettext?.(context, text) ?? text
export const ngettext = (one, many, count) => globalThis.ngettext?.(one, many, count) ?? (count === 1 ? one : many)

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}
