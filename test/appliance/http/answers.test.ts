import { randomBytes } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { ATTEMPT, bootServer, eventually, GENERATION, rawConnection } from './peers.ts'
import { files, initrd, path, squashfs } from './served.ts'

test('GET /boot/<mac> gives the host’s script as plain text, in any spelling of the address', async (t) => {
  const { url } = await bootServer(t, files)
  for (const mac of ['52:54:00:77:00:01', '525400770001', '52-54-00-77-00-01']) {
    const response = await fetch(`${url}/boot/${mac}`)
    t.is(response.status, 200)
    t.is(response.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('x-powered-by'), null)
    t.is(await response.text(), '#!ipxe\necho 52:54:00:77:00:01 127.0.0.1\n')
  }
})

test('GET /boot/<mac> answers a refusal, and a failure of ours, with a script that says so and asks again', async (t) => {
  const { url } = await bootServer(t, files, { script: () => ({ kind: 'refusal', reason: 'node01 is not approved' }) })
  const refused = await fetch(`${url}/boot/525400770001`)
  t.is(refused.status, 200)
  const text = await refused.text()
  t.regex(text, /^#!ipxe\n[\s\S]*echo {3}node01 is not approved\n/)
  t.true(text.includes(`chain --replace --autofree ${url}/boot/525400770001 || goto again`))

  const failing = await bootServer(t, files, { script: () => Promise.reject(new Error('SQLITE_BUSY /secret/path')) })
  const failed = await fetch(`${failing.url}/boot/525400770001`)
  t.is(failed.status, 200)
  t.regex(await failed.text(), /^#!ipxe\n[\s\S]*echo {3}the boot server failed, its log says why\n/)
  t.is(failing.lines.filter(({ level }) => level === 'error').length, 1)
})

test('GET /boot refuses what is not a MAC address', async (t) => {
  const { url } = await bootServer(t, files)
  for (const mac of ['52540077000', '52:54:00:77:00:0g', 'x'.repeat(200), '%00', '52:54:00:77:00:01%0areboot']) {
    const response = await fetch(`${url}/boot/${mac}`)
    t.is(response.status, 400, mac)
    t.is(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  }
})

test('GET of a boot file has length, a strong ETag, is immutable, and is observed when it has been sent', async (t) => {
  const { url, observations } = await bootServer(t, files)
  const response = await fetch(url + path('initrd.img'))
  t.deepEqual(Buffer.from(await response.arrayBuffer()), initrd)
  t.deepEqual(
    ['content-length', 'etag', 'cache-control', 'accept-ranges', 'content-type'].map((name) => response.headers.get(name)),
    ['300000', `"${GENERATION}-initrd.img"`, 'public, max-age=31536000, immutable', 'bytes', 'application/octet-stream'],
  )
  const observation = await eventually(() => observations[0], 'the observation')
  t.like(observation, { peer: '127.0.0.1', generation: GENERATION, file: 'initrd.img', bytes: 300_000, outcome: 'served' })
  t.is((await fetch(url + path('vmlinuz'))).headers.get('content-length'), '0')
  t.like(await eventually(() => observations[1], 'the observation of the empty file'), { bytes: 0, outcome: 'served' })
})

test('HEAD tells the length and is not observed', async (t) => {
  const { url, observations } = await bootServer(t, files)
  const response = await fetch(url + path('initrd.img'), { method: 'HEAD' })
  t.is(response.status, 200)
  t.is(response.headers.get('content-length'), '300000')
  t.is(await response.text(), '')
  t.deepEqual(observations, [])
})

test('Range gives the part with 206, 416 behind the end, the whole with another If-Range', async (t) => {
  const { url, observations } = await bootServer(t, files)
  const ranged = (headers: Record<string, string>) => fetch(url + path('initrd.img'), { headers })
  const part = await ranged({ range: 'bytes=1000-1999' })
  t.is(part.status, 206)
  t.is(part.headers.get('content-range'), 'bytes 1000-1999/300000')
  t.deepEqual(Buffer.from(await part.arrayBuffer()), initrd.subarray(1000, 2000))
  t.like(await eventually(() => observations[0], 'the observation'), { bytes: 1000, outcome: 'partial' })

  const beyond = await ranged({ range: 'bytes=300000-' })
  t.is(beyond.status, 416)
  t.is(beyond.headers.get('content-range'), 'bytes */300000')
  const other = await ranged({ range: 'bytes=1000-', 'if-range': '"another"' })
  t.is(other.status, 200)
  t.is((await other.arrayBuffer()).byteLength, 300_000)
})

test('only allow-listed files of known generations are served, and no answer names a path of ours', async (t) => {
  const { url, folder, observations } = await bootServer(t, { ...files, 'manifest.json': Buffer.from('{}') })
  for (const wrong of [
    path('manifest.json'),
    path('root.squashfs'),
    '/g/fedcba9876543210/xen',
    '/g/0123/xen',
    path('..%2fxen'),
    path('%2e%2e%2f%2e%2e%2fetc%2fpasswd'),
    path('XEN'),
    path('xen/'),
    path('toString'),
    '/etc/passwd',
    '/',
  ]) {
    const response = await fetch(url + wrong)
    t.is(response.status, 404, wrong)
    const body = await response.text()
    t.false(body.includes(folder))
    t.like(JSON.parse(body), { type: 'about:blank', title: 'Not Found', status: 404 })
  }
  t.deepEqual(
    observations.map(({ generation, file, outcome }) => `${generation} ${file} ${outcome}`),
    [`${GENERATION} root.squashfs not-found`, 'fedcba9876543210 xen not-found'],
  )
})

test('a file that is missing, no regular file or of another size than the image says is a 500 without its path', async (t) => {
  const { url, folder, observations, lines } = await bootServer(t, files, {
    file: (_generation, name) => ({
      path: name === 'xen' ? folder : name === 'vmlinuz' ? join(folder, 'gone') : join(folder, name),
      size: 7,
    }),
  })
  for (const name of ['xen', 'vmlinuz', 'initrd.img']) {
    const response = await fetch(url + path(name))
    t.is(response.status, 500)
    t.false((await response.text()).includes(folder))
  }
  t.deepEqual(
    observations.map(({ outcome }) => outcome),
    ['failed', 'failed', 'failed'],
  )
  t.is(lines.filter(({ level }) => level === 'error').length, 3)
})

test('a client that goes away is observed as aborted, a file that shrinks as failed, and neither leaves the other waiting', async (t) => {
  const { port, url, folder, observations } = await bootServer(t, { 'root.squashfs': squashfs })
  const { socket, heard } = await rawConnection(t, port)
  socket.write(`GET ${path('root.squashfs')} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await eventually(() => heard.text.length > 0 || undefined, 'the first bytes')
  socket.destroy()
  const aborted = await eventually(() => observations[0], 'the observation')
  t.is(aborted.outcome, 'aborted')
  t.true(aborted.bytes < squashfs.length)

  const slow = await rawConnection(t, port)
  slow.socket.write(`GET ${path('root.squashfs')} HTTP/1.1\r\nHost: x\r\n\r\n`)
  slow.socket.pause()
  await eventually(() => slow.socket.bytesRead > 0 || slow.socket.readableLength > 0 || undefined, 'the first bytes')
  await truncate(join(folder, 'root.squashfs'), 1024 * 1024)
  slow.socket.resume()
  await eventually(() => slow.heard.closed || undefined, 'the connection closed')
  t.is((await eventually(() => observations[1], 'the observation')).outcome, 'failed')
  await writeFile(join(folder, 'root.squashfs'), squashfs)
  t.is((await (await fetch(url + path('root.squashfs'))).arrayBuffer()).byteLength, squashfs.length)
})

test('GET /manager/<attempt> says where the manager is, 503 while nobody knows, 404 to anybody else', async (t) => {
  const address = { address: '10.77.0.2', port: 8443, authority: 'PEM' }
  const answers = [
    { kind: 'manager', address },
    { kind: 'none', reason: 'there is no manager-ca.pem yet' },
    { kind: 'refusal', reason: 'this attempt is of another host' },
  ] as const
  const asked: [string, string][] = []
  const { url } = await bootServer(t, files, {
    manager: (attempt, peer) => answers[asked.push([attempt, peer]) - 1] ?? { kind: 'none', reason: '' },
  })
  const found = await fetch(`${url}/manager/${ATTEMPT}`)
  t.deepEqual([found.status, await found.json(), found.headers.get('cache-control')], [200, address, 'no-store'])
  const none = await fetch(`${url}/manager/${ATTEMPT}`)
  t.deepEqual([none.status, none.headers.get('retry-after')], [503, '5'])
  t.regex(await none.text(), /no manager-ca\.pem yet/)
  t.is((await fetch(`${url}/manager/${ATTEMPT}`)).status, 404)
  t.is((await fetch(`${url}/manager/../etc`)).status, 404)
  t.is((await fetch(`${url}/manager/${ATTEMPT}`, { method: 'POST' })).status, 405)
  t.deepEqual(
    asked,
    Array.from({ length: 3 }, () => [ATTEMPT, '127.0.0.1']),
  )
})

test('POST /report takes a report from a machine, and refuses hostile ones', async (t) => {
  const { url, reports } = await bootServer(t, files)
  const post = (body: string | Buffer, attempt = ATTEMPT, headers: Record<string, string> = {}) =>
    fetch(`${url}/report/${attempt}`, { method: 'POST', body, headers })
  t.is((await post('stage=root\nstatus=done\nuptime=4.20\nkernel=6.12\n')).status, 204)
  t.deepEqual(reports, [
    { attempt: ATTEMPT, peer: '127.0.0.1', report: { stage: 'root', status: 'done', uptime: 4.2, detail: { kernel: '6.12' } } },
  ])
  t.is((await post('stage=up\nstatus=done', ATTEMPT, { 'content-type': 'application/x-www-form-urlencoded' })).status, 204)
  const statuses = await Promise.all([
    post('stage=up\nstatus=done\nx=\0'),
    post(randomBytes(500)),
    post(''),
    post(`stage=up\nstatus=done\n${'\n'.repeat(5000)}`),
    post('stage=up\nstatus=done', ATTEMPT, { 'content-encoding': 'gzip' }),
    post('stage=up\nstatus=done', 'ABC'),
    post('stage=up\nstatus=done', 'a'.repeat(16)),
  ])
  t.deepEqual(
    statuses.map(({ status }) => status),
    [400, 400, 400, 413, 415, 404, 404],
  )
  for (const response of statuses) t.is(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.like(await statuses[6]?.json(), { detail: 'this attempt is over' })
})

test('GET /xencfg/<attempt> gives xen.cfg', async (t) => {
  const { url } = await bootServer(t, files)
  t.is(await (await fetch(`${url}/xencfg/${ATTEMPT}`)).text(), '[global]\ndefault=h\n')
  t.is((await fetch(`${url}/xencfg/${'b'.repeat(16)}`)).status, 404)
  t.is((await fetch(`${url}/xencfg/..`)).status, 404)
})

test('a wrong method is 405 with the methods that are allowed', async (t) => {
  const { url } = await bootServer(t, files)
  const allowed = async (method: string, at: string) => {
    const response = await fetch(url + at, { method })
    return `${response.status} ${response.headers.get('allow')}`
  }
  t.is(await allowed('POST', '/boot/525400770001'), '405 GET')
  t.is(await allowed('HEAD', '/boot/525400770001'), '405 GET')
  t.is(await allowed('DELETE', path('xen')), '405 GET, HEAD')
  t.is(await allowed('GET', `/report/${ATTEMPT}`), '405 POST')
  t.is(await allowed('PUT', `/xencfg/${ATTEMPT}`), '405 GET')
})
