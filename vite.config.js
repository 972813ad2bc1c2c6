import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import createVerovioModule from 'verovio/wasm'
import { VerovioToolkit } from 'verovio/esm'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const pages = readdirSync(here('static/src/pages')).filter((name) => name.endsWith('.js'))

/** Verovio carries its music font as a data URL; the page's policy wants it as a file of its own. */
function musicFont() {
  const id = 'virtual:leipzig.woff2'
  return {
    name: 'music-font',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    async load(source) {
      if (source !== `\0${id}`) return null
      const toolkit = new VerovioToolkit(await createVerovioModule())
      toolkit.setOptions({ smuflTextFont: 'embedded' })
      toolkit.loadData(FONT_SAMPLE)
      const [, data] = toolkit.renderToSVG(1).match(/data:[^;]*woff2[^,]*base64,([A-Za-z0-9+/=]+)/)
      const file = this.emitFile({ type: 'asset', name: 'leipzig.woff2', source: Buffer.from(data, 'base64') })
      return `export default import.meta.ROLLUP_FILE_URL_${file}`
    },
  }
}

const FONT_SAMPLE = `<score-partwise><part-list><score-part id="P"><part-name/></score-part></part-list><part id="P">
<measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>
<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>90</per-minute></metronome>
</direction-type></direction><note><rest measure="yes"/><duration>4</duration></note></measure></part></score-partwise>`

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [musicFont()],
  worker: { format: 'es' },
  build: {
    outDir: 'static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0, // no data: URLs: the page's content security policy is "self only"
    chunkSizeWarningLimit: 8000, // the engraver is 7 MB, in a worker of its own
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: Object.fromEntries(pages.map((name) => [name.replace('.js', ''), here(`static/src/pages/${name}`)])),
    },
  },
})
