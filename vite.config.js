import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import createVerovioModule from 'verovio/wasm'
import { VerovioToolkit } from 'verovio/esm'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const pages = readdirSync(here('static/src/pages')).filter((name) => name.endsWith('.js'))

/** Verovio carries its WebAssembly and its music font inside its script. As files of their own the one is compiled
 * while it streams in and stays compiled in the browser's cache, and the other obeys "self only". */
const cache = here('node_modules/.cache/partita')

async function unpackEngraver() {
  const { instantiate } = WebAssembly
  let wasm = null
  WebAssembly.instantiate = (bytes, imports) => instantiate((wasm = bytes), imports)
  const toolkit = new VerovioToolkit(await createVerovioModule())
  WebAssembly.instantiate = instantiate
  toolkit.setOptions({ smuflTextFont: 'embedded' })
  toolkit.loadData(FONT_SAMPLE)
  const [, font] = toolkit.renderToSVG(1).match(/data:[^;]*woff2[^,]*base64,([A-Za-z0-9+/=]+)/)
  mkdirSync(cache, { recursive: true })
  writeFileSync(`${cache}/verovio.wasm`, wasm)
  writeFileSync(`${cache}/leipzig.woff2`, Buffer.from(font, 'base64'))
}

/** Lets Verovio's script fetch its WebAssembly instead of holding it. */
const streamedEngraver = () => ({
  name: 'streamed-engraver',
  transform(code, id) {
    if (!id.endsWith('verovio-module.mjs')) return null
    const start = code.indexOf('function findWasmBinary()')
    const end = code.indexOf('function getWasmImports()')
    if (start < 0 || end < start) throw new Error('Verovio loads its WebAssembly in another way now; see vite.config.js.')
    const fetched =
      'function findWasmBinary(){return wasmUrl}' +
      'function instantiateAsync(_,url,imports){return WebAssembly.instantiateStreaming(fetch(url),imports)}'
    const source = `import wasmUrl from '@engraver/verovio.wasm?url';${code.slice(0, start)}${fetched}${code.slice(end)}`
    return { code: source, map: null }
  },
})

const FONT_SAMPLE = `<score-partwise><part-list><score-part id="P"><part-name/></score-part></part-list><part id="P">
<measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>
<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>90</per-minute></metronome>
</direction-type></direction><note><rest measure="yes"/><duration>4</duration></note></measure></part></score-partwise>`

await unpackEngraver()

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [streamedEngraver()],
  resolve: { alias: { '@engraver': cache } },
  worker: { format: 'es', plugins: () => [streamedEngraver()] },
  build: {
    outDir: 'static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0, // no data: URLs: the page's content security policy is "self only"
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: Object.fromEntries(pages.map((name) => [name.replace('.js', ''), here(`static/src/pages/${name}`)])),
    },
  },
})
