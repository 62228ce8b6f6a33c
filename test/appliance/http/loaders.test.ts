import test from 'ava'
import { bootServer, eventually } from './peers.ts'

const loader = Buffer.from('MZ efi application')

test('UEFI HTTP boot gets its loader: the size by HEAD, then the whole file', async (t) => {
  const { url, observations } = await bootServer(t, { 'snponly.efi': loader })
  const head = await fetch(`${url}/snponly.efi`, { method: 'HEAD' })
  t.is(head.status, 200)
  t.is(head.headers.get('content-length'), String(loader.length))
  const whole = await fetch(`${url}/snponly.efi`)
  t.deepEqual(Buffer.from(await whole.arrayBuffer()), loader)
  t.is(whole.headers.get('cache-control'), 'no-cache')
  await eventually(() => observations.find(({ file, outcome }) => file === 'snponly.efi' && outcome === 'served'), 'the observation')
  t.is(observations[0]?.generation, undefined)
})

test('a loader that is not installed is a 404 that names it; nothing else is served at the top', async (t) => {
  const { url } = await bootServer(t, { xen: Buffer.from('xen') })
  const missing = await fetch(`${url}/snponly.efi`)
  t.is(missing.status, 404)
  t.regex(await missing.text(), /snponly\.efi is not installed/)
  for (const path of ['xen', 'undionly.kpxe', 'manifest.json', 'snponly.efi.bak', '%2e%2e']) {
    t.is((await fetch(`${url}/${path}`)).status, 404, path)
  }
  t.is((await fetch(`${url}/snponly.efi`, { method: 'POST', body: 'x' })).status, 405)
})
